import type pg from 'pg';
import type { DerivedCounts } from './derive/derivation.js';
import type { UnmappedCodes } from './judge/unmapped-codes.js';
import type { ShortQuality } from './quality/report.js';

/** State of a delivery. `receiving` covers validation: a row is validated as it is read. */
export type DeliveryState = 'receiving' | 'landed' | 'publishing' | 'published' | 'rejected' | 'failed' | 'cancelled';

/**
 * The one table of transitions; an ended state has none. `publishing` is never committed: a cancellation rolls its
 * transaction back, and the delivery continues from `landed`.
 */
const TRANSITIONS: Readonly<Record<DeliveryState, readonly DeliveryState[]>> = {
  receiving: ['landed', 'rejected', 'failed', 'cancelled'],
  landed: ['publishing', 'failed', 'cancelled'],
  publishing: ['published', 'rejected', 'failed'],
  published: [],
  rejected: [],
  failed: [],
  cancelled: [],
};

export interface Counts {
  received: number;
  /** Valid rows: published, unless the delivery was rejected whole. */
  accepted: number;
  rejected: number;
  inserted: number;
  updated: number;
  deleted: number;
}

export interface Report {
  /** Columns and properties that fill no field of the contract. */
  unmapped: readonly string[];
  /** The probable heading of the contract for each of them. Absent where there is none. */
  suggestions?: Readonly<Record<string, string>>;
  /** Codes of the publisher that the contract does not map. Absent where there are none. Only for the deliverer. */
  unmappedValues?: readonly UnmappedCodes[];
  /** Derived fields, in rows read. Absent where nothing was derived and nothing differed. */
  derived?: Readonly<Record<string, DerivedCounts>>;
  /** Rows by field and rule. */
  faults: readonly { field: string | null; rule: string; rows: number }[];
  /** Rows of a snapshot that keep their old version because the new one was set aside. Absent where there are none. */
  kept?: number;
  /** The source's own notes: charset, misread rows, ignored sheets, reconciled counts. Names and counts, never a value. */
  source?: Readonly<Record<string, unknown>>;
  /** Rows of a delta that a later row of the same key replaces. Absent where there are none. */
  superseded?: number;
  /** The same file was published before and its part is unchanged: no row changes; the release is the earlier one. */
  unchanged?: { sameAs: string; release: number };
  /** Scores and broken rules; the whole report is at `/quality`. Absent where the rows could not be separated. */
  quality?: ShortQuality;
  /** Why the delivery was rejected whole. */
  refused?: { rule: string; reason: string; line?: number };
}

/** A delivery; its counts and report are filled as its state advances. */
export interface Delivery {
  id: string;
  lineageId: number;
  mode: 'snapshot' | 'delta';
  state: DeliveryState;
  /** `sha-256=:…:` of the body as sent. */
  digest: string | null;
  counts: Counts;
  release: number | null;
  report: Report | null;
}

export const NO_COUNTS: Counts = { received: 0, accepted: 0, rejected: 0, inserted: 0, updated: 0, deleted: 0 };

type Changes = Partial<Pick<Delivery, 'digest' | 'counts' | 'release' | 'report'>> & { bytes?: number };

/**
 * Advances a delivery and stores the changes. Throws where the table has no such transition, or another process
 * advanced it: the caller's transaction must then not commit.
 */
export async function advance(
  client: pg.ClientBase | pg.Pool,
  delivery: Delivery,
  to: DeliveryState,
  changes: Changes = {},
): Promise<Delivery> {
  if (!TRANSITIONS[delivery.state].includes(to))
    throw new Error(`A delivery never goes from ${delivery.state} to ${to}`);
  const next = { ...delivery, ...changes, state: to };
  const { counts } = next;
  const { rowCount } = await client.query(
    `UPDATE exchange.delivery SET state = $3, digest = $4, received = $5, accepted = $6, rejected = $7, inserted = $8, updated = $9,
       deleted = $10, release = $11, report = $12, bytes = COALESCE($13, bytes),
       ended_at = CASE WHEN $14 THEN clock_timestamp() END
     WHERE id = $1 AND state = $2`,
    [
      delivery.id,
      delivery.state,
      to,
      next.digest,
      counts.received,
      counts.accepted,
      counts.rejected,
      counts.inserted,
      counts.updated,
      counts.deleted,
      next.release,
      next.report === null ? null : JSON.stringify(next.report),
      changes.bytes ?? null,
      TRANSITIONS[to].length === 0,
    ],
  );
  if (rowCount !== 1) throw new Error('The delivery was moved by another hand');
  return next;
}
