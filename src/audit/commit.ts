import type pg from 'pg';
import { Problem } from '../platform/errors.js';
import { itemAt } from '../platform/known.js';
import { oneRow } from '../platform/postgres/one-row.js';
import { type Batch, CLOCK_TOLERANCE_MS, closeBatch, insertBatch } from './batch.js';
import { bounded } from './connection.js';
import { LOG_LOCK, type LogState, readState } from './log-state.js';
import type { WaitingEntry } from './queue.js';

/** What committing a lot reads and reports to. */
export interface Committing {
  client: pg.Client;
  /** The newest committed state that this node knows. */
  state: LogState;
  adopt(state: LogState): void;
  now(): number;
  uuid(): string;
  /** A batch is about to be sent; until it is settled its outcome is in doubt. */
  sending(batch: Batch, lot: readonly WaitingEntry[]): void;
}

/** A batch whose commit was sent and got no reply. */
export interface Doubt {
  batch: Batch;
  lot: readonly WaitingEntry[];
}

/** The quick way: one statement on the head as this node knows it. Returns the lot that is left where the head has moved. */
export async function commitQuick(c: Committing, lot: readonly WaitingEntry[]): Promise<readonly WaitingEntry[]> {
  const due = dropStale(lot, c.state.epoch);
  if (due.length === 0) return [];
  // A decision newer than our head: the head must be read first.
  if (due.some(({ encoded }) => encoded.epoch !== undefined && encoded.epoch > c.state.epoch)) return due;
  const batch = close(c, due);
  c.sending(batch, due);
  if (!(await bounded(insertBatch(c.client, batch)))) return due;
  settle(c, batch, due);
  return [];
}

/** After a miss or a doubt: lock, read the head, look for the batch in doubt, drop what is stale or expired, insert, commit. */
export async function commitSlow(c: Committing, lot: readonly WaitingEntry[], doubt: Doubt | undefined): Promise<void> {
  await bounded(c.client.query('BEGIN'));
  await bounded(c.client.query(`SELECT pg_advisory_xact_lock(${LOG_LOCK})`));
  const found = doubt !== undefined && (await wasCommitted(c.client, doubt.batch.id));
  const before = await bounded(readState(c.client, c.state));
  c.adopt(before); // committed by others, or by us before the connection broke; this transaction has written nothing yet
  if (found) receipt(doubt.batch, doubt.lot);
  const time = await databaseTime(c.client);
  refuseOtherClock(c.now(), time);
  const due = found ? [] : dropExpired(dropStale(lot, before.epoch, true), time);
  if (due.length === 0) {
    await bounded(c.client.query('COMMIT'));
    return;
  }
  const batch = close({ ...c, state: before }, due);
  if (!(await bounded(insertBatch(c.client, batch)))) {
    // Something expired since we read the clock: the next round drops it.
    await bounded(c.client.query('ROLLBACK'));
    return commitSlow(c, due, undefined);
  }
  c.sending(batch, due);
  await bounded(c.client.query('COMMIT'));
  settle(c, batch, due);
}

function close(c: Committing, lot: readonly WaitingEntry[]): Batch {
  const entries = lot.map(({ encoded }) => encoded);
  return closeBatch(entries, c.state, { id: c.uuid(), now: c.now(), policy: false });
}

function settle(c: Committing, batch: Batch, lot: readonly WaitingEntry[]): void {
  c.adopt(batch.after);
  receipt(batch, lot);
}

function receipt(batch: Batch, lot: readonly WaitingEntry[]): void {
  batch.receipts.forEach((given, i) => {
    itemAt(lot, i).answer({ state: 'recorded', receipt: given, sentAt: batch.sentAt });
  });
}

async function wasCommitted(client: pg.Client, id: string): Promise<boolean> {
  const { rows } = await bounded(client.query('SELECT FROM audit.batch WHERE batch_id = $1', [id]));
  return rows.length === 1;
}

/** ms since the epoch by the database's clock. */
export async function databaseTime(client: pg.ClientBase): Promise<number> {
  const text = 'SELECT extract(epoch FROM clock_timestamp()) * 1000 AS now';
  return Number(oneRow(await bounded(client.query<{ now: string }>(text)), 'time').now);
}

/** @throws Problem audit-unavailable: an entry's time would be wrong, and so every later one */
export function refuseOtherClock(now: number, database: number): void {
  if (Math.abs(now - database) <= CLOCK_TOLERANCE_MS) return;
  throw new Problem('audit-unavailable', 'The clocks of this node and of its database differ: nothing is written.', {
    retryAfter: 1,
  });
}

/** Answers requests that were decided under another policy. A newer epoch than ours counts as stale only once ours is known to be the newest. */
function dropStale(lot: readonly WaitingEntry[], epoch: number, newest = false): WaitingEntry[] {
  return lot.filter(({ encoded, answer }) => {
    const decided = encoded.epoch ?? epoch;
    if (decided === epoch || (decided > epoch && !newest)) return true;
    answer({ state: 'stale', epoch });
    return false;
  });
}

function dropExpired(lot: readonly WaitingEntry[], now: number): WaitingEntry[] {
  return lot.filter(({ encoded, answer }) => {
    if (encoded.notAfter === undefined || encoded.notAfter >= now) return true;
    answer({ state: 'expired' });
    return false;
  });
}
