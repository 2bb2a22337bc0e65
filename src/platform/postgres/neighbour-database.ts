import pg from 'pg';
import { findServers } from './sessions/servers.js';
import { connectionSettings } from './sessions/session-settings.js';

/** Another system's database on our server, with a user of its own that may only read it. */
export interface NeighbourDatabase {
  name: string;
  readingUser: { user: string; password: string };
  /** Address of its server: host and port, or a socket. */
  server: { host: string; port: number } | { path: string };
  /** Runs a statement as its owner. */
  query(text: string, values?: readonly unknown[]): Promise<readonly Record<string, unknown>[]>;
  close(): Promise<void>;
}

export interface Neighbour {
  /** URL of any database on the server. Its user creates databases and roles. */
  url: string;
  /** Appended to the name of our database. */
  suffix: string;
  /** New password of its reading user. */
  password: string;
}

/** Opens the database; creates it where it is absent. Throws PostgreSQL's error, `42501` where the user of the URL lacks the rights. */
export async function openNeighbour({ url, suffix, password }: Neighbour): Promise<NeighbourDatabase> {
  const servers = await findServers(url);
  servers.close();
  const settings = connectionSettings(servers.primary());
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

/** Other users of the server can't read it, and its reading user can't read anything else. */
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
  client.on('error', () => {}); // the failing query reports it
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
