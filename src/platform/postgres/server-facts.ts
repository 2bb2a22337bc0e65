import pg from 'pg';
import { oneRow } from './one-row.js';
import { checkServer } from './sessions/check-server.js';
import { DURABILITY, durabilityFault } from './sessions/durability.js';
import { findServers } from './sessions/servers.js';
import { SessionRefusal } from './sessions/session-refusal.js';
import { connectionSettings } from './sessions/session-settings.js';
import { startRefusal } from './sessions/start-refusal.js';

/** What a person must know of a PostgreSQL before the exchange can rest on it. */
export interface ServerFacts {
  /** Such as 18. */
  version: number;
  /** ms since the epoch, by its clock. */
  now: number;
  /** Why a node would not start on it; undefined where it would. */
  refusal: string | undefined;
  /** Why it may lose commits; undefined where it may not. */
  durabilityFault: string | undefined;
  user: string;
  mayCreateRoles: boolean;
  /** Names of the platform's migrations that it has; undefined where it has none of our tables. */
  migrations: string[] | undefined;
  hasOperator: boolean;
}

/** Reads the facts as the user of the URL, at the server that takes writes. Throws what `startRefusal` makes of the failure. */
export async function serverFacts(url: string): Promise<ServerFacts> {
  const clients: pg.Client[] = [];
  try {
    const servers = await findServers(url);
    servers.close();
    const connect = async (): Promise<pg.Client> => {
      const client = new pg.Client({ ...connectionSettings(servers.primary()), query_timeout: 5_000 });
      clients.push(client);
      client.on('error', () => {}); // the failing query reports it
      await client.connect();
      return client;
    };
    const client = await connect();
    return { ...(await readFacts(client)), refusal: await refusalOf(client, connect) };
  } catch (error) {
    throw startRefusal(error);
  } finally {
    await Promise.allSettled(clients.map((client) => client.end()));
  }
}

async function refusalOf(client: pg.Client, second: () => Promise<pg.Client>): Promise<string | undefined> {
  try {
    await checkServer(client, second);
    return undefined;
  } catch (error) {
    if (error instanceof SessionRefusal) return error.message;
    throw error;
  }
}

type ServerRow = Pick<ServerFacts, 'version' | 'now' | 'user' | 'mayCreateRoles'> & {
  known: boolean;
  settings: Readonly<Record<string, string>>;
};

async function readFacts(client: pg.Client): Promise<Omit<ServerFacts, 'refusal'>> {
  const { known, settings, ...server } = oneRow(await client.query<ServerRow>(SERVER, [DURABILITY]), 'server');
  const facts = { ...server, durabilityFault: durabilityFault((name) => settings[name]) };
  if (!known) return { ...facts, migrations: undefined, hasOperator: false };
  const { rows } = await client.query<{ name: string }>('SELECT name FROM migration.migration ORDER BY id');
  const found = await client.query<{ any: boolean }>(OPERATOR);
  return { ...facts, migrations: rows.map(({ name }) => name), hasOperator: oneRow(found, 'operator').any };
}

const SERVER = `SELECT current_setting('server_version_num')::int / 10000 AS version, current_user::text AS user,
  (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now,
  (SELECT json_object_agg(name, current_setting(name)) FROM unnest($1::text[]) AS name) AS settings,
  (SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user) AS "mayCreateRoles",
  to_regclass('migration.migration') IS NOT NULL AND to_regclass('exchange.policy_record') IS NOT NULL AS known`;

/** Only a hint for a person: what counts is in the log. */
const OPERATOR = `SELECT EXISTS (SELECT FROM exchange.policy_record
  WHERE kind = 'application' AND document LIKE '%"operator"%' AND document LIKE '%"status":"active"%') AS any`;
