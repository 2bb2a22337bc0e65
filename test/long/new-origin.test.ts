import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { issueGrant } from '../../src/access/grants/issue-grant.js';
import { revokeGrant } from '../../src/access/grants/revoke-grant.js';
import { approveUpstream } from '../../src/access/upstreams/change-upstream.js';
import type { UpstreamDraft } from '../../src/access/upstreams/upstream.js';
import { openLog } from '../../src/audit/log.js';
import { systemClock } from '../../src/platform/clock.js';
import { openDatabase } from '../../src/platform/postgres/database.js';
import { makeDraft } from '../audit/draft.js';
import { machine, RESIDENT, signIn } from '../failure/lost-tail.js';
import { surgeon } from '../failure/set-back.js';
import { until } from '../failure/until.js';
import { keysIn } from '../support/keys.js';
import { type TestNode, testNode } from '../support/node.js';

// What a log that was set back must never let happen, however it goes on.
const { node, dataDir, audit, again, signed } = await machine(t);
const { exchange } = node;
const by = await surgeon(node.databaseUrl);
t.teardown(() => by.end());
const BY = { actor: null, request: exchange.clock.uuid() };
const jwk = await node.register('reader');
const open = await node.grant({ application: 'reader', dataset: 'police/resident' });
const revokedBefore = await node.grant({ application: 'reader', dataset: 'police/resident', mode: 'export' });
await revokeGrant(exchange, revokedBefore.id, BY);
const revokedAfter = await node.grant({ application: 'reader', dataset: 'police/resident', mode: 'verify' });
const city: UpstreamDraft = {
  kind: 'http',
  host: 'interface.example',
  port: 443,
  tls: 'required',
  pathPrefix: '/v2',
  private: false,
  secret: false,
};
await approveUpstream(exchange, { publisher: 'police', name: 'city', draft: city }, BY);
const backup = await signed();
await revokeGrant(exchange, revokedAfter.id, BY);
await signed();
const keysDirectory = join(dataDir, 'keys');
const stateFile = join(keysDirectory, 'checkpoint-state.json');
const seenElsewhere = mkdtempSync(join(tmpdir(), 'civic-exchange-elsewhere-'));
t.teardown(() => rmSync(seenElsewhere, { recursive: true, force: true }));
cpSync(keysDirectory, seenElsewhere, { recursive: true });
const head = async () =>
  Number((await by.query('SELECT coalesce(max(next), 0) AS next FROM audit.batch')).rows[0].next);
const statusOf = (of: TestNode, id: string) => of.exchange.policy.current().grants.get(id)?.status;

async function refused(t: Test, args: string[], what: RegExp, code = 1): Promise<void> {
  const ended = await audit(...args);
  t.equal(ended.code, code, ended.stdout);
  t.match(ended.stderr, what);
  t.match(ended.stderr, /^exchange: [^\n]+\n$/, 'one line');
}

t.test('fault 1: another node that goes on meanwhile stops, and a start takes it in', async (t) => {
  const silent = `CREATE FUNCTION exchange.silent() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN NEW.seen_at := now() - interval '1 hour'; RETURN NEW; END $$;
    CREATE TRIGGER silent BEFORE INSERT OR UPDATE ON exchange.node FOR EACH ROW EXECUTE FUNCTION exchange.silent();
    ALTER TABLE exchange.node ENABLE ALWAYS TRIGGER silent`;
  await by.query(silent);
  await until('its report is old', async () => {
    const old = await by.query(`SELECT FROM exchange.node WHERE seen_at > now() - interval '5 seconds'`);
    return old.rowCount === 0;
  });
  const running = await again();
  const { token } = await signIn(running, 'reader', jwk);
  const read = () => fetch(`${running.baseUrl}${RESIDENT}`, { headers: { authorization: `Bearer ${token}` } });
  t.equal((await read()).status, 200);
  const begun = await audit('new-origin', '--reason', '演练', '--force', '--json');
  t.equal(begun.code, 0, begun.stderr);
  t.match(JSON.parse(begun.stdout), { number: 2, lost: 0, setAside: 0 });
  const first = await read();
  t.ok([403, 503].includes(first.status), 'not one answer after it');
  const ready = async () => (await fetch(`${running.baseUrl}/health/ready`)).text();
  await until('it stops', async () => /goes on under a new origin/.test(await ready()));
  t.equal((await read()).status, 503);
  await running.close();
  await by.query('DROP TRIGGER silent ON exchange.node');
  await node.close();
  const next = await again();
  t.equal(statusOf(next, open.id), 'suspended');
  await next.close();
  const elsewhere = await testNode(t, { beside: node, keys: await keysIn(seenElsewhere) });
  t.match(elsewhere.checkpoints.origin, /\/2$/, 'another machine follows by its own state');
  await elsewhere.close();
});

