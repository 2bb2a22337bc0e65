import type { Mode, RowScope } from '../../access/grants/grant.js';

/** A demo grant. Masks follow from the contract; so do fields where none are named. */
export interface DemoGrant {
  dataset: string;
  major: number;
  mode: Mode;
  purpose: string;
  legalBasis: string;
  rows: RowScope;
  /** `default`: masked as in the contract; `none`: unmasked, including children. */
  masks: 'default' | 'none';
  fields?: readonly string[];
  /** What each request must state. */
  requires?: { case: boolean; operator: boolean };
}
