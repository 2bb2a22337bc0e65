import type { CodeList } from '../code-list.js';

export type TypeName =
  | 'text'
  | 'code'
  | 'integer'
  | 'decimal'
  | 'boolean'
  | 'date'
  | 'month'
  | 'datetime'
  | 'identifier'
  | 'point'
  | 'geometry'
  | 'list';

/** Masks keep the type of their field; `none` means unmasked. */
export const MASKS = ['none', 'hide', 'initial', 'id-number', 'phone', 'year', 'division', 'pseudonym'] as const;
export type Mask = (typeof MASKS)[number];

export const OPERATORS = ['eq', 'ne', 'lt', 'lte', 'gt', 'gte', 'in', 'nin', 'null', 'contains', 'startswith'] as const;
export type Operator = (typeof OPERATORS)[number];

/** A declared type with its parameters, for example `text:64` → `{ name: 'text', length: 64 }`. */
export interface FieldType {
  name: TypeName;
  /** text: maximum length in characters. identifier with kindField: of documents of other kinds. */
  length?: number;
  /** decimal. */
  precision?: number;
  scale?: number;
  /** integer: 64 stores int8, and its values travel as strings; otherwise int4. */
  bits?: 64;
  /** code, and list of code: the name of the code list. */
  list?: string;
  /** identifier: whose checksum. */
  scheme?: 'resident-id' | 'uscc';
  /** identifier: the field of the row that says which kind of document it is; the checksum holds for resident ids only (`isIdentifier`). */
  kindField?: string;
  /** list: what it is a list of (a scalar). */
  of?: FieldType;
}

/** A JSON Schema 2020-12 of a value. */
export type ValueSchema = Record<string, unknown>;
/** How a schema says that a value is a code of a list: by reference, by all its codes, or only by its length. */
export type CodesSchema = (list: string | undefined) => ValueSchema;

/** From what was sent to what is stored. What it cannot read it leaves as it was: the check then says what is wrong with it. */
export type ParseValue = (value: unknown) => unknown;

/** Why a value does not satisfy its type, in the words of a report; never the value. */
export interface ValueFault {
  rule: string;
  reason: string;
}

/** List → code → title. */
export type CodesByList = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** By what a value is judged, and where it is. */
export interface JudgedBy {
  standard: { lists: CodesByList; codeLists: ReadonlyMap<string, CodeList> };
  /** False where the row only names what is to be deleted: then a retired code is taken. */
  inForce: boolean;
  /** Position of a field in the row, or -1. */
  at(field: string): number;
}

/** What the compiled validator asks of a stored value: keywords of JSON Schema, and `must` for what they cannot say. */
export interface StoredSchema {
  type: 'string' | 'integer' | 'boolean' | 'object' | 'array';
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  maxItems?: number;
  items?: StoredSchema;
  /** `value` is of the type above. */
  must?: (value: never, row: readonly unknown[]) => ValueFault | undefined;
}

/** JavaScript from the expression of a column's text, as PostgreSQL sends it: to JSON text, and to a value. `str` and `time` are in scope. */
export interface JsonForm {
  write(text: string): string;
  read(text: string): string;
}

/** Typed by the contract: a number of an integer of 32 bits, a boolean, text of everything else. */
export type Value = string | number | boolean;

/** Everything about one type. Each stands in its own file; `type.ts` is their index. */
export interface ValueType {
  /** 中文, in templates. */
  title: string;
  /** A value that is nobody's, as a person writes it. */
  example(type: FieldType): string;
  /** The form that a filter value takes, as problems say it. */
  expected(type: FieldType): string;

  /** Parameters that a contract gives with it; `!` means required. */
  parameters: readonly string[];
  /** The type with its parameter as `elements.csv` writes it (`64` of `text:64`); undefined where that is none. */
  declared(parameter: string | undefined, list: string | undefined): Omit<FieldType, 'name'> | undefined;
  /** PostgreSQL column type. */
  column(type: FieldType): string;

  /** How deliveries are read: `codes` maps the publisher's own codes where the type has any. */
  parser(type: FieldType, codes: ParseValue): ParseValue;
  /** What a stored value satisfies. */
  stored(type: FieldType, judged: JudgedBy): StoredSchema;
  /** A stored value in PostgreSQL's COPY text format. */
  copy(value: never): string;

  json(type: FieldType): JsonForm;
  /** GraphQL scalar of a value, and of an item of a list. */
  graphql(type: FieldType): 'String' | 'Int' | 'Boolean' | 'JSON';
  /** Masks that fit it beside `none` and `hide`, and what leaves under each. */
  masks: Partial<Record<Mask, ValueSchema>>;
  /** What leaves unmasked. */
  schema(type: FieldType, codes: CodesSchema): ValueSchema;

  operators: readonly Operator[];
  /** A filter value from JSON (a body, a GraphQL variable); undefined where `operandSchema` does not take it. */
  operand(raw: unknown, type: FieldType, lists: CodesByList | undefined): Value | undefined;
  /** A filter value of a query string as the JSON that it means. */
  fromText?(text: string, type: FieldType): unknown;
  operandSchema(type: FieldType, codes: CodesSchema): ValueSchema;

  /** Codes of its own that a publisher's may be mapped to, with their titles. */
  codes?: ReadonlyMap<string, string>;
  /** A contract may sort by it; limit grants by it; name subjects by it. */
  sortable: boolean;
  scope: boolean;
  subject: boolean;
  /** What a value is a time of. */
  calendar?: 'day' | 'month' | 'instant';
  /** How values of two publishers compare: as they are, without regard to spaces, width and case, or not at all. */
  compared: 'exactly' | 'loosely' | 'never';
  /** Spreadsheets keep it as text: digits of a long number would be lost. */
  spreadsheetText: boolean;
}

export const EQUALITY = ['eq', 'ne', 'in', 'nin', 'null'] as const;
export const ORDER = ['lt', 'lte', 'gt', 'gte'] as const;
/** Of what is no scalar. */
export const PRESENCE = ['null'] as const;

/** PostgreSQL's text is JSON as it is. */
export const RAW: JsonForm = { write: (text) => text, read: (text) => `JSON.parse(${text})` };
export const QUOTED: JsonForm = { write: (text) => `str(${text})`, read: (text) => text };

/** Of types that `elements.csv` writes without a parameter. */
export const bare = (parameter: string | undefined): Omit<FieldType, 'name'> | undefined =>
  parameter === undefined ? {} : undefined;
