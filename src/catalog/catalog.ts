import type { Contract, Publisher, Purpose } from './contract.js';

/** An immutable snapshot of everything published. A change makes a new one. */
export interface Catalog {
  /** By id, `police/resident/v1`. */
  readonly contracts: ReadonlyMap<string, Contract>;
  readonly publishers: ReadonlyMap<string, Publisher>;
  readonly purposes: ReadonlyMap<string, Purpose>;
  /** SHA-256 (hex) over the contracts' hashes: changes when any contract does. */
  readonly hash: string;
}
