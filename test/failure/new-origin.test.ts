import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CryptoKey, importJWK } from 'jose';
import t from 'tap';
import { revokeGrant } from '../../src/access/grants/revoke-grant.js';
import { command } from '../cli/command.js';
import { keysIn, LOGIN_KEY } from '../support/keys.js';
import { requestToken, testNode } from '../support/node.js';
import { surgeon } from './set-back.js';
import { until } from './until.js';

// A log that was set back goes on under a new origin, and whatever granted access is suspended until a person reopens it.
const dataDir = mkdtempSync(join(tmpdir(), 'civic-exchange-origin-'));
t.teardown(() => rmSync(dataDir, { recursive: true, force: true }));
const directory = join(dataDir, 'keys');
mkdirSync(directory, { mode: 0o700 });
writeFileSync(join(directory, 'database.key'), LOGIN_KEY.toString('base64url'), { mode: 0o600 });
const node = await testNode(t, { keys: await keysIn(directory) });
const { exchange } = node;
const jwk = await node.register('reader');
await node.register('auditor', { roles: ['auditor'] });
const kept = await node.grant({ application: 'reader', dataset: 'police/resident' });
const gone = await node.grant({ application: 'reader', dataset: 'police/resident', mode: 'verify' });
const head = 'SELECT max(next) AS next FROM audit.batch'; // this node's own head follows with its next commit
const backup = Number((await exchange.database.app.query(head)).rows[0].next);
await revokeGrant(exchange, gone.id, { actor: null, request: exchange.clock.uuid() });
await until('all is signed', () => (node.checkpoints.latest()?.size ?? 0) > backup);

const here = ['--data-dir', dataDir, '--database-url', node.databaseUrl];
const audit = (...args: string[]) => command(t, 'audit', ...args, ...here);
const again = () => testNode(t, { beside: node, keys: node.keys });

t.test('fault 1: new-origin is refused where a node runs, and where the log is sound', async (t) => {
  const running = await audit('new-origin', '--reason', 'x');
  t.equal(running.code, 1, running.stderr);
  t.match(running.stderr, /still run/);
  await node.close();
  const sound = await audit('new-origin', '--reason', 'x');
  t.equal(sound.code, 1, sound.stderr);
  t.match(sound.stderr, /no new origin is needed.*--force/);
  t.equal((await audit('new-origin', '--reason', ' ')).code, 2);
});

t.test('fault 1: set back, a new origin, all suspended; what is reopened reads again', async (t) => {
  const by = await surgeon(node.databaseUrl);
  await by.cut(backup);
  await by.end();
  await t.rejects(again(), { message: /set back/ });
  const begun = await audit('new-origin', '--reason', '备库落后', '--json');
  t.equal(begun.code, 0, begun.stderr);
  t.match(JSON.parse(begun.stdout), { number: 2, common: backup, name: /civic-exchange\/2$/ });
  const second = await audit('new-origin', '--reason', 'again');
  t.equal(second.code, 1);
  t.match(second.stderr, /no new origin is needed/);

  const next = await again();
  const read = async () => {
    const key = { privateKey: (await importJWK(jwk, 'ES256')) as CryptoKey, kid: String(jwk.kid) };
    const token = await requestToken(next.exchange.config, 'reader', key, 'data', next.baseUrl);
    return fetch(`${next.baseUrl}/data/police/resident/v1/rows`, { headers: { authorization: `Bearer ${token}` } });
  };
  t.equal(next.checkpoints.origin.endsWith('/2'), true);
  await t.rejects(read(), /no token/, 'a suspended application gets no token');
  const listed = JSON.parse((await audit('suspended', '--json')).stdout);
  t.same(listed.grants.map(({ id }: { id: string }) => id).sort(), [kept.id, gone.id].sort());
  t.equal((await audit('reopen', 'nothing')).code, 1);
  t.equal((await audit('reopen', 'reader')).code, 0);
  const suspended = await read();
  t.equal(suspended.status, 403);
  t.match(await suspended.json(), { code: 'suspended' });
  const file = join(dataDir, 'list.json');
  const grants = listed.grants.filter(({ id }: { id: string }) => id === kept.id);
  writeFileSync(file, JSON.stringify({ applications: [], upstreams: [], grants }));
  const reopened = await audit('reopen', '--list', file);
  t.equal(reopened.code, 0, reopened.stderr);
  await until('it reads', async () => (await read()).status !== 403);
  t.equal(next.exchange.policy.current().grants.get(gone.id)?.status, 'suspended', 'what was revoked does not revive');
  t.equal((await audit('reopen', '--list', file)).code, 1, 'once');
});
