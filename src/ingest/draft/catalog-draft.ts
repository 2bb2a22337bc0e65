import type { Title } from '../../catalog/contract.js';
import type { ContractDocument } from '../../catalog/contract-document.js';
import type { Mask, Sensitivity } from '../../standard/type.js';

/** How sure a suggestion is, 0 to 1, and why. */
interface Suggested {
  certainty: number;
  reasons: readonly Title[];
}

export interface CodeDraft {
  /** The publisher's. */
  word: string;
  /** The standard's; null where none is alike. */
  code: string | null;
  title: string | null;
  certainty: number;
}

export interface ColumnDraft extends Suggested {
  heading: string;
  /** Name of the field in the contract. */
  field: string;
  /** `person.name`; null where the standard has none that is alike. */
  element: string | null;
  /** False for a field beyond the entity of the draft. */
  standard: boolean;
  /** As in `elements.csv`. */
  type: string;
  /** Rows without a value. */
  empty: number;
  /** Whether no two rows have the same; null where that was not watched to the end. */
  unique: boolean | null;
  sensitivity: Sensitivity;
  mask: Mask;
  filterable: boolean;
  sortable: boolean;
  scope: boolean;
  /** Null for a field without codes. */
  codes: readonly CodeDraft[] | null;
  /** Values that each occur in many rows and name nobody; else empty. */
  values: readonly { value: string; rows: number }[];
  /** Invented, never of the file. */
  sample: string;
}

export interface KeyDraft extends Suggested {
  fields: readonly string[];
}

/** What the draft leaves to a person. */
export interface OpenDecision extends Title {
  /** JSON Pointer into the contract. */
  path: string;
  /** Article, where a law asks for it. */
  basis: string | null;
}

/** A contract as far as a table shows it. Holds no row of the table. */
export interface CatalogDraft {
  /** Rows looked at. */
  rows: number;
  /** False where the table has more. */
  complete: boolean;
  /** Rows that can't be read. */
  broken: number;
  entity: (Suggested & { name: string; title: Title }) | null;
  columns: readonly ColumnDraft[];
  keys: readonly KeyDraft[];
  decisions: readonly OpenDecision[];
  /** Lacks what a person decides. */
  document: Partial<ContractDocument> & Pick<ContractDocument, 'dataset' | 'version' | 'fields'>;
  /** The document as YAML, with the decisions as comments. */
  yaml: string;
}
