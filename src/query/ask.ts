import type { Contract } from '../catalog/contract.js';
import type { Operator, Value } from '../standard/type.js';

/** `path` is a field (`born`) or relation and field (`household.division_code`). `in`/`nin` have an array. */
export interface Leaf {
  path: string;
  op: Operator;
  value: Value | readonly Value[];
}
/**
 * Two-valued: a leaf holds only where the value is present and compares (`null` apart), so `ne` and `nin` leave out absent values, and
 * `not` is a true complement.
 */
export type Condition = Leaf | { and: readonly Condition[] } | { or: readonly Condition[] } | { not: Condition };

export interface Selection {
  /** Field names in the order asked; undefined = every granted field. */
  fields: readonly string[] | undefined;
  /** Relation name → what of it. */
  relations: ReadonlyMap<string, Selection>;
}

/** Every granted field and no relation: what most asks want, one object for all of them. */
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
  /** `_id` as given. */
  | { kind: 'id'; id: string }
  /** Values of the contract's key, in the key's order, one ask per key (lookup has many). A malformed key is null. */
  | { kind: 'keys'; keys: readonly (readonly Value[] | null)[] };

/** What a protocol asks, with the protocol gone. REST and GraphQL make the same Ask for the same question. */
export interface Ask {
  contract: Contract;
  target: Target;
  selection: Selection;
  /** True where ungranted fields and relations are withheld instead of denying the whole (GraphQL). */
  partial: boolean;
}
