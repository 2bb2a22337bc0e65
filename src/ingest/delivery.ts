import type pg from 'pg';
import type { DerivedCounts } from './derive/derivation.js';
import type { UnmappedCodes } from './judge/unmapped-codes.js';
import type { ShortQuality } from './quality/report.js';

/** Where a delivery stands. `receiving` covers validation: a row is validated as it is read. */
export type DeliveryState = 'receiving' | 'landed' | 'publishing' | 'published' | 'rejected' | 'failed' | 'cancelled';

/**
 * The one table of transitions. Nothing leaves an ended state. `publishing` is never committed: who cancels then makes its transaction roll
 * back, and the delivery goes from `landed`.
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
  /** Rows that are valid: published, unless the delivery was rejected as a whole. */
  accepted: number;
  rejected: number;
  inserted: number;
  updated: number;
  deleted: number;
}

export interface Report {
  /** Columns and properties that no field of the contract takes. */
  unmapped: readonly string[];
  /** Of those, the heading of the contract that was probably meant. Absent where there is none. */
  suggestions?: Readonly<Record<string, string>>;
  /** Own codes of the publisher that the contract maps to none of the standard. Absent where there are none. For the deliverer only. */
  unmappedValues?: readonly UnmappedCodes[];
  /** Fields that follow from others, in rows read. Absent where nothing was derived and nothing contradicted. */
  derived?: Readonly<Record<string, DerivedCounts>>;
  /** Rows by field and rule. */
  faults: readonly { field: string | null; rule: string; rows: number }[];
  /** Rows of a snapshot whose faulty new version was set aside: the old one stands. Absent where there are none. */
  kept?: number;
  /** What the source itself has to tell: sheets left out, counts reconciled. Names and counts, never a value. */
  source?: Readonly<Record<string, unknown>>;
  /** Rows of a delta whose key a later row of it has too: the last one of a key counts. Absent where there are none. */
  superseded?: number;
  /** The same file was published before, and its part has not changed since: no row was touched, the release is the earlier one. */
  unchanged?: { sameAs: string; release: number };
  /** Scores, and the rules that were broken; the whole report is at `/quality`. Absent where nobody could tell the rows apart. */
  quality?: ShortQuality;
  /** Why the delivery was rejected whole. */
  refused?: { rule: string; reason: string; line?: number };
}

/** What is known of a delivery; counts and report grow with its state. */
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
 * Moves a delivery on, and writes what is new with it. Throws where the table has no such transition or another hand has moved it: the
 * caller's transaction must not commit then.
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
