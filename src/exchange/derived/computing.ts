import type pg from 'pg';
import type { Keys } from '../../platform/keys/keys.js';
import type { Standard } from '../../standard/standard.js';
import type { GrantedRead } from './granted-reads.js';

/** The input of a derived dataset. */
export interface Computing {
  reads: readonly GrantedRead[];
  standard: Standard;
  keys: Pick<Keys, 'rowId'>;
  /** Asia/Shanghai. */
  today: string;
}

/** By field of the contract. */
export type DerivedRow = Record<string, unknown>;
export type ReadBatches = <R extends pg.QueryResultRow>(text: string, values: unknown[]) => AsyncGenerator<R[]>;

/** A derived dataset that can be read. */
export interface Computed {
  /** The fields that it will read, by dataset. */
  used: ReadonlyMap<GrantedRead, ReadonlySet<string>>;
  /** For the report: names, never a value. */
  notes: Record<string, unknown>;
  /** Rows without `found_on`. The first field of the contract is the key. */
  rows(read: ReadBatches, client: pg.ClientBase): AsyncGenerator<DerivedRow[]>;
}
