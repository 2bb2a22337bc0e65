import { storeSecret } from '../../src/access/upstreams/secret.js';
import { runSource } from '../../src/exchange/sources/run-source.js';
import { nextRun, planSchedules } from '../../src/exchange/sources/source-jobs.js';
import { queueRun, readRun } from '../../src/exchange/sources/source-runs.js';
import { openJobs, type Task } from '../../src/platform/jobs.js';
import { until } from '../failure/until.js';
import { departmentDatabase } from '../support/department.js';
import t from '../support/tap.js';
import { openThings } from './things.js';

const { node, thing } = await openThings(t, { worker: 'on' });
const { exchange } = node;
const department = await departmentDatabase(t, node.databaseUrl);
const PATH = '/api/v1/upstreams/housing/main-db';
const draft = {
  kind: 'postgres',
  host: department.host,
  port: department.port,
  database: department.database,
  tls: 'none',
};
const given = { kind: 'postgres', upstream: 'main-db', application: 'main', table: 'ledger' };

t.before(async () => {
  await node.register('boss', { department: 'exchange', roles: ['operator'] });
  await node.register('outsider', { department: 'police', roles: ['publisher'] });
  await department.query(`CREATE TABLE ledger AS SELECT 'K' || i AS "NO", 'a' AS part, '名' AS name FROM generate_series(1, 3) i;
    GRANT SELECT ON ledger TO ${department.reader.user}`);
});

t.test('upstreams are approved by operators, seen by their department, and never show a secret', async (t) => {
  t.equal((await node.ask('PUT', PATH, { as: 'outsider', body: draft })).status, 403);
  for (const [what, body] of [
    ['a socket path', { ...draft, host: '/run/postgresql' }],
    ['a URL', { ...draft, host: 'http://db' }],
    ['a database with a quote', { ...draft, database: `a'b` }],
    ['no database', { ...draft, database: undefined }],
    ['a database with a path', { ...draft, pathPrefix: '/v1' }],
    ['an API with an escape', { kind: 'http', host: 'a.cn', port: 443, tls: 'required', pathPrefix: '/a/../b' }],
    ['no certificate', { ...draft, ca: 'x' }],
  ] as const) {
    t.equal((await node.ask('PUT', PATH, { as: 'boss', body })).status, 422, what);
  }
  t.equal((await node.ask('PUT', PATH, { as: 'boss', body: { ...draft, port: 0 } })).status, 400);
  t.equal((await node.ask('PUT', '/api/v1/upstreams/nobody/x', { as: 'boss', body: draft })).status, 404);
  const approved = await node.ask('PUT', PATH, { as: 'boss', body: draft });
  t.match(approved, {
    status: 200,
    body: { data: { publisher: 'housing', name: 'main-db', status: 'approved', private: false } },
  });
  storeSecret(exchange.keys.directory, approved.body.data, { kind: 'password', ...department.reader });
  t.equal((await node.ask('GET', PATH, { as: 'outsider' })).status, 404);
  const seen = await node.ask('GET', PATH, { as: 'boss' });
  t.notMatch(seen.text, new RegExp(department.reader.password));
});

t.test('a requested run, and callers that may not request it', async (t) => {
  const d = await thing('ledger', { source: given });
  const runs = '/data/housing/ledger/v1/runs';
  const key = { 'idempotency-key': 'one' };
  t.equal((await node.ask('POST', runs, { as: 'outsider', headers: key })).status, 404);
  t.equal((await node.ask('POST', runs, { as: 'main' })).status, 400, 'no key');
  const asked = await node.ask('POST', runs, { as: 'main', headers: key });
  t.match(asked, { status: 202, body: { data: { state: 'queued', cause: 'request' } } });
  const at = asked.headers.get('location')!;
  const again = await node.ask('POST', runs, { as: 'main', headers: { ...key, prefer: 'wait=20' } });
  t.match(again, { status: 200, body: { data: { id: asked.body.data.id, state: 'published', attempt: 1 } } });
  t.match((await node.ask('GET', at, { as: 'main' })).body.data.report, { reconciliation: { published: 3, ok: true } });
  t.equal((await node.ask('GET', `${runs}/nothing`, { as: 'main' })).status, 404);
  t.equal((await node.ask('GET', runs, { as: 'outsider' })).status, 404);
  t.equal((await d.live()).size, 3);
  await thing('file');
  t.equal((await node.ask('POST', '/data/housing/file/v1/runs', { as: 'main', headers: key })).status, 422);
});

