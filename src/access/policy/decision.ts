import type { Contract, Field } from '../../catalog/contract.js';
import type { Fault, ProblemCode } from '../../platform/errors.js';
import type { Mask } from '../../standard/type.js';
import type { Grant } from '../grants/grant.js';

/** How one granted field may leave. `minorMask` masks it in rows about children (`none` where lifted, or for L1/L2 that join nothing personal). */
export interface FieldAccess {
  name: string;
  field: Field;
  mask: Mask;
  minorMask: Mask;
}

/** What one grant gives on one contract. Compiled once per grant version and contract hash. */
export interface Access {
  contract: Contract;
  grant: Grant;
  /** In the contract's order. */
  fields: ReadonlyMap<string, FieldAccess>;
  /**
   * The grant hides a key or a subject field, in every row or in those about children. So its rows have an order of their own for its linkage:
   * no position joins them with the rows of another grant.
   */
  ownOrder: boolean;
  /** `grant.id@version/contract.hash/personalJoins`: identifies everything compiled from this access. */
  key: string;
}

/** Accesses along the relations of an ask, by path (`household.house`). The root has path ''. */
export type AccessTree = ReadonlyMap<string, Access>;

export interface Permit {
  outcome: 'permit';
  rule: 'granted';
  reason: string;
  purpose: string;
  root: Access;
  access: AccessTree;
  /** Paths asked for but not granted, e.g. `name`, `household`, `household.address`. Only for asks that take what they can get (GraphQL). */
  withheld: ReadonlySet<string>;
  /** ms since the epoch after which this permit must not commit: the earliest of token expiry and `validUntil` of the grants. */
  notAfter: number;
}

export interface Denial {
  outcome: 'deny';
  /** The rule that denied: verb and noun, the name of its file. */
  rule: string;
  /** The true reason, for the sealed part only. */
  reason: string;
  /** The code that the caller gets. */
  code: ProblemCode;
  faults: readonly Fault[];
  /** The grant in question, where the caller may know of it. */
  grant?: Grant;
}

export type Decision = Permit | Denial;
