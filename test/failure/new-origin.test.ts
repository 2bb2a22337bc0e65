import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { revokeGrant } from '../../src/access/grants/revoke-grant.js';
import { downloadLog } from '../../src/audit/verify/download.js';
import { command } from '../cli/command.js';
import type { TestNode } from '../support/node.js';
import t from '../support/tap.js';
import { machine, RESIDENT, signIn } from './lost-tail.js';
import { surgeon } from './set-back.js';

// A log that was set back goes on under a new origin, and whatever granted access is suspended until a person reopens it.
const { node, dataDir, audit, again, signed } = await machine(t);
const { exchange } = node;
const jwk = await node.register('reader');
const auditor = await node.register('auditor', { roles: ['auditor'] });
const kept = await node.grant({ application: 'reader', dataset: 'police/resident' });
const gone = await node.grant({ application: 'reader', dataset: 'police/resident', mode: 'verify' });
const older = { reader: await node.token('reader'), auditor: await node.token('auditor', 'platform') };
const backup = await signed();
const exported = join(dataDir, 'export');
const download = (of: TestNode, token: string) =>
  downloadLog(async (path) => {
    const reply = await fetch(`${of.baseUrl}${path}`, { headers: { authorization: `Bearer ${token}` } });
    if (reply.status !== 200) throw new Error(`${path}: ${reply.status}`);
    return Buffer.from(await reply.arrayBuffer());
  }, exported);
await download(node, older.auditor);
const { vkey } = node.checkpoints;
await revokeGrant(exchange, gone.id, { actor: null, request: exchange.clock.uuid() });
await signed();
const lost = await download(node, older.auditor);

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

t.test('fault 1: only batches are lost: what is beyond them is set aside, and the log goes on', async (t) => {
  const by = await surgeon(node.databaseUrl);
  await by.cut(backup, ['batch']);
  await t.rejects(again(), { message: /set back.*exchange audit new-origin/ });
  const begun = await audit('new-origin', '--reason', '备库落后', '--json');
  t.equal(begun.code, 0, begun.stderr);
  const said = JSON.parse(begun.stdout);
  t.match(said, { number: 2, common: backup, name: /civic-exchange\/2$/ });
  t.ok(said.lost >= lost - backup, 'what is lost');
  const { rows } = await by.query(`SELECT count(*)::int AS n FROM audit.set_aside WHERE part = 'entry'`);
  t.ok(rows[0].n >= lost - backup && rows[0].n <= said.lost, 'evidence: all but what was signed and not committed');
  await by.end();
});

t.test('fault 1: all is suspended and says so; what is reopened reads again, what was revoked does not', async (t) => {
  const next = await again();
  const read = async (token: string | undefined) => {
    const reply = await fetch(`${next.baseUrl}${RESIDENT}`, { headers: { authorization: `Bearer ${token}` } });
    return { status: reply.status, code: ((await reply.json()) as { code?: string }).code };
  };
  t.match(next.checkpoints.origin, /\/2$/);
  t.match(await read(older.reader), { status: 403, code: 'suspended' }, 'a token from before');
  const platform = { headers: { authorization: `Bearer ${older.auditor}` } };
  const entry = await fetch(`${next.baseUrl}/api/v1/audit/entries/0`, platform);
  t.match(await entry.json(), { status: 403, code: 'suspended' }, 'a role from before');
  const { refused } = await signIn(next, 'reader', jwk);
  t.match(refused, { error: 'unauthorized_client', error_description: /suspended.*ask the operators to reopen/ });
  const page = await fetch(`${next.baseUrl}${new URL(refused?.error_uri ?? '').pathname}`);
  t.match(await page.text(), /suspended until it is reopened/);
  t.match((await signIn(next, 'reader', { ...auditor, kid: 'reader-1' })).refused, { error: 'invalid_client' });

  const listed = JSON.parse((await audit('suspended', '--json')).stdout);
  t.same(listed.grants.map(({ id }: { id: string }) => id).sort(), [kept.id, gone.id].sort());
  t.equal((await audit('reopen', 'reader', 'auditor')).code, 0);
  const { token } = await signIn(next, 'reader', jwk);
  t.match(await read(token), { status: 403, code: 'suspended' }, 'its grant still is');
  const file = join(dataDir, 'list.json');
  const grants = listed.grants.filter(({ id }: { id: string }) => id === kept.id);
  writeFileSync(file, JSON.stringify({ applications: [], people: [], upstreams: [], grants }));
  const reopened = await audit('reopen', '--list', file);
  t.equal(reopened.code, 0, reopened.stderr);
  t.match(await read(token), { status: 200 }); // the next commit of any node has the new epoch
  t.equal(next.exchange.policy.current().grants.get(gone.id)?.status, 'suspended', 'what was revoked does not revive');
});

t.test('fault 1: an export verifies over both origins, by the old key, and says what is lost', async (t) => {
  const next = await again();
  const { token = '' } = await signIn(next, 'auditor', auditor, 'platform');
  const size = await download(next, token);
  const kept = join(exported, 'checkpoints', String(lost));
  const insisted = await command(t, 'audit', 'verify', exported, '--vkey', vkey, '--checkpoint', kept);
  t.equal(insisted.code, 1, insisted.stdout);
  t.match(insisted.stderr, new RegExp(`entry ${backup}: a new origin begins here, .* covers ${lost} entries`));
  const verified = await command(t, 'audit', 'verify', exported, '--vkey', vkey, '--json');
  t.equal(verified.code, 0, verified.stderr);
  t.match(JSON.parse(verified.stdout), { origin: next.checkpoints.origin, size, checkpoints: 3, lost });
});
