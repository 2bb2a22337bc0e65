import type pg from 'pg';
import { liveTable } from '../../catalog/table.js';
import { oneRow } from '../../platform/postgres/one-row.js';
import { digestFromSums, type KeyDigest } from '../judge/key-digest.js';
import type { Validator } from '../judge/validator.js';
import { stagingTable } from '../land/staging.js';

/** 对账: compares the rows accepted while reading with the rows in the release. */
export interface Reconciled {
  /** Keys of this delivery in the release. */
  published: KeyDigest;
  /** Accepted rows whose key was repeated or belongs to another part: set aside, or replaced by a later row. */
  repeated: number;
  ok: boolean;
}

export interface Reconciling {
  deliveryId: string;
  validator: Validator;
  /** Digest of the rows that passed validation. */
  taken: KeyDigest;
}

/** Runs in the transaction of the release, after its rows and before staging is dropped. */
export async function reconcile(tx: pg.ClientBase, { deliveryId, validator, taken }: Reconciling): Promise<Reconciled> {
  const sums = await tx.query<{ keys: string; digest: string }>(
    `SELECT count(*) AS keys, COALESCE(sum(('x' || left(replace(t.row_id::text, '-', ''), 16))::bit(64)::bigint), 0)::text AS digest
     FROM ${liveTable(validator.contract)} t
     WHERE EXISTS (SELECT FROM ${stagingTable(deliveryId)} s WHERE s.row_id = t.row_id AND s."_mark" = 'u')`,
  );
  const { keys, digest } = oneRow(sums, 'digest');
  const published = digestFromSums(keys, digest);
  const repeated = taken.rows - published.rows;
  // A sum does not show which rows were repeated: with repetitions only the counts are compared.
  return { published, repeated, ok: repeated > 0 || (repeated === 0 && taken.digest === published.digest) };
}
