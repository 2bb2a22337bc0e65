import type pg from 'pg';
import type { Database } from '../platform/database.js';

/** ms for any one statement of the log, a wait for its lock included: beyond, the connection is given up and the commit is in doubt. */
const STATEMENT_MS = 5_000;
const CONNECT_MS = 3_000;

/** A connection that is the log's alone. */
export interface LogConnection {
  client: pg.Client;
  /** False once it broke. */
  alive(): boolean;
  end(): Promise<void>;
}

/** `connectAudit` refuses a database whose commits would not last (`audit.md`). `lost` is called once, when the connection breaks. */
export async function connectLog(database: Database, lost: () => void): Promise<LogConnection> {
  const client = await within(CONNECT_MS, database.connectAudit(), (late) => void late.end().catch(ignore));
  let alive = true;
  const broke = (): void => {
    if (!alive) return;
    alive = false;
    lost();
  };
  client.on('error', broke);
  client.on('end', broke);
  const connection = {
    client,
    alive: () => alive,
    end: async () => {
      alive = false;
      await client.end().catch(ignore);
    },
  };
  try {
    await bounded(client.query(`SET statement_timeout = ${STATEMENT_MS}`));
  } catch (error) {
    await connection.end();
    throw error;
  }
  return connection;
}

/** A statement of the log, given up when the server does not answer at all. */
export function bounded<T>(work: Promise<T>): Promise<T> {
  return within(STATEMENT_MS + 1_000, work, ignore);
}

function within<T>(ms: number, work: Promise<T>, late: (value: T) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    let over = false;
    const timer = setTimeout(() => {
      over = true;
      reject(new Error(`no reply within ${ms} ms`));
    }, ms);
    work.then(
      (value) => {
        clearTimeout(timer);
        if (over) late(value);
        else resolve(value);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}

function ignore(): void {}
