import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CryptoKey, importJWK, type JWK, SignJWT } from 'jose';
import type { Test } from 'tap';
import { type DemoFile, readDemoFile } from '../../src/client/demo-file.js';
import { loadDemo } from '../../src/demo/load/load-demo.js';
import { writeRun } from '../../src/platform/data-directory.js';
import { testNode } from '../support/node.js';

export interface Reply {
  status: number;
  headers: Record<string, string>;
  text: string;
  /** Of any shape: tests look into it. */
  body: any;
}

export interface Asking {
  /** clientId of the token to send; `null` for none. */
  as?: string | null;
  headers?: Record<string, string>;
  /** An object is sent as JSON. */
  body?: unknown;
  audience?: 'data' | 'platform';
}

/** What an outside team has: the demo's file and an HTTP client. */
export interface Outside {
  demo: DemoFile;
  dataDir: string;
  ask(method: string, path: string, asking?: Asking): Promise<Reply>;
  token(clientId: string, audience?: 'data' | 'platform'): Promise<string>;
  assertion(clientId: string, claims?: Record<string, unknown>, key?: JWK): Promise<string>;
  requestToken(fields: Record<string, string>): Promise<Reply>;
  /** Every page, by cursor. */
  walk(path: string, asking?: Asking): Promise<Record<string, any>[]>;
}

/** Tests of one concern, in order. */
export type Part = readonly (readonly [title: string, test: (t: Test, outside: Outside) => Promise<void>])[];

export const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
export const once = () => ({ 'idempotency-key': crypto.randomUUID() });

/** A demo of 600 people, started once for the suite; everything after that goes over HTTP. */
export async function startDemo(t: Test): Promise<Outside> {
  const dataDir = mkdtempSync(join(tmpdir(), 'exchange-acceptance-'));
  t.teardown(() => rmSync(dataDir, { recursive: true }));
  const node = await testNode(t, { catalog: false, config: { dataDir } });
  await loadDemo(node.exchange, { people: 600, seed: 1, baseUrl: node.baseUrl });
  const startedAt = new Date().toISOString();
  writeRun(dataDir, { pid: process.pid, baseUrl: node.baseUrl, node: node.exchange.node, startedAt });
  return outside(dataDir);
}

function outside(dataDir: string): Outside {
  const demo = readDemoFile(dataDir);
  const tokens = new Map<string, Promise<string>>();
  const keyOf = (clientId: string) => demo.applications.find((a) => a.clientId === clientId)!.privateJwk as JWK;

  const assertion: Outside['assertion'] = async (clientId, claims = {}, key = keyOf(clientId)) => {
    const now = Math.floor(Date.now() / 1_000);
    const all = { iss: clientId, sub: clientId, aud: demo.issuer, jti: crypto.randomUUID(), iat: now, exp: now + 60 };
    const sent = Object.fromEntries(Object.entries({ ...all, ...claims }).filter(([, value]) => value !== undefined));
    return new SignJWT(sent)
      .setProtectedHeader({ alg: 'ES256', kid: key.kid! })
      .sign((await importJWK(key, 'ES256')) as CryptoKey);
  };
  const requestToken: Outside['requestToken'] = (fields) =>
    send(demo.tokenEndpoint, { method: 'POST', body: new URLSearchParams(fields) });
  const newToken = async (clientId: string, audience: 'data' | 'platform') => {
    const reply = await requestToken({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_assertion_type: JWT_BEARER,
      client_assertion: await assertion(clientId),
      resource: audience === 'data' ? demo.resource : demo.platformResource,
    });
    if (reply.status !== 200) throw new Error(`no token for ${clientId}: ${reply.text}`);
    return reply.body.access_token as string;
  };
  const token: Outside['token'] = (clientId, audience = 'data') => {
    const name = `${clientId} ${audience}`;
    if (!tokens.has(name)) tokens.set(name, newToken(clientId, audience));
    return tokens.get(name)!;
  };
  const ask: Outside['ask'] = async (method, path, { as = 'grid-app', headers = {}, body, audience } = {}) => {
    const sent: Record<string, string> = { ...headers };
    const wanted = audience ?? (/^\/(api|audit)\//.test(path) ? 'platform' : 'data');
    if (as !== null) sent.authorization = `Bearer ${await token(as, wanted)}`;
    const json = body !== undefined && typeof body !== 'string' && !(body instanceof Uint8Array);
    if (json) sent['content-type'] ??= 'application/json';
    const content = body === undefined ? null : json ? JSON.stringify(body) : (body as string);
    return send(`${demo.baseUrl}${path}`, { method, headers: sent, body: content, redirect: 'manual' });
  };
  const walk: Outside['walk'] = async (path, asking) => {
    const rows: Record<string, any>[] = [];
    let cursor: string | null = null;
    do {
      const next: Reply = await ask('GET', cursor === null ? path : `${path}&_cursor=${cursor}`, asking);
      if (next.status !== 200) throw new Error(next.text);
      rows.push(...next.body.data);
      cursor = next.body.page.next_cursor;
    } while (cursor !== null);
    return rows;
  };
  return { demo, dataDir, ask, token, assertion, requestToken, walk };
}

const CACHING = /^(no-store|no-cache, no-store|private, no-cache|public, max-age=\d+(, immutable)?)$/;

async function send(url: string, init: RequestInit): Promise<Reply> {
  const reply = await fetch(url, init);
  const text = await reply.text();
  const headers = Object.fromEntries(reply.headers);
  // Whatever was asked, and however it ended: no cache keeps what its route did not allow.
  if (!CACHING.test(headers['cache-control'] ?? '')) throw new Error(`${url} says nothing to caches`);
  const isJson = /[/+]json/.test(headers['content-type'] ?? '') && text !== '';
  return { status: reply.status, headers, text, body: isJson ? JSON.parse(text) : undefined };
}
