import type { Mask } from '../../standard/type.js';
import type { Mode, RowScope } from './grant.js';

/** What is asked to be agreed. Everything else of a grant follows. */
export interface GrantDraft {
  application: string;
  /** `police/resident` */
  dataset: string;
  major: number;
  mode: Mode;
  fields: readonly string[];
  masks: Readonly<Record<string, Mask>>;
  rows: RowScope;
  purposes: readonly string[];
  legalBasis: string;
  requires?: { case?: boolean; operator?: boolean };
  /** RFC 3339; now where absent. */
  validFrom?: string;
  validUntil: string;
}
