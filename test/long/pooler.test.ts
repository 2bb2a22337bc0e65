import t, { type Test } from 'tap';
import { migrate } from '../../src/platform/postgres/migrate.js';
import { loginName } from '../../src/platform/postgres/sessions/walls.js';
import { deliverPeople, people, unmasked } from '../failure/residents.js';
import { testNode } from '../support/node.js';
import { NO_POOLER, startPooler } from '../support/pooler.js';
import { findPostgres, postgresServer } from '../support/postgres-server.js';

if (NO_POOLER !== undefined) {
  const said = `${NO_POOLER}: sessions through a pooler were NOT tried.`;
  process.stderr.write(`\n${said}\n\n`);
  if (process.env.PGBOUNCER_EXPECTED) t.fail(said);
  t.comment(said);
  t.pass('skipped loudly');
  process.exit(process.env.PGBOUNCER_EXPECTED ? 1 : 0);
}
const server = await postgresServer(t, findPostgres(18)!);
await server.query(`CREATE ROLE civic LOGIN PASSWORD 'civic' CREATEROLE`);
await server.query('CREATE DATABASE exchange OWNER civic');

/** URL through a PgBouncer of its own. */
async function pooler(t: Test, settings: string): Promise<string> {
  const { port } = await startPooler(t, server, settings);
  return `postgres://civic:civic@127.0.0.1:${port}/exchange`;
}

for (const mode of ['transaction', 'statement']) {
  for (const order of [0, 1]) {
    t.test(`fault 8: ${mode} pooling is refused in one line, round robin ${order}`, async (t) => {
      const url = await pooler(t, `pool_mode = ${mode}\nserver_round_robin = ${order}`);
      const error = await migrate(url).catch((error: Error) => error);
      t.match(error, { message: /^A connection pooler shares sessions between transactions: set pool_mode = session/ });
      t.notMatch((error as Error).message, /\n/);
    });
  }
}

t.test('fault 8: through a pooler of sessions that drops options every wall stands', async (t) => {
  const url = await pooler(t, 'pool_mode = session');
  await migrate(url);
  const node = await testNode(t, { databaseUrl: url });
  await deliverPeople(node, people(3));
  await node.register('reader');
  const { id } = await node.grant({ application: 'reader', dataset: 'police/resident', masks: unmasked(node) });
  const ask = () => node.ask('GET', '/data/police/resident/v1/rows', { as: 'reader' });
  t.equal((await ask()).body.data.length, 3);
  await node.register('operator', { roles: ['operator'] });
  const revoked = await node.ask('POST', `/api/v1/grants/${id}/revoke`, {
    as: 'operator',
    body: { reason: 'over' },
    headers: { 'idempotency-key': 'r1' },
  });
  t.equal(revoked.status, 200, revoked.text);
  t.not((await ask()).status, 200, 'a revocation holds');
  const reader = await node.exchange.database.reader.query({
    text: `SELECT session_user::text, current_setting('transaction_read_only'), current_setting('statement_timeout'), current_setting('TimeZone')`,
    values: [],
  });
  t.same(reader, [[loginName('reader', 'exchange'), 'on', '5s', 'UTC']]);
});
