import pg from 'pg';
import t from 'tap';
import { describeFailure } from '../../src/cli/exit-code.js';
import { migrate } from '../../src/platform/postgres/migrate.js';
import { startRefusal } from '../../src/platform/postgres/sessions/start-refusal.js';
import { testDatabase } from '../support/database.js';
import { freePort } from '../support/node.js';
import { relayTo } from '../support/relay.js';

// What an operator reads when a start fails at the database: one line that names the cause, and the exit code.
const { url } = await testDatabase(t);
const name = new URL(url).pathname.slice(1);
const admin = new pg.Client({ connectionString: url });
await admin.connect();
t.teardown(() => admin.end());
const made = [`${name}_latin`, `${name}_taken`, `${name}_plain`];
await admin.query(`CREATE DATABASE ${made[0]} ENCODING 'LATIN1' LOCALE 'C' LOCALE_PROVIDER libc TEMPLATE template0`);
await admin.query(`CREATE DATABASE ${made[1]}`);
await admin.query(`CREATE ROLE ${name}_weak LOGIN PASSWORD 'weak'`);
await admin.query(`CREATE DATABASE ${made[2]}`);
await admin.query(`INSERT INTO migration.migration (name, batch, migration_time) VALUES ('999-later', 9, now())`);
t.teardown(async () => {
  for (const each of made) await admin.query(`DROP DATABASE ${each} WITH (FORCE)`);
  await admin.query(`DROP ROLE ${name}_weak`);
});
const socket = new URL(url).searchParams.get('host');
const relay = await relayTo({ path: `${socket}/.s.PGSQL.5432` });
t.teardown(() => relay.close());
const taken = new pg.Client({ connectionString: url.replace(`/${name}?`, `/${made[1]}?`) });
await taken.connect();
await taken.query('CREATE SCHEMA exchange');
await taken.end();

function changed(change: (url: URL) => void): string {
  const other = new URL(url);
  change(other);
  return other.href;
}
const at = (host: string, more = '') => {
  const { username, password } = new URL(url);
  return `postgres://${username}:${password}@${host}/${name}${more}`;
};

const CASES: readonly (readonly [what: string, url: string, exit: number, line: RegExp])[] = [
  ['a wrong password', changed((u) => (u.password = 'wrong')), 2, /^DATABASE_URL: .*user with this password/],
  ['a user who is none', changed((u) => (u.username = 'nobody')), 2, /^DATABASE_URL: /],
  ['a missing database', changed((u) => (u.pathname = '/absent')), 2, /database does not exist: CREATE DATABASE/],
  ['another encoding', changed((u) => (u.pathname = `/${made[0]}`)), 1, /encoding LATIN1.*UTF8/],
  [
    'a user without rights',
    changed((u) => Object.assign(u, { username: `${name}_weak`, password: 'weak', pathname: `/${made[2]}` })),
    1,
    /lacks a right.*CREATEROLE/,
  ],
  [
    'a schema of somebody else',
    changed((u) => (u.pathname = `/${made[1]}`)),
    1,
    /schema "exchange" already exists \(42P06\)/,
  ],
  ['newer tables', url, 1, /newer version.*999-later/],
  ['nobody listens', at(`127.0.0.1:${await freePort()}`), 3, /No PostgreSQL listens.*ECONNREFUSED/],
  ['no socket', changed((u) => u.searchParams.set('host', '/tmp/absent')), 3, /socket.*ENOENT/],
  ['a host that is none', at('absent.invalid'), 2, /host is not known|cannot be resolved/],
  ['TLS that is not offered', at(`127.0.0.1:${relay.port}`, '?sslmode=require'), 2, /offers no TLS/],
  [
    'several hosts without one',
    at('127.0.0.1:1,127.0.0.1:2'),
    3,
    /No server of DATABASE_URL takes writes: 127\.0\.0\.1:1 does not answer/,
  ],
  [
    'a wish for a standby',
    at('127.0.0.1:1', '?target_session_attrs=standby'),
    2,
    /target_session_attrs must be read-write/,
  ],
  ['hosts that are malformed', at('127.0.0.1:1,:x:'), 2, /must have the form/],
];

for (const [what, from, exit, line] of CASES) {
  t.test(`fault 13: ${what}`, async (t) => {
    const error = await migrate(from).then(
      () => undefined,
      (error: unknown) => error,
    );
    const { exitCode, message } = describeFailure(error);
    t.match(message, line);
    t.equal(exitCode, exit, message);
    t.notMatch(message, /\n|%|CREATE TABLE/, 'one line, without SQL');
    t.notMatch(message, new URL(url).password, 'no password');
  });
}

t.test('fault 13: causes that a test cannot bring about', async (t) => {
  const causes: [code: string, exit: number, line: RegExp][] = [
    ['53100', 3, /disk of PostgreSQL is full/],
    ['53300', 3, /no free connection/],
    ['57P03', 3, /starting, stopping or recovering/],
    ['25006', 2, /read-only/],
    ['28000', 2, /pg_hba/],
    ['EHOSTUNREACH', 3, /cannot be reached/],
    ['SELF_SIGNED_CERT_IN_CHAIN', 2, /certificate.*sslrootcert/],
    ['XX000', 1, /refused a statement of the start: in short \(XX000\)/],
  ];
  for (const [code, exit, line] of causes) {
    const text = `CREATE TABLE a (\n  b int\n) - in short`;
    const { exitCode, message } = describeFailure(startRefusal(Object.assign(new Error(text), { code })));
    t.match(message, line);
    t.equal(exitCode, exit, code);
    t.notMatch(message, /\n|CREATE/);
  }
});
