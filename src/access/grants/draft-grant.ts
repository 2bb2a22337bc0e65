import type { Mask } from '../../standard/type.js';
import type { Mode, RowScope } from './grant.js';

/** What somebody asks for. The exchange fills in the rest of the grant. */
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
  /** RFC 3339; default: now. */
  validFrom?: string;
  validUntil: string;
}
