import type { FieldType, Mask, Sensitivity } from '../standard/type.js';
import type { SourceTerms } from './source-terms.js';

export interface Title {
  zh: string;
  en: string;
}

export interface Field {
  name: string;
  type: FieldType;
  required: boolean;
  title: Title;
  sensitivity: Sensitivity;
  /** The mask unless a grant says otherwise: `none` for L1 and L2 fields, never `none` for L3 and L4. */
  defaultMask: Mask;
  /** For the mask `division`: the field of the same row with the division code. Without one the mask hides. */
  divisionField?: string;
  /** The publisher's headings; the field's name where none is declared. */
  from: readonly string[];
  /** The publisher's codes → codes of the standard. */
  codes?: Readonly<Record<string, string>>;
  /** False for fields that the publisher adds to the entity. */
  standard: boolean;
}

/** To-one. `on`: own column → column of the target. */
export interface Relation {
  name: string;
  to: string;
  on: Readonly<Record<string, string>>;
}

export interface DeliveryTerms {
  modes: readonly ('snapshot' | 'delta')[];
  /** Fractions, 0 to 1. */
  rejectAtMost: number;
  deleteAtMost: number;
  source: SourceTerms;
}

/** One major version of a dataset, compiled from its catalog file. Immutable. */
export interface Contract {
  /** `police/resident/v1` */
  id: string;
  /** `police/resident` */
  name: string;
  publisher: string;
  dataset: string;
  major: number;
  minor: number;
  entity?: string;
  title: Title;
  summary: Title;
  resource: Readonly<Record<string, string>>;
  classification: Readonly<Record<string, string>>;
  sharing: Readonly<Record<string, unknown>> & { attribute: 'unconditional' | 'conditional' | 'none' };
  assessments: Readonly<Record<string, string>>;
  sourceOfTruth: boolean;
  key: readonly string[];
  subjects: readonly string[];
  partition?: string;
  /** The entity's elements in the standard's order, then the additions by name. */
  fields: ReadonlyMap<string, Field>;
  filterable: ReadonlySet<string>;
  sortable: ReadonlySet<string>;
  scopes: ReadonlySet<string>;
  relations: ReadonlyMap<string, Relation>;
  /** Own fields by which a relation leads to personal data or an address. Filled by the catalog, which knows the targets. */
  personalJoins: ReadonlySet<string>;
  statistics?: { by: readonly string[]; minimum: number };
  delivery: DeliveryTerms;
  /** Whether exact counts beyond 10,000 are allowed. */
  exactCount: boolean;
  /** Table in schema `data`: `police__resident`. History: `police__resident_history`. */
  table: string;
  /** True where rows are about people: the table has `minor_until`. */
  hasMinors: boolean;
  /** SHA-256 (hex) of the canonical document. */
  hash: string;
  /** The document as declared; scalars are strings, as written. */
  document: unknown;
}

export interface Publisher {
  slug: string;
  title: Title;
  /** Unified social credit code. */
  uscc: string;
  kind: 'department' | 'authorised-body' | 'enterprise';
}

export interface Purpose {
  code: string;
  title: Title;
  law: string;
}
