import pg from 'pg';
import { databaseProblem } from './database-problem.js';
import { connectionSettings, refuseUnsafeServer, type SessionSettings, sessionTypes } from './database-session.js';
import { type DatabaseOptions, openReader, type ReaderPool } from './reader-pool.js';

export type { DatabaseOptions, ReaderPool } from './reader-pool.js';

/**
 * The four ways into PostgreSQL, each with its own role (`access.md`, second wall): `owner` (DDL, publishing, staging), `app` (platform tables),
 * `reader` (SELECT on published tables only, read-only transactions, statement timeout, pipelined), `audit` (one connection for the log, reopened
 * when it breaks). Dates, int8 and numeric are text; timestamptz is a Date.
 */
export interface Database {
  owner: pg.Pool;
  app: pg.Pool;
  /** Only `query/run.ts` uses it. */
  reader: ReaderPool;
  /** A new connection as `exchange_audit`; the caller closes it. */
  connectAudit(): Promise<pg.Client>;
  /** A new connection for LISTEN, as `exchange_app`; the caller closes it. */
  connectListener(): Promise<pg.Client>;
  close(): Promise<void>;
}

/**
 * Opens the pools of a migrated database. Throws Problem `unavailable` where it can't be reached, `internal` where the server would lose committed
 * entries (`audit.md`: fsync, full_page_writes or synchronous_commit off). After that, losing the server never ends the process.
 */
export async function openDatabase(url: string, options: DatabaseOptions): Promise<Database> {
  const settings = connectionSettings(url);
  const owner = openPool({ ...settings, max: 6 }, '-c role=exchange_owner');
  const app = openPool({ ...settings, max: 12 }, '-c role=exchange_app -c statement_timeout=15s');
  const connect = (flags: string) => connectClient(settings, flags);
  try {
    await checkServer(app);
    const reader = await openReader(settings, options);
    return {
      owner,
      app,
      reader,
      connectAudit: async () => {
        const client = await connect('-c role=exchange_audit -c statement_timeout=15s');
        await refuseUnsafeServer(client).catch((error) => client.end().then(() => Promise.reject(error)));
        return client;
      },
      connectListener: () => connect('-c role=exchange_app'),
      close: async () => {
        await Promise.allSettled([reader.close(), owner.end(), app.end()]);
      },
    };
  } catch (error) {
    await Promise.allSettled([owner.end(), app.end()]);
    throw databaseProblem(error);
  }
}

async function checkServer(pool: pg.Pool): Promise<void> {
  const client = await pool.connect();
  await refuseUnsafeServer(client).finally(() => client.release());
}

function openPool(settings: SessionSettings & { max: number }, flags: string): pg.Pool {
  const pool = new pg.Pool({ ...settings, options: flags, types: sessionTypes, idleTimeoutMillis: 30_000 });
  // Both listeners are needed: an idle client reports to the pool, a checked-out one only to itself, and an unhandled error ends the process.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

async function connectClient(settings: SessionSettings, flags: string): Promise<pg.Client> {
  const client = new pg.Client({ ...settings, options: flags, types: sessionTypes });
  // The failing query and the `end` event report the loss.
  client.on('error', () => {});
  await client.connect();
  return client;
}
