import type { Mode, RowScope } from '../../access/grants/grant.js';

/** What a demo grant gives; masks follow from the contract, and fields where none are named. */
export interface DemoGrant {
  dataset: string;
  major: number;
  mode: Mode;
  purpose: string;
  legalBasis: string;
  rows: RowScope;
  /** `default`: as the contract masks; `none`: unmasked, children included. */
  masks: 'default' | 'none';
  fields?: readonly string[];
  /** What each ask must state. */
  requires?: { case: boolean; operator: boolean };
}
