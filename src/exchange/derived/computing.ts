import type pg from 'pg';
import type { Keys } from '../../platform/keys.js';
import type { Standard } from '../../standard/standard.js';
import type { GrantedRead } from './granted-reads.js';

/** What a derived dataset is computed from. */
export interface Computing {
  reads: readonly GrantedRead[];
  standard: Standard;
  keys: Pick<Keys, 'rowId'>;
  /** Asia/Shanghai. */
  today: string;
}

/** By field of the contract. */
export type Row = Record<string, unknown>;
export type ReadBatches = <R extends pg.QueryResultRow>(text: string, values: unknown[]) => AsyncGenerator<R[]>;

/** A derived dataset, ready to be read. */
export interface Computed {
  /** What it will read: fields by dataset. */
  used: ReadonlyMap<GrantedRead, ReadonlySet<string>>;
  /** For the report: names, never a value. */
  notes: Record<string, unknown>;
  /** Rows but for `found_on`; the key is the first of the contract's. */
  rows(read: ReadBatches, client: pg.PoolClient): AsyncGenerator<Row[]>;
}
