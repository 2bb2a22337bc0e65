import type { Mask, Sensitivity } from '../../standard/type.js';

export const MODES = ['read', 'verify', 'statistics', 'export', 'changes', 'deliver'] as const;
export type Mode = (typeof MODES)[number];

export type ScopeTerm = { field: string; in: readonly string[] } | { field: string; prefix: readonly string[] };
/** All terms must hold (AND), over the contract's scope dimensions. An empty list gives no row. NULL is never in scope. */
export type RowScope = { all: true } | { scope: readonly ScopeTerm[] };

/** One version of a grant: a policy record of kind `grant`. Grants never merge. */
export interface Grant {
  id: string;
  version: number;
  /** clientId */
  application: string;
  /** `police/resident` */
  dataset: string;
  major: number;
  mode: Mode;
  fields: readonly string[];
  /** Names every L3 and L4 field of the grant; `none` means unmasked. `minors: none` lifts the children's mask. */
  masks: Readonly<Record<string, Mask>>;
  rows: RowScope;
  purposes: readonly string[];
  legalBasis: string;
  /** An opaque name. The linkage key is derived from it and the installation's key, so it is never stored. */
  linkage: string;
  requires: { case?: boolean; operator?: boolean };
  /** RFC 3339 UTC. */
  validFrom: string;
  validUntil: string;
  /** `suspended` for misuse until it is rectified, or by a new origin of the log until it is reopened. */
  status: 'active' | 'revoked' | 'suspended';
  /** Suspended for misuse: reopening after a new origin does not open it. */
  held?: boolean;
  /**
   * What the contract asked of each field when the grant was approved. Where today's contract asks for more, its mask applies beside the grant's.
   * Where it asks for less, the grant's masks stay. `issueGrant` always fills it; absent = agreed on the present contract.
   */
  approved?: Readonly<Record<string, { sensitivity: Sensitivity; mask: Mask }>>;
}
