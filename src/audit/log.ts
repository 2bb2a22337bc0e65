import type pg from 'pg';
import type { Clock } from '../platform/clock.js';
import { Problem } from '../platform/errors.js';
import type { Keys } from '../platform/keys/keys.js';
import type { Database } from '../platform/postgres/database.js';
import { closeBatch, insertBatch } from './batch.js';
import { databaseTime, refuseOtherClock } from './commit.js';
import { STATEMENT_MS } from './connection.js';
import { type Encoded, encode, makeSalts } from './encode.js';
import type { Appended, Draft, Head, Receipt } from './entry.js';
import { LOG_LOCK, readState } from './log-state.js';
import { openStanding, type Standing } from './origin/standing.js';
import { Overtaken } from './overtaken.js';
import { makeQueue } from './queue.js';
import { openSealer } from './seal.js';
import { type LogLogger, type LogWriter, startWriter } from './writer.js';

/** The append-only Merkle log of one installation. Any number of nodes write one log, without a leader. */
export interface AuditLog {
  /**
   * Queues a draft; resolves when its entry is committed. Throws Problem `audit-unavailable` (queue full, database gone), or `unprocessable` where
   * the draft can't be an entry.
   */
  append(draft: Draft): Promise<Appended>;
  /**
   * The last statement of a publishing, grant or contract transaction (READ COMMITTED): takes the log's lock, appends, returns receipts in order.
   * `policy: true` → the batch carries epoch + 1, and the commit notifies `exchange_policy` of it. The caller commits right after, within seconds:
   * the whole exchange waits. This node's head follows with its next commit. Throws Problem `conflict` where a draft's epoch or validity is over, and
   * `audit-unavailable`.
   */
  appendIn(
    tx: pg.ClientBase,
    drafts: readonly Draft[],
    options: { policy: boolean },
  ): Promise<{ receipts: Receipt[]; epoch: number }>;
  /** Newest head that this node has seen. */
  head(): Head;
  /** False after a failed commit; readiness reads this. */
  writable(): boolean;
  close(): Promise<void>;
}

export interface LogOptions {
  database: Database;
  clock: Clock;
  keys: Keys;
  /** Written into every entry. */
  node: string;
  logger?: LogLogger;
  /** Shared with the signer, so that either stops the other. */
  standing?: Standing;
  /** Asked before each write: why nothing may be written now, such as a clock that jumped. */
  refusal?: () => string | undefined;
  /** Entries of each committed batch, for the metrics. */
  onCommitted?: (entries: number) => void;
}

/** Throws where the database can't be reached, loses commits, or holds entries that do not match its head. */
export async function openLog(options: LogOptions): Promise<AuditLog> {
  const { database, clock, keys, node, logger, onCommitted, refusal = () => undefined } = options;
  const standing = options.standing ?? openStanding();
  const sealer = openSealer(keys, clock);
  const salts = makeSalts(clock);
  const queue = makeQueue();
  const writer = await startWriter(database, queue, { clock, logger, onCommitted, standing, refuse });
  const encoded = (draft: Draft): Encoded => encode(draft, node, sealer, salts);
  let closed = false;

  /** @throws Problem audit-unavailable */
  function refuse(): void {
    const fault = standing.fault();
    if (fault !== undefined) throw fault;
    const reason = refusal();
    if (reason !== undefined) throw new Problem('audit-unavailable', reason, { retryAfter: 1 });
  }

  return {
    append(draft) {
      try {
        if (closed) throw unavailable();
        refuse();
        const appended = queue.push(encoded(draft), draft.outcome !== 'success');
        writer.wake();
        return appended;
      } catch (error) {
        return Promise.reject(error);
      }
    },
    async appendIn(tx, drafts, { policy }) {
      refuse();
      const entries = drafts.map(encoded);
      try {
        const before = await lockedState(tx, writer);
        const time = await databaseTime(tx);
        refuseOutdated(entries, before.epoch, time);
        const now = clock.now();
        refuseOtherClock(now, time);
        const batch = closeBatch(entries, before, { id: clock.uuid(), now, policy });
        if (!(await insertBatch(tx, batch))) throw new Overtaken(); // it ran out since we looked at the clock
        const { epoch } = batch.after;
        if (policy) await tx.query(`SELECT pg_notify('exchange_policy', $1)`, [String(epoch)]);
        return { receipts: batch.receipts, epoch };
      } catch (error) {
        throw error instanceof Problem ? error : unavailable(error);
      }
    },
    head: () => ({ next: writer.state().tree.size, epoch: writer.state().epoch }),
    writable: writer.writable,
    close: async () => {
      closed = true;
      await writer.close();
    },
  };
}

/**
 * The head under the lock. This transaction may see its own writes, so the node's state does not adopt it. From here no statement may take long, and
 * a node that hangs before its commit loses the lock: every node waits for it.
 */
async function lockedState(tx: pg.ClientBase, writer: LogWriter): ReturnType<typeof readState> {
  await tx.query(`SET LOCAL statement_timeout = ${STATEMENT_MS}`);
  await tx.query(`SET LOCAL idle_in_transaction_session_timeout = ${STATEMENT_MS}`);
  await tx.query(`SELECT pg_advisory_xact_lock(${LOG_LOCK})`);
  return readState(tx, writer.state());
}

function refuseOutdated(entries: readonly Encoded[], epoch: number, now: number): void {
  if (entries.length === 0) throw new RangeError('a batch has at least one entry');
  if (entries.some((entry) => (entry.epoch ?? epoch) !== epoch)) throw new Overtaken(epoch);
  if (entries.some((entry) => entry.notAfter !== undefined && entry.notAfter < now)) throw new Overtaken();
}

function unavailable(cause?: unknown): Problem {
  return new Problem('audit-unavailable', undefined, { retryAfter: 2, cause });
}
