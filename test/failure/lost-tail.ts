import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CryptoKey, importJWK, type JWK } from 'jose';
import type { Test } from 'tap';
import { type CommandEnded, command } from '../cli/command.js';
import { publishPart } from '../support/catalog-part.js';
import { keysIn, LOGIN_KEY } from '../support/keys.js';
import { requestToken, type TestNode, testNode } from '../support/node.js';
import { until } from './until.js';

export const RESIDENT = '/data/police/resident/v1/rows?_limit=1';

/** A machine with a node, whose log loses its newest entries, and the commands of an operator there. */
export interface SetBackMachine {
  node: TestNode;
  dataDir: string;
  /** `exchange audit …` on this machine. */
  audit(...args: string[]): Promise<CommandEnded>;
  /** Another node on the same keys and database. */
  again(): Promise<TestNode>;
  /** Entries, once all of them are signed. */
  signed(): Promise<number>;
}

export async function machine(t: Test): Promise<SetBackMachine> {
  const dataDir = mkdtempSync(join(tmpdir(), 'civic-exchange-origin-'));
  t.teardown(() => rmSync(dataDir, { recursive: true, force: true }));
  const directory = join(dataDir, 'keys');
  mkdirSync(directory, { mode: 0o700 });
  writeFileSync(join(directory, 'database.key'), LOGIN_KEY.toString('base64url'), { mode: 0o600 });
  const node = await testNode(t, { keys: await keysIn(directory), catalog: false });
  await publishPart(node, ['police/resident']);
  const here = ['--data-dir', dataDir, '--database-url', node.databaseUrl];
  return {
    node,
    dataDir,
    audit: (...args) => command(t, 'audit', ...args, ...here),
    again: () => testNode(t, { beside: node, keys: node.keys }),
    async signed() {
      const text = 'SELECT max(next) AS next FROM audit.batch'; // a node's own head follows with its next commit
      const size = Number((await node.exchange.database.app.query(text)).rows[0].next);
      await until('all is signed', () => (node.checkpoints.latest()?.size ?? 0) >= size);
      return size;
    },
  };
}

/** A token of an application for a node; its `error` body where there is none. */
export async function signIn(
  node: TestNode,
  clientId: string,
  jwk: JWK,
  audience: 'data' | 'platform' = 'data',
): Promise<{ token?: string; refused?: Record<string, string> }> {
  const key = { privateKey: (await importJWK(jwk, 'ES256')) as CryptoKey, kid: String(jwk.kid) };
  try {
    return { token: await requestToken(node.exchange.config, clientId, key, audience, node.baseUrl) };
  } catch (error) {
    const [, body = '{}'] = /: \d+ (.*)$/s.exec((error as Error).message) ?? [];
    return { refused: JSON.parse(body) };
  }
}
