import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { composeNode } from '../../src/app.js';
import { systemClock } from '../../src/platform/clock.js';
import { startPostgres } from '../../src/platform/postgres/embedded/start-postgres.js';
import { migrate } from '../../src/platform/postgres/migrate.js';
import { deliverPeople, people, unmasked } from '../failure/residents.js';
import { until } from '../failure/until.js';
import { type Reply, testNode } from '../support/node.js';

// "PostgreSQL gone → 503 in bounded time and recovery by itself."
const directory = mkdtempSync(join(tmpdir(), 'civic-exchange-gone-'));
chmodSync(directory, 0o711); // as root PostgreSQL runs as another user, who needs access
let postgres = await startPostgres({ dataDir: directory });
t.teardown(async () => {
  await postgres.stop();
  rmSync(directory, { recursive: true, force: true });
});
await migrate(postgres.url);

const node = await testNode(t, { databaseUrl: postgres.url });
const ROWS = '/data/police/resident/v1/rows';
await deliverPeople(node, people(5));
await node.register('reader');
await node.register('operator', { roles: ['operator'] });
await node.grant({ application: 'reader', dataset: 'police/resident', masks: unmasked(node) });
await node.token('reader');
for (const clientId of ['late-sigkill', 'late-sigint']) await node.register(clientId);
await node.token('operator', 'platform');
await node.token('police-publisher');

/** Guards against a hang, promises nothing. */
const DEADLINE_MS = 60_000;
const query = '{ police { resident_list(first: 5) { nodes { _id name } } } }';
const ASKS: Record<string, () => Promise<Reply>> = {
  page: () => node.ask('GET', `${ROWS}?_limit=5`, { as: 'reader' }),
  lookup: () => node.ask('POST', `${ROWS}/lookup`, { as: 'reader', body: { keys: [people(1)[0]!.GMSFHM] } }),
  GraphQL: () => node.ask('POST', '/graphql/v1', { as: 'reader', body: { query } }),
  'listing grants': () => node.ask('GET', '/api/v1/audit/entries/0', { as: 'operator' }),
  'registering an application': () =>
    node.ask('POST', '/api/v1/applications', {
      as: 'operator',
      headers: { 'idempotency-key': crypto.randomUUID() },
      body: {
        clientId: 'new-app',
        title: '新应用',
        department: 'police',
        jwks: { keys: [{ kty: 'EC', crv: 'P-256', x: 'A'.repeat(43), y: 'A'.repeat(43), kid: 'k1', alg: 'ES256' }] },
      },
    }),
  delivering: () =>
    node.ask('POST', '/data/police/resident/v1/deliveries?mode=delta', {
      as: 'police-publisher',
      headers: { 'content-type': 'application/x-ndjson', 'idempotency-key': crypto.randomUUID() },
      body: JSON.stringify(people(6)[5]),
    }),
};

async function bounded<T>(what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const hung = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: no reply within ${DEADLINE_MS} ms`)), DEADLINE_MS);
  });
  return Promise.race([work, hung]).finally(() => clearTimeout(timer));
}

for (const [how, signal] of [
  ['killed outright', 'SIGKILL'],
  ['shut down', 'SIGINT'],
] as const) {
  t.test(`PostgreSQL is ${how}`, async (t) => {
    await until('a checkpoint is signed', async () => (await node.ask('GET', '/audit/v1/checkpoint')).status === 200);
    const inFlight = Array.from({ length: 20 }, (_, i) => bounded('in flight', i % 2 ? ASKS.page!() : ASKS.GraphQL!()));
    process.kill(postgres.pid, signal);
    for (const reply of await Promise.all(inFlight)) {
      const answered = reply.status === 200 && reply.headers.has('exchange-receipt');
      t.ok(answered || (reply.status === 503 && !reply.text.includes('测试')), `in flight: ${reply.status}`);
    }
    await until('readiness falls', async () => (await node.ask('GET', '/health/ready')).status === 503);
    for (const [what, ask] of Object.entries(ASKS)) {
      const reply = await bounded(what, ask());
      t.equal(reply.status, 503, `${what}: ${reply.status} ${reply.text.slice(0, 300)}`);
      t.notMatch(reply.text, /测试|ECONN|ENOENT|socket|postgres|at .*\.ts/i, `${what}: neither data nor database text`);
    }
    await t.rejects(
      bounded('a token', node.token(`late-${signal.toLowerCase()}`)),
      /503 .*temporarily_unavailable/,
      'no token',
    );
    t.equal((await node.ask('GET', '/health/live')).status, 200);
    t.equal((await node.ask('GET', '/audit/v1/checkpoint')).status, 200, 'what is signed stays signed');

    await postgres.stop();
    postgres = await startPostgres({ dataDir: directory });
    await until('it is ready again', async () => (await node.ask('GET', '/health/ready')).status === 200);
    for (const what of ['page', 'lookup', 'GraphQL', 'delivering']) {
      await until(`${what} works`, async () => (await ASKS[what]!()).status < 300);
    }
    const page = await node.ask('GET', `${ROWS}?_limit=10`, { as: 'reader' });
    t.ok(page.body.data.length >= 5, 'the rows are there');
    t.ok(await node.token(`late-${signal.toLowerCase()}`), 'the authorization server is back too');
    t.equal((await ASKS['registering an application']!()).status, 422, 'and the policy');
  });
}

t.test('a start without PostgreSQL says so in one line', async (t) => {
  const url = postgres.url.replace(encodeURIComponent('/'), encodeURIComponent('/nowhere/'));
  await t.rejects(
    composeNode({ config: node.exchange.config, databaseUrl: url, keys: node.keys, clock: systemClock }),
    {
      name: 'Problem',
      code: 'unavailable',
    },
  );
});
