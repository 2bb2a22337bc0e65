import type { Contract } from './contract.js';

/** A dataset that has a release, as rules and derivations read it. */
export interface ReleasedDataset {
  /** The newest one whose rows have landed. */
  contract: Contract;
  release: number;
  /** What SQL reads its rows from; it needs an alias. Its columns are `row_id` and the contract's fields. */
  rows: string;
}

/** The datasets of an entity of the standard. */
export type ReleasedDatasets = (entity: string) => readonly ReleasedDataset[];
