import type pg from 'pg';
import type { Keys } from '../platform/keys.js';
import type { Database } from '../platform/postgres/database.js';
import { inTransaction } from '../platform/postgres/in-transaction.js';
import { oneRow } from '../platform/postgres/one-row.js';
import { readSigned, type Signed, writeSigned } from './signer-state.js';
import { checkpointBody, signNote, verifierKey } from './tree/note.js';
import { rootAt } from './tree/proof.js';
import { storedHashes } from './tree/stored-tree.js';
import type { LogLogger } from './writer.js';

/** One signer at a time, for any number of nodes. */
const SIGNER_LOCK = 4_854_261_301;
const PERIOD_MS = 1_000;
/** Pause between reads of the log while a caller waits for a checkpoint. */
const HURRY_MS = 100;

export interface Checkpoint {
  size: number;
  /** A C2SP signed note. */
  note: string;
}

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
}

/**
 * Signs a checkpoint at least every second while the log grows. Throws where the database holds fewer or other entries than this signer has signed: a
 * restored backup must not become a second history.
 */
export async function openCheckpoints({ database, keys, origin, logger }: CheckpointOptions): Promise<Checkpoints> {
  if (!/^[^\s+]+$/.test(origin)) throw new Error('The origin of the log must have no spaces and no plus sign');
  let signed = await readSigned(keys.directory);
  const read = storedHashes(database.app);
  let latest: Checkpoint | undefined;
  let closed = false;
  const waiters = new Set<() => void>();

  async function look(): Promise<void> {
    const newest = await inTransaction(database.app, async (client) => {
      const mine = await tryLock(client);
      const size = await headSize(client);
      const last = await newestCheckpoint(client, origin);
      return mine && size > Math.max(last?.size ?? 0, signed?.size ?? 0) ? signAt(client, size) : last;
    });
    if (newest !== undefined && newest.size > (latest?.size ?? 0)) latest = newest;
    for (const wake of waiters) wake();
  }

  async function signAt(client: pg.PoolClient, size: number): Promise<Checkpoint> {
    await refuseOtherHistory(signed, size);
    const root = await rootAt(read, size);
    const next: Signed = { origin, size, root: root.toString('base64') };
    // Saved first: after a crash in between, a size is skipped, but none is signed twice.
    await writeSigned(keys.directory, next);
    signed = next;
    const note = signNote(checkpointBody(origin, size, root), origin, keys.checkpointSigner);
    await client.query('INSERT INTO audit.checkpoint (size, note) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
      size,
      note,
    ]);
    return { size, note };
  }

  async function refuseOtherHistory(before: Signed | undefined, size: number): Promise<void> {
    if (before === undefined) return;
    if (size < before.size) {
      throw new Error(
        `The database holds ${size} audit entries, but checkpoints were signed up to ${before.size}: it was set back. ` +
          'Restore a newer backup; a shorter log can only go on under a new origin that names the old one.',
      );
    }
    if ((await rootAt(read, before.size)).toString('base64') === before.root) return;
    throw new Error(`The first ${before.size} audit entries in the database are not those that were signed`);
  }

  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> | undefined;
  const schedule = (ms: number): void => {
    clearTimeout(timer);
    if (!closed) timer = setTimeout(tick, ms).unref();
  };
  function tick(): void {
    looking ??= look()
      .catch((error: Error) => logger?.warn({ reason: error.message }, 'no checkpoint was signed'))
      .finally(() => {
        looking = undefined;
        schedule(waiters.size > 0 ? HURRY_MS : PERIOD_MS);
      });
  }

  await refuseOtherHistory(signed, await headSize(database.app));
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

async function headSize(database: Pick<pg.ClientBase, 'query'>): Promise<number> {
  const { rows } = await database.query<{ next: string }>('SELECT next FROM audit.batch ORDER BY first DESC LIMIT 1');
  return Number(rows[0]?.next ?? 0);
}

async function newestCheckpoint(client: pg.PoolClient, origin: string): Promise<Checkpoint | undefined> {
  const text = 'SELECT size, note FROM audit.checkpoint WHERE starts_with(note, $1) ORDER BY size DESC LIMIT 1';
  const { rows } = await client.query<{ size: string; note: string }>(text, [`${origin}\n`]);
  return rows[0] === undefined ? undefined : { size: Number(rows[0].size), note: rows[0].note };
}
