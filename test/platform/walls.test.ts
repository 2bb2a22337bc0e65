import pg from 'pg';
import type { Test } from 'tap';
import { provideLogins } from '../../src/platform/postgres/sessions/logins.js';
import type { Wall } from '../../src/platform/postgres/sessions/walls.js';
import { testDatabase } from '../support/database.js';
import { LOGIN_KEY } from '../support/keys.js';
import t from '../support/tap.js';

// Threat: somebody speaks SQL as one of our logins. Each is probed by a client of its own, without any setting of ours.
const { url, database } = await testDatabase(t);
const admin = new pg.Client({ connectionString: url });
await admin.connect();
t.teardown(() => admin.end());
const login = await provideLogins(admin, { key: LOGIN_KEY, readMs: 5_000 });
await database.owner.query('CREATE TABLE data.probe (a int); CREATE TABLE staging.probe (a int)');
const beside = await testDatabase(t);

async function as(t: Test, wall: Wall): Promise<pg.Client> {
  const { user, password } = login(wall);
  const at = new URL(url);
  at.username = user;
  at.password = password;
  const client = new pg.Client({ connectionString: at.href });
  await client.connect();
  t.teardown(() => client.end());
  return client;
}

/** For everybody. */
const NEVER = [
  ['become the superuser', 'SET ROLE exchange'],
  ['become another session user', 'SET SESSION AUTHORIZATION exchange'],
  ['become somebody inside a SELECT', `SELECT set_config('role', 'exchange', false)`],
  ['take its role off inside a SELECT', `SELECT set_config('role', 'none', false)`],
  ['lift a limit inside a SELECT', `SELECT set_config('statement_timeout', '0', false)`],
  ['switch triggers off', `SET session_replication_role = replica`],
  ['run a program', `COPY (SELECT 1) TO PROGRAM 'id'`],
  ['read the output of a program', `COPY data.probe FROM PROGRAM 'id'`],
  ['write a file', `COPY (SELECT 1) TO '/tmp/probe'`],
  ['read a file', `SELECT pg_read_file('/etc/passwd')`],
  ['read a binary file', `SELECT pg_read_binary_file('PG_VERSION')`],
  ['list a directory', `SELECT pg_ls_dir('.')`],
  ['import a file', `SELECT lo_import('/etc/passwd')`],
  ['make a large object', `SELECT lo_from_bytea(0, '\\x00')`],
  ['reach other servers', `CREATE EXTENSION dblink`],
  ['write in an untrusted language', `CREATE FUNCTION data.f() RETURNS int LANGUAGE c AS 'libc', 'getpid'`],
  ['use public', 'CREATE TABLE public.t (a int)'],
  ['make temporary tables', 'CREATE TEMPORARY TABLE t (a int)'],
  ['read password hashes', 'SELECT rolpassword FROM pg_authid'],
  ['read password hashes by the old view', 'SELECT passwd FROM pg_shadow'],
  ['make a role', 'CREATE ROLE another'],
  ['change its password', `ALTER ROLE exchange PASSWORD 'x'`],
  ['give itself a role', 'GRANT exchange TO CURRENT_USER'],
  ['make a database', 'CREATE DATABASE another'],
  ['change the server', `ALTER SYSTEM SET fsync = off`],
  ['reload the server', 'SELECT pg_reload_conf()'],
  ['end another session', 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity'],
  ['rewrite the log', 'UPDATE audit.entry SET time = 1'],
  ['empty the log', 'TRUNCATE audit.entry'],
  ['delete from the log', 'DELETE FROM audit.batch'],
  ['change the table of the log', 'ALTER TABLE audit.entry ADD COLUMN a int'],
  ['take the guard of the log off', 'DROP TRIGGER append_only ON audit.entry'],
  [
    'replace the guard',
    'CREATE OR REPLACE FUNCTION audit.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$',
  ],
  ['change migrations', 'DELETE FROM migration.migration'],
] as const;

const NOT_THE_OWNER = [
  ['make a table', 'CREATE TABLE data.t (a int)'],
  ['make a schema', 'CREATE SCHEMA another'],
  ['make a function', `CREATE FUNCTION exchange.f() RETURNS int LANGUAGE sql AS 'SELECT 1'`],
  ['change a published table', 'ALTER TABLE data.probe ADD COLUMN b int'],
  ['drop a published table', 'DROP TABLE data.probe'],
  ['write published rows', 'INSERT INTO data.probe VALUES (1)'],
  ['empty a published table', 'TRUNCATE data.probe'],
  ['read what is staged', 'SELECT * FROM staging.probe'],
  ['read waiting jobs', 'SELECT * FROM graphile_worker._private_jobs'],
  ['become the owner', 'SET ROLE exchange_owner'],
] as const;

const NOT_THE_APP = [
  ['read policy records', 'SELECT * FROM exchange.policy_record'],
  ['write policy records', `INSERT INTO exchange.policy_record VALUES ('grant', 'a', 1, '{}', 0)`],
  ['read tokens', 'SELECT * FROM exchange.oidc'],
  ['read rejected rows', 'SELECT * FROM exchange.delivery_reject'],
] as const;

const NOT_THE_LOG = [
  ['read the log', 'SELECT * FROM audit.entry'],
  ['write the log', `INSERT INTO audit.entry VALUES (0, '', '', NULL, 'x', 0)`],
  ['hold the lock of the log', 'SELECT pg_advisory_lock(1)'],
  ['notify the nodes', `SELECT pg_notify('exchange_policy', '9')`],
  ['write where its transactions may', 'BEGIN READ WRITE; INSERT INTO exchange.line (name) VALUES (1)'],
] as const;

const REFUSED: Record<Wall, readonly (readonly [string, string])[]> = {
  owner: NEVER,
  app: [...NEVER, ...NOT_THE_OWNER],
  audit: [...NEVER, ...NOT_THE_OWNER, ...NOT_THE_APP, ['read published rows', 'SELECT * FROM data.probe']],
  reader: [...NEVER, ...NOT_THE_OWNER, ...NOT_THE_APP, ...NOT_THE_LOG],
};

for (const [wall, attempts] of Object.entries(REFUSED) as [Wall, (typeof REFUSED)[Wall]][]) {
  t.test(`attack 8: the login of the ${wall} is a wall`, async (t) => {
    const client = await as(t, wall);
    for (const [what, text] of attempts) {
      const code = await client.query(text).then(
        () => 'done',
        (error: { code?: string }) => error.code,
      );
      await client.query('ROLLBACK');
      t.match(code, /^(42501|25006)$/, `${what}: ${code}`);
    }
    const { rows } = await client.query(
      `SELECT query FROM pg_stat_activity WHERE usename <> session_user AND query ILIKE '%select%'`,
    );
    t.same(rows, [], 'statements of others are hidden');
    await client.query('RESET ROLE; RESET ALL');
    const back = await client.query('SELECT current_user::text AS role');
    t.same(back.rows, [{ role: login(wall).user }], 'RESET gives nothing back');
  });
}

t.test('attack 8: a login of one database has no way into another one, nor without its password', async (t) => {
  const tries: [string, Partial<{ password: string; database: string }>][] = [
    ['a wrong password', { password: 'wrong' }],
    ['no password', { password: '' }],
    ["another exchange's database", { database: new URL(beside.url).pathname.slice(1) }],
  ];
  for (const wall of ['owner', 'app', 'reader', 'audit'] as const) {
    const { user, password } = login(wall);
    for (const [what, more] of tries) {
      const at = new URL(url);
      at.username = user;
      at.password = more.password ?? password;
      if (more.database !== undefined) at.pathname = `/${more.database}`;
      const client = new pg.Client({ connectionString: at.href });
      client.on('error', () => {});
      await t.rejects(client.connect(), `${wall}: ${what}`);
      await client.end().catch(() => {});
    }
  }
});

t.test('attack 8: a login that may do more than its wall is refused at the start', async (t) => {
  const { user } = login('reader');
  const more = [
    [`ALTER ROLE ${user} CREATEROLE`, `ALTER ROLE ${user} NOCREATEROLE`],
    [`ALTER ROLE ${user} SUPERUSER`, `ALTER ROLE ${user} NOSUPERUSER`],
    [`GRANT pg_read_server_files TO ${user}`, `REVOKE pg_read_server_files FROM ${user}`],
    [`GRANT exchange_owner TO ${user}`, `REVOKE exchange_owner FROM ${user}`],
  ] as const;
  for (const [give, take] of more) {
    await admin.query(give);
    await t.rejects(provideLogins(admin, { key: LOGIN_KEY, readMs: 5_000 }), { message: new RegExp(user) }, give);
    await admin.query(take);
  }
  await provideLogins(admin, { key: LOGIN_KEY, readMs: 5_000 });
});
