import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import { headEpoch } from '../../access/policy/change-policy.js';
import type { PolicyIndex } from '../../access/policy/policy.js';
import { type NewRecord, writeRecords } from '../../access/policy/records.js';
import type { Actor, Receipt } from '../../audit/entry.js';
import { recorded } from '../../audit/recorded.js';
import { Problem } from '../../platform/errors.js';
import { databaseProblem } from '../../platform/postgres/database-problem.js';
import { inTransaction } from '../../platform/postgres/in-transaction.js';
import type { Exchange } from '../exchange.js';

/** What publishing needs of a node. */
export type PublishingNode = Pick<Exchange, 'database' | 'log' | 'policy' | 'clock'>;

/** Who publishes, for the entries. No actor: the exchange itself, which applies its own folder at start. */
export interface PublishingTurn {
  actor: Actor | null;
  /** UUID of the request. */
  request: string;
  /** Throws if the caller may not publish (any more). Called again on the epoch of the commit. */
  authorise?(): void;
}

export interface Turn {
  /** As exchange_owner. Each wait for a lock is at most `LOCK_TIMEOUT_MS`; then the whole turn starts again. */
  tx: pg.ClientBase;
  /** Includes all earlier commits. */
  index: PolicyIndex;
  /**
   * The last step of a turn: writes the records with their entries, on the newest epoch. A turn that writes nothing
   * leaves no trace.
   */
  write(records: readonly Omit<NewRecord, 'actor' | 'request' | 'epoch'>[]): Promise<WrittenRecords>;
}

interface WrittenRecords {
  epoch: number;
  receipts: Receipt[];
  versions: number[];
}

/** One publisher at a time, in its own lock space (two-integer keys). */
const LOCK = [809, 17];
/** ALTER TABLE waits for running readers, and later readers wait for it: give up early and try again. */
const LOCK_TIMEOUT_MS = 500;
const ATTEMPTS = 6;
const LIVE_WITHIN_S = 5;
const WAIT_MS = 5_000;

/**
 * One change of the catalog at a time, over all nodes: `work` runs in one transaction with its records and entries;
 * then it waits until every live node serves the change. `behind`: live nodes that did not within the wait.
 * @throws Problem unavailable (a table or the policy stayed busy), audit-unavailable, and what `work` throws: then
 * nothing has changed
 */
export async function inTurn<T>(
  exchange: PublishingNode,
  publishing: PublishingTurn,
  work: (turn: Turn) => Promise<T>,
): Promise<{ done: T; epoch: number; behind: string[] }> {
  for (let attempt = 1; ; attempt++) {
    const ended = await recorded(
      exchange.policy,
      () => publishing.authorise?.(),
      () => takeTurn(exchange, publishing, work),
    );
    if (ended === 'busy') {
      if (attempt === ATTEMPTS) throw new Problem('unavailable', 'A table is busy: try again', { retryAfter: 5 });
      await pause(100 * attempt);
      continue;
    }
    const { done, epoch, written } = ended;
    if (!written) return { done, epoch, behind: [] };
    await exchange.policy.reach(epoch);
    return { done, epoch, behind: await waitForNodes(exchange, epoch) };
  }
}

async function takeTurn<T>(
  exchange: PublishingNode,
  publishing: PublishingTurn,
  work: (turn: Turn) => Promise<T>,
): Promise<{ done: T; epoch: number; written: boolean } | 'busy'> {
  let written: WrittenRecords | undefined;
  let writing = false;
  const turn = async (tx: pg.PoolClient) => {
    await tx.query('SELECT pg_advisory_xact_lock($1::integer, $2::integer)', LOCK);
    const index = await exchange.policy.reach(await headEpoch(tx));
    await tx.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
    const done = await work({
      tx,
      index,
      write: async (records) => {
        writing = true;
        written = await writeLast(exchange, tx, { publishing, records });
        return written;
      },
    });
    return { done, epoch: written?.epoch ?? index.epoch };
  };
  try {
    const ended = await inTransaction(exchange.database.owner, turn, { keep: () => writing });
    return { ...ended, written: writing };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === '55P03') return 'busy'; // lock_not_available
    throw databaseProblem(error);
  }
}

async function writeLast(
  { policy, log }: PublishingNode,
  tx: pg.PoolClient,
  { publishing, records }: { publishing: PublishingTurn; records: Parameters<Turn['write']>[0] },
): Promise<WrittenRecords> {
  const { actor, request } = publishing;
  await tx.query('SET LOCAL lock_timeout = 0'); // the log holds its lock for a short time, so wait for it
  const { epoch } = await policy.reach(await headEpoch(tx)); // the work may take long: use the newest epoch
  publishing.authorise?.();
  return writeRecords(
    tx,
    log,
    records.map((record) => ({ ...record, actor, request, epoch })),
  );
}

/** The live nodes that do not serve the epoch when the wait ends; returns at once when all do. */
async function waitForNodes({ database, clock }: PublishingNode, epoch: number): Promise<string[]> {
  const deadline = clock.now() + WAIT_MS;
  for (;;) {
    const { rows } = await database.app.query<{ id: string }>(
      'SELECT id FROM exchange.node WHERE epoch < $1 AND seen_at > now() - make_interval(secs => $2)',
      [epoch, LIVE_WITHIN_S],
    );
    if (rows.length === 0 || clock.now() >= deadline) return rows.map((row) => row.id);
    await pause(20);
  }
}
