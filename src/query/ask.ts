import type { Contract } from '../catalog/contract.js';
import type { Operator, Value } from '../standard/type.js';

/** `path` is a field (`born`) or relation and field (`household.division_code`). `in` and `nin` have an array. */
export interface Leaf {
  path: string;
  op: Operator;
  value: Value | readonly Value[];
}
/**
 * Two-valued: a leaf is true only if the value is present and compares (except `null`). So `ne` and `nin` exclude
 * absent values, and `not` is an exact complement.
 */
export type Condition = Leaf | { and: readonly Condition[] } | { or: readonly Condition[] } | { not: Condition };

export interface Selection {
  /** Field names in the requested order; undefined: every granted field. */
  fields: readonly string[] | undefined;
  /** By relation name. */
  relations: ReadonlyMap<string, Selection>;
}

/** Every granted field and no relation. Most asks want this, so all share one object. */
export const EVERYTHING: Selection = { fields: undefined, relations: new Map() };

export type Target =
  | {
      kind: 'page';
      where: Condition | undefined;
      sort: { field: string; descending: boolean } | undefined;
      limit: number;
      cursor: string | undefined;
      count: 'none' | 'estimated' | 'exact';
    }
  /** `_id` as sent. */
  | { kind: 'id'; id: string }
  /** Values of the contract's key, in the key's order; a lookup has many. A malformed key is null. */
  | { kind: 'keys'; keys: readonly (readonly Value[] | null)[] };

/** A question without its protocol: REST and GraphQL make the same Ask for the same question. */
export interface Ask {
  contract: Contract;
  target: Target;
  selection: Selection;
  /** True: ungranted fields and relations are left out (GraphQL). False: they deny the whole ask. */
  partial: boolean;
}