t.test('fault 1: a drill without a loss is undone item by item, and only what was open opens', async (t) => {
  await refused(t, ['reopen', 'nothing'], /Not suspended: nothing/);
  await refused(t, ['reopen', revokedBefore.id], /Not suspended/);
  await refused(t, ['reopen', revokedAfter.id], /Not suspended/);
  await refused(t, ['reopen'], /Name ids, or give --list/, 2);
  const list = join(dataDir, 'list.json');
  const of = (grants: string[]) => ({
    applications: [],
    people: [],
    upstreams: [],
    grants: grants.map((id) => ({ id })),
  });
  const cases: [object | string, RegExp, number][] = [
    ['{', /is not a readable JSON file/, 2],
    [{ grants: [] }, /no list of exchange audit suspended/, 2],
    [of([]), /nothing to reopen/, 1],
    [of([open.id, open.id]), /names an item twice/, 1],
    [of([open.id, revokedAfter.id]), /is not suspended/, 1],
    [of([open.id, 'nothing']), /is not suspended/, 1],
  ];
  for (const [content, what, code] of cases) {
    writeFileSync(list, typeof content === 'string' ? content : JSON.stringify(content));
    await refused(t, ['reopen', '--list', list], what, code);
  }
  const before = await again();
  t.equal(statusOf(before, open.id), 'suspended', 'all or none');
  t.match((await signIn(before, 'reader', jwk)).refused, { error: 'unauthorized_client' });
  await before.close();
  t.match((await audit('suspended')).stdout, /upstream +police\/city +interface\.example/);
  const reader = { id: 'reader', roles: [], keys: [] };
  const confirmed = { ...of([open.id]), applications: [reader], upstreams: [{ id: 'police/city' }] };
  writeFileSync(list, JSON.stringify(confirmed));
  t.equal((await audit('reopen', '--list', list)).code, 0);
  const after = await again();
  t.equal(statusOf(after, open.id), 'active');
  t.equal(after.exchange.policy.current().upstreams.get('police/city')?.status, 'approved');
  t.match((await signIn(after, 'reader', jwk)).refused, { error: 'invalid_client' }, 'its key was not in the list');
  await after.close();
});

t.test(
  'fault 1: set back to before the revocation: it does not revive, under a number that was never used',
  async (t) => {
    await by.cut(backup); // with the origin 2
    await t.rejects(again(), { message: /set back.*exchange audit new-origin/ });
    const begun = await audit('new-origin', '--reason', '旧备份', '--json');
    t.equal(begun.code, 0, begun.stderr);
    t.match(JSON.parse(begun.stdout), { number: 3, common: backup });
    const next = await again();
    t.equal(statusOf(next, revokedAfter.id), 'suspended', 'what was revoked and lost');
    t.equal(statusOf(next, revokedBefore.id), 'revoked', 'what was revoked and kept');
    await revokeGrant(next.exchange, revokedAfter.id, BY);
    t.equal((await audit('reopen', 'reader')).code, 0);
    const { id: _, version: _v, linkage: _l, status: _s, approved: _a, ...draft } = open;
    await until('reopened here', () => next.exchange.policy.current().applications.get('reader')?.status === 'active');
    await issueGrant(next.exchange, draft, BY);
    await next.close();
    await refused(t, ['reopen', revokedAfter.id], /Not suspended/);
    await refused(t, ['reopen', open.id], /exists for the same dataset, mode and purpose/);
  },
);

t.test('fault 1: a new origin that was cut off before its first checkpoint is begun again', async (t) => {
  const state = readFileSync(stateFile);
  t.equal((await audit('new-origin', '--reason', '演练', '--force')).code, 0);
  writeFileSync(stateFile, state);
  await by.query(`DELETE FROM audit.checkpoint WHERE note LIKE '%/4' || chr(10) || '%'`);
  await t.rejects(again(), { message: /begun and not signed. Run again: exchange audit new-origin/ });
  const begun = await audit('new-origin', '--reason', '再次', '--json');
  t.match(JSON.parse(begun.stdout), { number: 5 }, begun.stderr);
  await (await again()).close();
});

t.test('fault 1: another history is gone on with only where somebody insists, and an altered one never', async (t) => {
  await by.cut((await head()) - 1);
  const options = { statementTimeoutMs: 5_000, loginKey: node.keys.database };
  const database = await openDatabase(node.databaseUrl, options);
  const stranger = await openLog({ database, clock: systemClock, keys: node.keys, node: 'stranger' });
  for (let entry = 0; entry < 3; entry++) await stranger.append(makeDraft());
  await stranger.close();
  await database.close();
  const state = readFileSync(stateFile);
  await t.rejects(again(), { message: /another history/ });
  await refused(t, ['new-origin', '--reason', 'x'], /another one: bring that one back.*--force/);
  const { rows } = await by.query('SELECT index, bytes FROM audit.entry ORDER BY index DESC LIMIT 1');
  const write = (bytes: Buffer) =>
    by.query('UPDATE audit.entry SET bytes = $2 WHERE index = $1', [rows[0].index, bytes]);
  await write(Buffer.from('{}'));
  await refused(t, ['new-origin', '--reason', 'x', '--force'], /damaged|altered/);
  await write(rows[0].bytes);
  const begun = await audit('new-origin', '--reason', '另一历史', '--force', '--json');
  t.equal(begun.code, 0, begun.stderr);
  await (await again()).close();
  writeFileSync(join(seenElsewhere, 'checkpoint-state.json'), state);
  const elsewhere = await testNode(t, { beside: node, keys: await keysIn(seenElsewhere) });
  t.equal(elsewhere.checkpoints.origin.endsWith(`/${JSON.parse(begun.stdout).number}`), true, 'other machines follow');
  await elsewhere.close();
});
