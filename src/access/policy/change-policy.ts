import type pg from 'pg';
import type { Actor, Receipt } from '../../audit/entry.js';
import type { AuditLog } from '../../audit/log.js';
import type { Clock } from '../../platform/clock.js';
import { Problem } from '../../platform/errors.js';
import type { Database } from '../../platform/postgres/database.js';
import { databaseProblem } from '../../platform/postgres/database-problem.js';
import type { Policy, PolicyIndex } from './policy.js';
import { type NewRecord, writeRecords } from './records.js';

export interface ChangeDependencies {
  database: Database;
  log: AuditLog;
  policy: Policy;
  clock: Clock;
}

/** Who orders a change, and in which request (UUID). */
export interface By {
  actor: Actor | null;
  request: string;
  /** Throws where the caller may not make the change (any more). Called again on the same index that the change is based on. */
  authorise?(): void;
}

export interface PolicyChange {
  /** The application that the change concerns. */
  clientId: string;
  by: By;
  /** The record to write, decided on an index that has every earlier commit. */
  make(index: PolicyIndex): Omit<NewRecord, 'actor' | 'request' | 'epoch'>;
}

export interface Changed {
  index: PolicyIndex;
  receipt: Receipt;
}

/** How often a change is decided again under many concurrent changes, before Problem `unavailable`. */
const ATTEMPTS = 8;

/** Changes on this node run one after the other: each needs a second connection for the index, and a full pool would wait for itself. */
const turns = new WeakMap<Policy, Promise<unknown>>();

/**
 * Makes one change for an application. It takes a lock on the application's name that all nodes share, and decides on an index with every earlier
 * commit, so that two changes can't both find a place free. It commits only if no other change came between: a caller disabled meanwhile changes
 * nothing. Returns when this node serves the change. A Problem thrown by `make` leaves nothing behind.
 */
export function changePolicy(dependencies: ChangeDependencies, change: PolicyChange): Promise<Changed> {
  const turn = (turns.get(dependencies.policy) ?? Promise.resolve())
    .catch(() => {})
    .then(() => decideAndWrite(dependencies, change));
  turns.set(dependencies.policy, turn);
  return turn;
}

async function decideAndWrite(dependencies: ChangeDependencies, change: PolicyChange): Promise<Changed> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const changed = await carryOut(dependencies, change);
    if (changed !== 'outdated') return changed;
  }
  throw new Problem('unavailable', 'The policy changes too quickly to decide. Try again.', { retryAfter: 1 });
}

async function carryOut(
  { database, log, policy }: ChangeDependencies,
  { clientId, by, make }: PolicyChange,
): Promise<Changed | 'outdated'> {
  const tx = await database.app.connect().catch((error: unknown) => Promise.reject(databaseProblem(error)));
  let broken: boolean | undefined;
  let decided = false;
  try {
    await tx.query('BEGIN');
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('exchange.application/' || $1, 0))`, [clientId]);
    const index = await policy.reach(await headEpoch(tx));
    by.authorise?.();
    const record = { ...make(index), actor: by.actor, request: by.request, epoch: index.epoch };
    decided = true;
    const { epoch, receipts } = await writeRecords(tx, log, [record]);
    await tx.query('COMMIT');
    return { index: await policy.reach(epoch), receipt: receipts[0]! };
  } catch (error) {
    await tx.query('ROLLBACK').catch(() => {
      broken = true;
    });
    if (decided && error instanceof Problem && error.code === 'conflict') return 'outdated';
    throw databaseProblem(error);
  } finally {
    tx.release(broken);
  }
}

async function headEpoch(tx: pg.ClientBase): Promise<number> {
  const { rows } = await tx.query<{ epoch: string }>(
    'SELECT policy_epoch::text AS epoch FROM audit.batch ORDER BY first DESC LIMIT 1',
  );
  return Number(rows[0]?.epoch ?? 0);
}
