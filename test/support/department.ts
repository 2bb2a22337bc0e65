import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import pg from 'pg';
import { type Relay, relayTo } from './relay.js';

interface Teardown {
  teardown(handler: () => unknown): unknown;
}

/** A department's own PostgreSQL database, on the server of the tests, behind a port on loopback. */
export interface Department {
  host: string;
  port: number;
  database: string;
  /** May connect and read what it is granted. */
  reader: { user: string; password: string };
  /** As the database's owner. */
  query(text: string): Promise<pg.QueryResult>;
  relay: Relay;
}

/** `beside`: the URL of any database of the server. */
export async function departmentDatabase(t: Teardown, beside: string): Promise<Department> {
  const url = new URL(beside);
  const socket = url.searchParams.get('host');
  const relay = await relayTo(
    socket === null
      ? { host: url.hostname, port: Number(url.port || 5432) }
      : { path: join(socket, `.s.PGSQL.${url.searchParams.get('port') ?? (url.port || 5432)}`) },
  );
  const name = `department_${randomBytes(6).toString('hex')}`;
  const reader = { user: `${name}_reader`, password: randomBytes(9).toString('hex') };
  const client = new pg.Client({ connectionString: beside });
  await client.connect();
  await client.query(`CREATE DATABASE ${name}`);
  await client.query(`CREATE ROLE ${reader.user} LOGIN PASSWORD '${reader.password}'`);
  const own = new pg.Client({ connectionString: beside.replace(/\/[a-z0-9_]+\?/, `/${name}?`) });
  await own.connect();
  t.teardown(async () => {
    await relay.close();
    await own.end();
    await client.query(`DROP DATABASE ${name} WITH (FORCE)`);
    await client.query(`DROP ROLE ${reader.user}`);
    await client.end();
  });
  return { host: '127.0.0.1', port: relay.port, database: name, reader, query: (text) => own.query(text), relay };
}
