import pg from 'pg';
import { connectionSettings } from './database-session.js';

/** Another system's database on the same server as ours, with a user of its own who may read it and nothing else. */
export interface NeighbourDatabase {
  name: string;
  readingUser: { user: string; password: string };
  /** Where its server listens: a host and port, or a socket. */
  server: { host: string; port: number } | { path: string };
  /** As its owner. */
  query(text: string, values?: readonly unknown[]): Promise<readonly Record<string, unknown>[]>;
  close(): Promise<void>;
}

export interface Neighbour {
  /** Of any database of the server. Its user makes databases and roles. */
  url: string;
  /** What the database is called after ours. */
  suffix: string;
  /** Of its reading user, from now on. */
  password: string;
}

/** Makes it where it is absent. Throws what PostgreSQL says, `42501` where the user of the URL may not. */
export async function openNeighbour({ url, suffix, password }: Neighbour): Promise<NeighbourDatabase> {
  const settings = connectionSettings(url);
  const ours = await connect(settings);
  try {
    const name = `${ours.database}_${suffix}`;
    const user = `${name}_reader`;
    await makeAbsent(ours, { name, user, password });
    const theirs = await connect({ ...settings, connectionString: withDatabase(settings.connectionString, name) });
    return {
      name,
      readingUser: { user, password },
      server: serverOf(ours),
      query: async (text, values = []) => (await theirs.query(text, [...values])).rows,
      close: () => theirs.end(),
    };
  } finally {
    await ours.end();
  }
}

/** Others of the server may not look into it, and its reading user is nobody elsewhere. */
async function makeAbsent(ours: pg.Client, wanted: { name: string; user: string; password: string }): Promise<void> {
  const [name, user] = [ours.escapeIdentifier(wanted.name), ours.escapeIdentifier(wanted.user)];
  const found = await ours.query('SELECT FROM pg_database WHERE datname = $1', [wanted.name]);
  if (found.rowCount === 0) await ours.query(`CREATE DATABASE ${name}`);
  const known = await ours.query('SELECT FROM pg_roles WHERE rolname = $1', [wanted.user]);
  if (known.rowCount === 0) await ours.query(`CREATE ROLE ${user} LOGIN CONNECTION LIMIT 4`);
  await ours.query(`ALTER ROLE ${user} PASSWORD ${ours.escapeLiteral(wanted.password)}`);
  await ours.query(`REVOKE ALL ON DATABASE ${name} FROM PUBLIC`);
  await ours.query(`GRANT CONNECT ON DATABASE ${name} TO ${user}`);
}

async function connect(settings: pg.ClientConfig): Promise<pg.Client> {
  const client = new pg.Client(settings);
  client.on('error', () => {}); // told by the query that fails
  await client.connect();
  return client;
}

function withDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${encodeURIComponent(name)}`;
  return changed.href;
}

function serverOf({ host, port }: pg.Client): NeighbourDatabase['server'] {
  return host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port };
}
