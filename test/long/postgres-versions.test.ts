import pg from 'pg';
import t, { type Test } from 'tap';
import { openDatabase } from '../../src/platform/postgres/database.js';
import { migrate } from '../../src/platform/postgres/migrate.js';
import { deliverPeople, people, unmasked } from '../failure/residents.js';
import { until } from '../failure/until.js';
import { LOGIN_KEY } from '../support/keys.js';
import { testNode } from '../support/node.js';
import { findPostgres, type PostgresServer, postgresServer } from '../support/postgres-server.js';

// The exchange as an operator runs it: an external PostgreSQL, a user who owns the database and may create roles, no superuser.
const VERSIONS = [14, 15, 16, 17, 18];

async function prepared(t: Test, bin: string): Promise<{ server: PostgresServer; url: string }> {
  const server = await postgresServer(t, bin);
  await server.query(`CREATE ROLE civic LOGIN PASSWORD 'civic' CREATEROLE`);
  await server.query(`CREATE DATABASE exchange OWNER civic ENCODING 'UTF8' TEMPLATE template0`);
  return { server, url: `postgres://civic:civic@127.0.0.1:${server.port}/exchange` };
}

for (const version of VERSIONS) {
  const bin = findPostgres(version);
  if (bin === undefined) {
    const said = `NO POSTGRESQL ${version} ON THIS MACHINE: the exchange was NOT tried on it.`;
    process.stderr.write(`\n${said}\n\n`);
    if (process.env[`POSTGRES${version}_EXPECTED`]) t.fail(said);
    else t.comment(said);
    continue;
  }
  t.test(`fault 10: on PostgreSQL ${version} the exchange needs no superuser`, async (t) => {
    const { server, url } = await prepared(t, bin);
    await migrate(url);
    await migrate(url);
    const node = await testNode(t, { databaseUrl: url });
    await deliverPeople(node, people(3));
    await node.register('reader');
    await node.grant({ application: 'reader', dataset: 'police/resident', masks: unmasked(node) });
    const reply = await node.ask('GET', '/data/police/resident/v1/rows', { as: 'reader' });
    t.equal(reply.status, 200, reply.text);
    t.equal(reply.body.data.length, 3);
    const { rows } = await server.query(
      `SELECT DISTINCT usename FROM pg_stat_activity WHERE application_name = 'civic-exchange'`,
    );
    t.ok(
      rows.every(({ usename }) => /^exchange_[a-z]+_[0-9a-f]{8}$/.test(usename)),
      `who is logged in: ${JSON.stringify(rows)}`,
    );
    await server.query('ALTER ROLE civic NOCREATEROLE');
    const again = await openDatabase(url, { statementTimeoutMs: 5_000, loginKey: LOGIN_KEY });
    await again.close();
    t.pass('once the logins are there, CREATEROLE may go');
    await migrate(url);
  });
}

t.test('fault 17: settings that lose commits are refused at the start and after a reload', async (t) => {
  const { server, url } = await prepared(t, findPostgres(18)!);
  await migrate(url);
  const open = () => openDatabase(url, { statementTimeoutMs: 5_000, loginKey: LOGIN_KEY });
  const unsafe: [string, Record<string, string>][] = [
    ['fsync', { fsync: 'off' }],
    ['full_page_writes', { full_page_writes: 'off' }],
    ['synchronous_commit', { synchronous_commit: 'off' }],
    ['synchronous_standby_names', { synchronous_commit: 'local', synchronous_standby_names: `'*'` }],
  ];
  const database = await open();
  t.teardown(() => database.close());
  const apply = async (settings: Record<string, string>) => {
    // As one who loses no commit waits for no standby.
    const client = new pg.Client(`postgres://root:root@127.0.0.1:${server.port}/postgres`);
    await client.connect();
    await client.query('SET synchronous_commit = local');
    for (const [name, value] of Object.entries(settings)) await client.query(`ALTER SYSTEM SET ${name} = ${value}`);
    if (Object.keys(settings).length === 0) await client.query('ALTER SYSTEM RESET ALL');
    await client.query('SELECT pg_reload_conf()');
    await client.end();
  };
  for (const [name, settings] of unsafe) {
    await apply(settings);
    await until(`${name} is seen`, () => database.fault() !== undefined);
    t.match(database.fault(), new RegExp(name));
    await t.rejects(database.connectAudit(), { message: new RegExp(name) }, 'the log gets no session');
    await t.rejects(open(), { message: new RegExp(name) }, 'no node starts');
    await apply({});
    await until(`${name} is mended`, () => database.fault() === undefined);
    await (await database.connectAudit()).end();
  }
});
