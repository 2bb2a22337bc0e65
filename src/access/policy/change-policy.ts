import type pg from 'pg';
import type { Actor, Receipt } from '../../audit/entry.js';
import type { AuditLog } from '../../audit/log.js';
import { recorded } from '../../audit/recorded.js';
import type { Queryable } from '../../audit/tree/stored-tree.js';
import type { Clock } from '../../platform/clock.js';
import { itemAt } from '../../platform/known.js';
import type { Database } from '../../platform/postgres/database.js';
import { databaseProblem } from '../../platform/postgres/database-problem.js';
import { inTransaction } from '../../platform/postgres/in-transaction.js';
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

export type NewChange = Omit<NewRecord, 'actor' | 'request' | 'epoch'>;

/**
 * The record to write, or several that are written together, decided on an index that has every earlier commit. What it writes by `tx` commits together
 * with the records, or not at all.
 */
export type MakeRecord = (
  index: PolicyIndex,
  tx: pg.ClientBase,
) => NewChange | readonly NewChange[] | Promise<readonly NewChange[]>;

export interface Changed {
  index: PolicyIndex;
  /** The receipt of the last record. */
  receipt: Receipt;
}

/** Changes on this node run one after the other: in parallel each would overtake the others. */
const turns = new WeakMap<Policy, Promise<unknown>>();

/**
 * Makes one change of the policy. It decides on an index with every commit before the call, and commits only if no other change came between: two
 * changes can't both find a place free, and a caller disabled meanwhile changes nothing. Returns when this node serves the change. A Problem thrown
 * by `make` leaves nothing behind.
 */
export function changePolicy(dependencies: ChangeDependencies, by: By, make: MakeRecord): Promise<Changed> {
  const turn = (turns.get(dependencies.policy) ?? Promise.resolve())
    .catch(() => {})
    .then(() => decideAndWrite(dependencies, by, make))
    .catch((error: unknown) => Promise.reject(databaseProblem(error)));
  turns.set(dependencies.policy, turn);
  return turn;
}

async function decideAndWrite(
  { database, log, policy }: ChangeDependencies,
  { actor, request, authorise }: By,
  make: MakeRecord,
): Promise<Changed> {
  await policy.reach(await headEpoch(database.app));
  const { epoch, receipts } = await recorded(
    policy,
    (index) => {
      authorise?.();
      return index;
    },
    (index) =>
      inTransaction(database.app, async (tx) => {
        const changes = [await make(index, tx)].flat();
        const records = changes.map((change) => ({ ...change, actor, request, epoch: index.epoch }));
        return writeRecords(tx, log, records);
      }),
  );
  return { index: await policy.reach(epoch), receipt: itemAt(receipts, receipts.length - 1) };
}

/** The newest committed epoch. */
export async function headEpoch(database: Queryable): Promise<number> {
  const { rows } = await database.query<{ epoch: string }>(
    'SELECT policy_epoch::text AS epoch FROM audit.batch ORDER BY first DESC LIMIT 1',
  );
  return Number(rows[0]?.epoch ?? 0);
}
