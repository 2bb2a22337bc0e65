import pg from 'pg';
import t, { type Test } from 'tap';
import { entriesFrom, startLoad } from '../failure/load.js';
import { deliverPeople, people, unmasked } from '../failure/residents.js';
import { until } from '../failure/until.js';
import { type Reply, testNode } from '../support/node.js';

// Invariant 1: no byte of an answer leaves before the entry that covers it commits. Not recorded → 503 and no byte of data.
const PEOPLE = people(6);
const ROWS = '/data/police/resident/v1/rows';

const node = await testNode(t);
await deliverPeople(node, PEOPLE);
await node.register('reader');
await node.register('stranger');
await node.register('operator', { roles: ['operator'] });
await node.register('auditor', { roles: ['auditor'] });
const grant = await node.grant({ application: 'reader', dataset: 'police/resident', masks: unmasked(node) });
const { _id } = (await node.ask('GET', `${ROWS}?_limit=1`, { as: 'reader' })).body.data[0];
for (const as of ['stranger', 'police-publisher']) await node.token(as);
for (const as of ['operator', 'auditor']) await node.token(as, 'platform');
const etag = (await node.ask('GET', `${ROWS}?_limit=2`, { as: 'reader' })).headers.get('etag')!;

const superuser = new pg.Client({ connectionString: node.databaseUrl });
await superuser.connect();
t.teardown(() => superuser.end());

const query = '{ police { resident_list(first: 5) { nodes { _id name } } } }';
const idempotent = () => ({ 'idempotency-key': crypto.randomUUID() });
/** Every request whose reply needs an entry: answers and denials at every door, and changes of policy. */
const ASKS: Record<string, () => Promise<Reply>> = {
  page: () => node.ask('GET', `${ROWS}?_limit=5`, { as: 'reader' }),
  'row by id': () => node.ask('GET', `${ROWS}/${_id}`, { as: 'reader' }),
  lookup: () => node.ask('POST', `${ROWS}/lookup`, { as: 'reader', body: { keys: [PEOPLE[0]!.GMSFHM] } }),
  query: () => node.ask('POST', `${ROWS}/query`, { as: 'reader', body: { limit: 3 } }),
  '304': () => node.ask('GET', `${ROWS}?_limit=2`, { as: 'reader', headers: { 'if-none-match': etag } }),
  GraphQL: () => node.ask('POST', '/graphql/v1', { as: 'reader', body: { query } }),
  'denied for want of a grant': () => node.ask('GET', `${ROWS}?_limit=5`, { as: 'stranger' }),
  'an entry of the log': () => node.ask('GET', '/api/v1/audit/entries/0', { as: 'auditor' }),
  'issuing a grant': () =>
    node.ask('POST', '/api/v1/grants', {
      as: 'operator',
      headers: idempotent(),
      body: {
        application: 'stranger',
        dataset: 'grid-center/grid',
        major: 1,
        mode: 'read',
        fields: ['code'],
        masks: {},
        rows: { all: true },
        purposes: ['grid-service'],
        legalBasis: '《政务数据共享条例》第二十一条',
        validUntil: new Date(Date.now() + 3_600_000).toISOString(),
      },
    }),
  'revoking a grant': () => node.ask('POST', `/api/v1/grants/${grant.id}/revoke`, { as: 'operator', body: {} }),
  delivering: () =>
    node.ask('POST', '/data/police/resident/v1/deliveries?mode=delta', {
      as: 'police-publisher',
      headers: { 'content-type': 'application/x-ndjson', ...idempotent() },
      body: JSON.stringify(people(7)[6]),
    }),
};

/** Guards against a hang, promises nothing: how long a refusal may take on a busy machine. */
const DEADLINE_MS = 60_000;