t.test('temporary failures are retried, others are not; nothing stays in the queue', async (t) => {
  await thing('trying', { source: given });
  const runs = '/data/housing/trying/v1/runs';
  department.relay.cutAfter = 0;
  const asked = await node.ask('POST', runs, { as: 'main', headers: { 'idempotency-key': 'two' } });
  const at = asked.headers.get('location')!;
  const state = async () => (await node.ask('GET', at, { as: 'main' })).body.data;
  await until('a run or a plan', async () => (await state()).reason !== null);
  t.match(await state(), { state: 'queued', code: 'upstream-failed', attempt: 1 });
  department.relay.cutAfter = undefined;
  await until('a run or a plan', async () => (await state()).state === 'published');
  t.match(await state(), { attempt: 2, code: null, reason: null });
  await thing('refused', { source: { ...given, upstream: 'nowhere' } });
  const refused = await node.ask('POST', '/data/housing/refused/v1/runs', {
    as: 'main',
    headers: { 'idempotency-key': 'three', prefer: 'wait=20' },
  });
  t.match(refused.body.data, { state: 'failed', code: 'upstream-refused', attempt: 1 });
  const { rows } = await exchange.database.owner.query(
    `SELECT FROM graphile_worker.jobs WHERE task_identifier = 'source-run'`,
  );
  t.equal(rows.length, 0);
});

t.test('threat: a node that died during a run. Its run has ended, and the schedule continues', async (t) => {
  await thing('died', { source: given });
  const id = 'housing/died/v1';
  const die = (run: string) =>
    exchange.database.owner.query(
      `INSERT INTO exchange.source_run (id, contract, state, cause, attempt, node, started_at)
       VALUES ($1, $2, 'running', 'request', 1, 'dead', clock_timestamp())`,
      [run, id],
    );
  const [first, second] = ['00000000-0000-4000-8000-00000000d1ed', '00000000-0000-4000-8000-00000000d2ed'];
  await die(first);
  t.match((await runSource(exchange, id)).delivery, { state: 'published' });
  const read = (run: string) => readRun(exchange, id, run);
  t.match(await read(first), { state: 'failed', code: 'interrupted', reason: /stopped before/ });
  await die(second);
  const scheduled = await queueRun(exchange, { contractId: id, cause: 'schedule' });
  t.match(await read(second), { state: 'failed', code: 'interrupted' });
  await until('a run or a plan', async () => (await read(scheduled!))?.state === 'published');
});

t.test('schedules are in Asia/Shanghai, planned once, and follow the catalog', async (t) => {
  t.equal(nextRun('30 4 * * *', Date.parse('2026-11-24T00:00:00Z')).toISOString(), '2026-11-24T20:30:00.000Z');
  t.equal(nextRun('0 0 1 * *', Date.parse('2026-11-30T16:00:00Z')).toISOString(), '2026-12-31T16:00:00.000Z');
  const planned = async () => {
    const sql = `SELECT key FROM graphile_worker.jobs WHERE key LIKE 'source-schedule %' ORDER BY key`;
    return (await exchange.database.owner.query(sql)).rows.map(({ key }) => key);
  };
  await thing('timed', { source: { ...given, schedule: '30 4 * * *' } });
  await until('a run or a plan', async () => (await planned()).length === 1);
  t.same(await planned(), ['source-schedule housing/timed/v1 30 4 * * *']);
  await Promise.all([planSchedules(exchange), planSchedules(exchange)]);
  t.equal((await planned()).length, 1);
  // It is due now.
  await exchange.database.owner.query(
    `UPDATE graphile_worker._private_jobs SET run_at = now() WHERE key LIKE 'source-schedule %'`,
  );
  await exchange.jobs.within((tx) => exchange.jobs.add(tx, { task: 'nothing', payload: {} }));
  const runs = async () => (await node.ask('GET', '/data/housing/timed/v1/runs', { as: 'main' })).body.data;
  await until('a run or a plan', async () => (await runs())[0]?.state === 'published');
  t.match(await runs(), [{ cause: 'schedule' }]);
  t.equal((await planned()).length, 1, 'and the next time is planned');
});

t.test(
  'fault: the database fails while a job is marked as done. Work goes on, and the job is done again',
  async (t) => {
    const warnings: string[] = [];
    const jobs = openJobs(exchange.database.jobs, { warn: (_fields, message) => warnings.push(message) });
    t.teardown(() => jobs.close());
    const rename = (from: string, to: string) =>
      exchange.database.owner.query(`ALTER TABLE graphile_worker.${from} RENAME TO ${to}`);
    const done: unknown[] = [];
    const probe: Task = async ({ n }) => {
      if (done.push(n) === 1) await rename('_private_jobs', 'away');
    };
    const add = (n: number) => jobs.within((tx) => jobs.add(tx, { task: 'probe', payload: { n } }));
    await jobs.start({ probe });
    await add(1);
    await until('the worker has ended', () => warnings.some((message) => /begins again/.test(message)));
    await rename('away', '_private_jobs');
    await until('it is done again', () => done.length === 2);
    await add(2);
    await until('the next one is done', () => done.length === 3);
    t.strictSame(done, [1, 1, 2]);
  },
);
