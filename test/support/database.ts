import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { type Database, openDatabase } from '../../src/platform/postgres/database.js';
import { loginName, WALL_NAMES } from '../../src/platform/postgres/sessions/walls.js';
import { LOGIN_KEY } from './keys.js';
import { findServer } from './run.js';

interface Teardown {
  teardown(handler: () => unknown): unknown;
}

export interface TestDatabase {
  url: string;
  database: Database;
}

/** A fresh migrated database, closed and dropped when the test ends. Without tap's runner a file gets its own server. */
export async function testDatabase(t: Teardown, options = { statementTimeoutMs: 5_000 }): Promise<TestDatabase> {
  const shared = findServer();
  const server = shared ?? (await startOwn(t));
  const name = `test_${randomBytes(8).toString('hex')}`;
  await onServer(server.url, [`CREATE DATABASE ${name} TEMPLATE exchange`, ...rightsOn(name)]);
  const url = server.url.replace('/exchange?', `/${name}?`);
  const database = await openDatabase(url, { ...options, loginKey: LOGIN_KEY });
  t.teardown(async () => {
    await database.close();
    const roles = WALL_NAMES.map((wall) => loginName(wall, name));
    await onServer(server.url, [`DROP DATABASE ${name} WITH (FORCE)`, `DROP ROLE ${roles.join(', ')}`]);
  });
  return { url, database };
}

/** A database without any table, beside another one of the test; dropped when the test ends. Returns its URL. */
export async function emptyDatabase(t: Teardown, beside: string): Promise<string> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  const there = new URL(beside).pathname.slice(1);
  const server = beside.replace(`/${there}?`, '/exchange?');
  await onServer(server, [`CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8'`]);
  t.teardown(async () => {
    const roles = WALL_NAMES.map((wall) => loginName(wall, name));
    await onServer(server, [`DROP DATABASE ${name} WITH (FORCE)`, `DROP ROLE IF EXISTS ${roles.join(', ')}`]);
  });
  return server.replace('/exchange?', `/${name}?`);
}

async function startOwn(t: Teardown): Promise<{ url: string }> {
  const { startTestServer } = await import('./postgres.js'); // loaded only where needed
  const server = await startTestServer();
  t.teardown(() => server.stop());
  return server;
}

/** A clone has the template's content but not its rights: the same rights as in migrations/001-platform.ts. */
function rightsOn(name: string): string[] {
  return [`GRANT CREATE ON DATABASE ${name} TO exchange_owner`];
}

/** Runs statements from the database `postgres`, so that nobody is connected to the template. */
async function onServer(url: string, statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url.replace('/exchange?', '/postgres?') });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