async function refusesEverything(t: Test): Promise<void> {
  const replies = await Promise.all(
    Object.entries(ASKS).map(async ([what, ask]) => ({ what, reply: await Promise.race([ask(), hung(what)]) })),
  );
  for (const { what, reply } of replies) {
    t.equal(reply.status, 503, `${what}: ${reply.status} ${reply.text.slice(0, 200)}`);
    t.match(reply.text, /"(code|problem)":"audit-unavailable"/, what);
    t.ok(Number(reply.headers.get('retry-after')) > 0, `${what}: says when to come again`);
    t.notMatch(reply.text, /测试|"_id"|"name"|3703991980/, `${what}: not one byte of data`);
    t.equal(reply.headers.get('exchange-receipt'), null, `${what}: no receipt`);
    t.equal(reply.headers.get('etag'), null, `${what}: no tag`);
  }
  t.equal((await node.ask('GET', '/health/ready')).status, 503, 'not ready');
  t.equal((await node.ask('GET', '/health/live')).status, 200, 'but live');
}

async function recovers(t: Test): Promise<void> {
  await until('it is ready again', async () => (await node.ask('GET', '/health/ready')).status === 200);
  const page = await node.ask('GET', `${ROWS}?_limit=5`, { as: 'reader' });
  t.equal(page.status, 200, 'it answers again');
  t.equal(page.body.data.length, 5);
  await until('the writer settles', async () => node.exchange.log.writable());
}

function hung(what: string): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`${what}: no reply within ${DEADLINE_MS} ms`)), DEADLINE_MS).unref();
  });
}

t.test('the right to insert is gone', async (t) => {
  const roles = 'exchange_audit, exchange_app, exchange_owner';
  await superuser.query(`REVOKE INSERT ON audit.entry FROM ${roles}`);
  await refusesEverything(t);
  t.equal((await node.ask('GET', '/health/ready')).status, 503, 'still not ready when nobody asks');
  await superuser.query(`GRANT INSERT ON audit.entry TO ${roles}`);
  await recovers(t);
});

t.test('the table is locked by someone', async (t) => {
  await superuser.query('BEGIN');
  await superuser.query('LOCK TABLE audit.batch IN SHARE MODE');
  await refusesEverything(t);
  await superuser.query('ROLLBACK');
  await recovers(t);
});

t.test('a node hangs while it holds the log', async (t) => {
  const frozen = await node.exchange.database.owner.connect();
  await frozen.query('BEGIN');
  const draft = { event: 'audit.read', outcome: 'success', actor: null, accesses: [], sealed: { ask: null } } as const;
  const request = crypto.randomUUID();
  await node.exchange.log.appendIn(frozen, [{ ...draft, request }], { policy: false });
  // It never commits; PostgreSQL takes the lock from it.
  await until('others are answered', async () => (await ASKS.page!()).status === 200);
  await t.rejects(frozen.query('COMMIT'), 'what it had begun is gone');
  frozen.release(true);
  const entries = await entriesFrom(node.exchange.database.app, 0);
  t.notOk(entries.some((entry) => entry.request === request));
  await recovers(t);
});

t.test('the connections are cut under load', async (t) => {
  const load = await startLoad([node], { as: 'reader', workers: 8 });
  for (let cut = 0; cut < 5; cut++) {
    await load.more(30);
    await superuser.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = 'civic-exchange'`);
  }
  await load.more(30);
  await load.stop();
  const odd = load.seen.filter(({ status, data, index }) =>
    status === 200 ? index === undefined : data || status !== 503,
  );
  t.same(odd, [], 'each reply is an answer with its receipt, or 503 without data');
  const entries = new Map(
    (await entriesFrom(node.exchange.database.app, 0)).map((entry) => [entry.index, entry] as const),
  );
  const answered = load.seen.filter(({ data }) => data);
  t.ok(answered.length > 50, 'most were answered');
  const missing = answered.filter(({ index }) => entries.get(index!)?.actor?.application !== 'reader');
  t.same(missing, [], 'every receipt names an entry of the log');
  await recovers(t);
});
