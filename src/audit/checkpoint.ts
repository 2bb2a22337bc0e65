import type pg from 'pg';
import type { Keys } from '../platform/keys/keys.js';
import type { Database } from '../platform/postgres/database.js';
import { inTransaction } from '../platform/postgres/in-transaction.js';
import { oneRow } from '../platform/postgres/one-row.js';
import { LogFault } from './origin/log-fault.js';
import { originNumber, readOrigin } from './origin/origins.js';
import { type Checkpoint, openSeen } from './origin/seen.js';
import { openStanding, type Standing } from './origin/standing.js';
import { verifierKey } from './tree/note.js';
import type { Queryable } from './tree/stored-tree.js';
import type { LogLogger } from './writer.js';

/** One signer at a time, for any number of nodes. */
const SIGNER_LOCK = 4_854_261_301;
const PERIOD_MS = 1_000;
/** Pause between reads of the log while a caller waits for a checkpoint. */
const HURRY_MS = 100;

export interface Checkpoints {
  /** C2SP verifier key of this log. */
  readonly vkey: string;
  readonly origin: string;
  /** The newest that this node has; undefined before the first. */
  latest(): Checkpoint | undefined;
  /** Resolves with the first checkpoint that covers the entry, or undefined after `ms`. */
  waitFor(index: number, ms: number): Promise<Checkpoint | undefined>;
  close(): Promise<void>;
}

export interface CheckpointOptions {
  database: Database;
  keys: Keys;
  /** First line of every checkpoint and name of its key: `<host of publicUrl>/civic-exchange`. */
  origin: string;
  logger?: LogLogger;
  /** Shared with the log, so that either stops the other. */
  standing?: Standing;
}

/**
 * Signs a checkpoint at least every second while the log grows. Throws LogFault where the database holds fewer or other entries than were signed: a
 * restored backup must not become a second history.
 */
export async function openCheckpoints(options: CheckpointOptions): Promise<Checkpoints> {
  const { database, keys, origin, logger, standing = openStanding() } = options;
  if (!/^[^\s+]+$/.test(origin)) throw new Error('The origin of the log must have no spaces and no plus sign');
  const seen = await openSeen({
    directory: keys.directory,
    origin,
    key: keys.checkpointSigner,
    database: database.app,
  });
  let latest: Checkpoint | undefined;
  let closed = false;
  const waiters = new Set<() => void>();

  async function look(): Promise<void> {
    const newest = await inTransaction(database.app, async (client) => {
      const mine = await tryLock(client);
      // Before the head, which then covers it.
      const last = await newestCheckpoint(client, origin);
      const size = await headSize(client);
      const { number, common } = await readOrigin(client);
      if (number !== originNumber(origin)) throw LogFault.newOrigin(common);
      await seen.compare(size, last);
      standing.report('signer', undefined);
      return mine && standing.fault() === undefined && size > seen.size() ? publish(client, size) : last;
    });
    if (newest !== undefined && newest.size > (latest?.size ?? 0)) latest = newest;
    for (const wake of waiters) wake();
  }

  async function publish(client: pg.PoolClient, size: number): Promise<Checkpoint> {
    const note = await seen.sign(size);
    await client.query('INSERT INTO audit.checkpoint (size, note) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
      size,
      note,
    ]);
    return { size, note };
  }

  function failed(error: Error): void {
    if (error instanceof LogFault) standing.report('signer', error);
    else logger?.warn({ reason: error.message }, 'no checkpoint was signed');
  }

  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> | undefined;
  const schedule = (ms: number): void => {
    clearTimeout(timer);
    if (!closed) timer = setTimeout(tick, ms).unref();
  };
  function tick(): void {
    looking ??= look()
      .catch(failed)
      .finally(() => {
        looking = undefined;
        schedule(waiters.size > 0 ? HURRY_MS : PERIOD_MS);
      });
  }

  await look();
  schedule(PERIOD_MS);

  return {
    vkey: verifierKey(origin, keys.checkpointSigner),
    origin,
    latest: () => latest,
    waitFor: (index, ms) =>
      new Promise((resolve) => {
        const done = (): void => {
          waiters.delete(wake);
          clearTimeout(limit);
          resolve(covers(index) ? latest : undefined);
        };
        const wake = (): void => {
          if (covers(index) || closed) done();
        };
        const limit = setTimeout(done, ms);
        if (covers(index)) return done();
        waiters.add(wake);
        if (looking === undefined) schedule(HURRY_MS);
      }),
    close: async () => {
      closed = true;
      clearTimeout(timer);
      for (const wake of waiters) wake();
      await looking;
    },
  };

  function covers(index: number): boolean {
    return latest !== undefined && latest.size > index;
  }
}

async function tryLock(client: pg.PoolClient): Promise<boolean> {
  const lock = await client.query<{ mine: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS mine', [SIGNER_LOCK]);
  return oneRow(lock, 'lock').mine;
}

export async function headSize(database: Queryable): Promise<number> {
  const { rows } = await database.query<{ next: string }>('SELECT next FROM audit.batch ORDER BY first DESC LIMIT 1');
  return Number(rows[0]?.next ?? 0);
}

export async function newestCheckpoint(client: Queryable, origin: string): Promise<Checkpoint | undefined> {
  const text = 'SELECT size, note FROM audit.checkpoint WHERE starts_with(note, $1) ORDER BY size DESC LIMIT 1';
  const { rows } = await client.query<{ size: string; note: string }>(text, [`${origin}\n`]);
  return rows[0] === undefined ? undefined : { size: Number(rows[0].size), note: rows[0].note };
}
