import type { Permit } from '../access/policy/decision.js';

/** Rows of one ask as they may leave: masked, in order, bounded. */
export interface Rows {
  permit: Permit;
  /** Release of the root dataset, selected in the same statement. */
  release: number;
  length: number;
  /** JSON text of row i, `{"_id":…}`: the only text that REST sends. */
  json(i: number): string;
  /** The same row as an object (nested relations as objects or null), for GraphQL resolvers. */
  object(i: number): Record<string, unknown>;
  /** page: decided by one row more than the limit. */
  hasMore: boolean;
  /** page: opaque cursor standing behind row i. */
  cursor(i: number): string;
  /** page: as asked; null where count is none. */
  count: number | { atLeast: number } | null;
  /** keys: index of the row that answers the k-th key, or -1. */
  ofKey(k: number): number;
  /** Packed row_id (16 bytes each) that left, per access of the permit's tree, in its order. */
  packed(): Buffer[];
}
