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

/** On whose word a change is made, and in which request (UUID). */
export interface By {
  actor: Actor | null;
  request: string;
  /** Throws where the caller may not (any more): asked again on the very index that the change is made upon. */
  authorise?(): void;
}

export interface PolicyChange {
  /** The application that the change concerns. */
  clientId: string;
  by: By;
  /** What is written, decided on an index that has everything committed before. */
  make(index: PolicyIndex): Omit<NewRecord, 'actor' | 'request' | 'epoch'>;
}

export interface Changed {
  index: PolicyIndex;
  receipt: Receipt;
}

/** Under a storm of changes one is decided again this often before it is given up as unavailable. */
const ATTEMPTS = 8;

/** Changes of this node go one after the other: each needs a second connection for the index, and a full pool would wait for itself. */
const turns = new WeakMap<Policy, Promise<unknown>>();

/**
 * One change to what concerns an application: under a lock on its name that all nodes share, on an index that has everything committed before, so that
 * two changes can't both find the place free, and committed only if no other came between: who was disabled meanwhile changes nothing. Returns when
 * this node serves the change. Problems thrown by `make` leave nothing behind.
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
