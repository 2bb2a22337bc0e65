import type { Contract } from '../../catalog/contract.js';
import type { Fault, ProblemCode } from '../../platform/errors.js';
import type { Mask } from '../../standard/type.js';
import type { Grant } from '../grants/grant.js';

/** How one granted field may leave. `minorMask` is what masks it in rows about children (none where lifted or L1/L2). */
export interface FieldAccess {
  name: string;
  mask: Mask;
  minorMask: Mask;
}

/** What one grant gives on one contract, compiled once per (grant version, contract hash). */
export interface Access {
  contract: Contract;
  grant: Grant;
  /** In the contract's order. */
  fields: ReadonlyMap<string, FieldAccess>;
  /** `grant.id@version/contract.hash`: the identity of everything compiled from this access. */
  key: string;
}

/** Accesses along the relations that an ask uses: path `household.house` → Access. The root stands under ''. */
export type AccessTree = ReadonlyMap<string, Access>;

export interface Permit {
  outcome: 'permit';
  rule: 'granted';
  reason: string;
  purpose: string;
  access: AccessTree;
  /** Only for asks that take what they can get (GraphQL): paths that were asked and not granted, e.g. `name`, `household`, `household.address`. */
  withheld: ReadonlySet<string>;
  /** ms since the epoch after which this permit must not commit: min of token expiry and validUntil of the grants. */
  notAfter: number;
}

export interface Denial {
  outcome: 'deny';
  /** The rule that denied: verb + noun, the name of its file. */
  rule: string;
  /** The true reason: for the sealed part only. */
  reason: string;
  /** What the caller is told. */
  code: ProblemCode;
  faults: readonly Fault[];
  /** The grant that was looked at, where the caller may know of it. */
  grant?: Grant;
}

export type Decision = Permit | Denial;
