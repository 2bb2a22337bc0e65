import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { migrate } from '../../src/platform/postgres/migrate.js';
import { loginName, loginPassword, WALL_NAMES } from '../../src/platform/postgres/sessions/walls.js';
import { deliverPeople, people, unmasked } from '../failure/residents.js';
import { until } from '../failure/until.js';
import { LOGIN_KEY } from '../support/keys.js';
import { freePort, testNode } from '../support/node.js';
import { account, findPostgres, type PostgresServer, postgresServer } from '../support/postgres-server.js';

const PROGRAM = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer'].find((path) => existsSync(path));
if (PROGRAM === undefined) {
  const said = 'NO PGBOUNCER ON THIS MACHINE: sessions through a pooler were NOT tried. apt-get install pgbouncer';
  process.stderr.write(`\n${said}\n\n`);
  if (process.env.PGBOUNCER_EXPECTED) t.fail(said);
  t.comment(said);
  t.pass('skipped loudly');
  process.exit(process.env.PGBOUNCER_EXPECTED ? 1 : 0);
}
const program = PROGRAM;
const server = await postgresServer(t, findPostgres(18)!);
await server.query(`CREATE ROLE civic LOGIN PASSWORD 'civic' CREATEROLE`);
await server.query('CREATE DATABASE exchange OWNER civic');

/** URL through a PgBouncer of its own. */
async function pooler(t: Test, { port: to, directory }: PostgresServer, settings: string): Promise<string> {
  const port = await freePort();
  const users = WALL_NAMES.map((wall) => loginName(wall, 'exchange')).map((user) => [
    user,
    loginPassword(LOGIN_KEY, user),
  ]);
  const list = join(directory, `users-${port}`);
  const file = join(directory, `pgbouncer-${port}.ini`);
  writeFileSync(list, [['civic', 'civic'], ...users].map(([user, password]) => `"${user}" "${password}"\n`).join(''));
  writeFileSync(
    file,
    `[databases]\nexchange = host=127.0.0.1 port=${to}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = ${port}\nunix_socket_dir =\n` +
      `auth_type = scram-sha-256\nauth_file = ${list}\ndefault_pool_size = 30\nignore_startup_parameters = options\n${settings}\n`,
  );
  const child = spawn(program, [file], { ...account, stdio: 'ignore' });
  t.teardown(async () => {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
  });
  const url = `postgres://civic:civic@127.0.0.1:${port}/exchange`;
  const answers = () =>
    migrate(url).then(
      () => true,
      (error: Error) => !/ECONNREFUSED/.test(error.message),
    );
  await until('PgBouncer answers', answers);
  return url;
}

for (const mode of ['transaction', 'statement']) {
  for (const order of [0, 1]) {
    t.test(`fault 8: ${mode} pooling is refused in one line, round robin ${order}`, async (t) => {
      const url = await pooler(t, server, `pool_mode = ${mode}\nserver_round_robin = ${order}`);
      const error = await migrate(url).catch((error: Error) => error);
      t.match(error, { message: /^A connection pooler shares sessions between transactions: set pool_mode = session/ });
      t.notMatch((error as Error).message, /\n/);
    });
  }
}

t.test('fault 8: through a pooler of sessions that drops options every wall stands', async (t) => {
  const url = await pooler(t, server, 'pool_mode = session');
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
