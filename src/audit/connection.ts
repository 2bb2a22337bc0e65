import type pg from 'pg';
import type { Database } from '../platform/postgres/database.js';
import { oneRow } from '../platform/postgres/one-row.js';

/** ms for one statement of the log, the wait for its lock included. After that the connection is dropped and the commit is in doubt. */
export const STATEMENT_MS = 5_000;
const CONNECT_MS = 3_000;
/** The first of a process: a machine that starts is busy, and nobody waits for an answer yet. */
const FIRST_CONNECT_MS = 30_000;
const GOODBYE_MS = 1_000;

/** A connection that only the log uses. */
export interface LogConnection {
  client: pg.Client;
  /** False once it is broken. */
  alive(): boolean;
  end(): Promise<void>;
}

/** `connectAudit` refuses a database whose commits are not durable (`audit.md`). `lost` is called once, when the connection breaks. */
export async function connectLog(database: Database, lost: () => void, first: boolean): Promise<LogConnection> {
  const client = await within(
    first ? FIRST_CONNECT_MS : CONNECT_MS,
    database.connectAudit(),
    (late) => void late.end().catch(ignore),
  );
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
      // A server that hangs does not reply to the end of the session either.
      await within(GOODBYE_MS, client.end(), ignore).catch(ignore);
    },
  };
  try {
    await refuseStandby(client);
    await bounded(client.query(`SET statement_timeout = ${STATEMENT_MS}`));
    // A node that hangs between lock and commit must not block the others.
    await bounded(client.query(`SET idle_in_transaction_session_timeout = ${STATEMENT_MS}`));
  } catch (error) {
    await connection.end();
    throw error;
  }
  return connection;
}

/** A standby may lag: what it lacks proves nothing. */
async function refuseStandby(client: pg.Client): Promise<void> {
  const found = await bounded(client.query<{ standby: boolean }>('SELECT pg_is_in_recovery() AS standby'));
  if (oneRow(found, 'server').standby) throw new Error('the server is a standby');
}

/** Writes what an append writes, then rolls back: only a write shows whether the log can be written. Throws where it can't. */
export async function tryWriting({ client }: LogConnection): Promise<void> {
  await bounded(client.query('BEGIN'));
  await bounded(client.query(TRIAL));
  await bounded(client.query('ROLLBACK'));
}

const TRIAL = `
WITH b AS (
  INSERT INTO audit.batch (first, next, edge, batch_id, last_time, policy_epoch) VALUES (-1, -1, '', gen_random_uuid(), 0, 0)
), e AS (
  INSERT INTO audit.entry (index, bytes, sealed, application, event, time) VALUES (-1, '', '', NULL, '', 0)
)
INSERT INTO audit.tile (level, n, hashes) SELECT -1, -1, '' WHERE false`;

/** Waits for a statement of the log; gives up where the server does not reply. */
export function bounded<T>(work: Promise<T>): Promise<T> {
  return within(STATEMENT_MS + 1_000, work, ignore);
}

function within<T>(ms: number, work: Promise<T>, late: (value: T) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    let over = false;
    const timer = setTimeout(() => {
      over = true;
      reject(new Error(`PostgreSQL gave no reply within ${ms} ms`));
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
