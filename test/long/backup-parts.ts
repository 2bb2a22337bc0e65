import { type CryptoKey, importJWK, type JWK } from 'jose';
import pg from 'pg';
import { parseProof, parseReceipt, verifyReceipt } from '../../src/audit/verify/receipt.js';
import { known } from '../../src/platform/known.js';
import { requestToken, type TestNode } from '../support/node.js';

/** A node on restored data, with the private keys of applications that registered before. */
export interface RestoredNode extends TestNode {
  apps: ReadonlyMap<string, JWK>;
}

export async function query(url: string, text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text, values)).rows;
  } finally {
    await client.end();
  }
}

/** Holds what the statement locks, until the result is called. */
export async function locked(url: string, statement: string): Promise<() => Promise<void>> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('BEGIN');
  await client.query(statement);
  return () => client.end();
}

export async function tokenAt(next: RestoredNode, id: string, audience: 'data' | 'platform' = 'data'): Promise<string> {
  const jwk = known(next.apps, id);
  const key = { privateKey: (await importJWK(jwk, 'ES256')) as CryptoKey, kid: String(jwk.kid) };
  return requestToken(next.exchange.config, id, key, audience, next.baseUrl);
}

export async function asApp(next: RestoredNode, id: string, path: string, headers?: Record<string, string>) {
  const audience = path.startsWith('/api/') ? 'platform' : 'data';
  const authorization = `Bearer ${await tokenAt(next, id, audience)}`;
  return next.ask('GET', path, { headers: { authorization, ...headers } });
}

export function indexOf(reply: { headers: Headers }): number {
  return parseReceipt(reply.headers.get('exchange-receipt') ?? '').index;
}

/** Whether an earlier answer with its receipt is proved under a checkpoint of this node. */
export async function verified(next: RestoredNode, reply: { headers: Headers; text: string }): Promise<boolean> {
  const path = `/api/v1/audit/entries/${indexOf(reply)}`;
  const { bytes } = (await asApp(next, 'auditor', path)).body;
  const proof = await asApp(next, 'auditor', `${path}/proof`, { accept: 'text/plain' });
  const receipt = parseReceipt(reply.headers.get('exchange-receipt') ?? '');
  const vkey = next.checkpoints.vkey;
  const text = proof.text.replace('\n', `\nextra ${bytes}\n`);
  return verifyReceipt(receipt, parseProof(text), { vkey, body: Buffer.from(reply.text) }).answer;
}
