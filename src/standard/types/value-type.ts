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
  /** text: most characters. identifier with kindField: most characters for other kinds of documents. */
  length?: number;
  /** decimal. */
  precision?: number;
  scale?: number;
  /** integer: 64 is int8, and its values are strings in JSON; otherwise int4. */
  bits?: 64;
  /** code, and list of code: the name of the code list. */
  list?: string;
  /** identifier: which checksum. */
  scheme?: 'resident-id' | 'uscc';
  /** identifier: the field of the row with the kind of document; only resident ids have a checksum (`isIdentifier`). */
  kindField?: string;
  /** list: the type of its members (a scalar). */
  of?: FieldType;
}

/** A JSON Schema 2020-12 of a value. */
export type ValueSchema = Record<string, unknown>;
/** How a schema describes a code of a list: by reference, by all codes, or only by length. */
export type CodesSchema = (list: string | undefined) => ValueSchema;

/** Makes the stored value of what was sent. Unreadable values stay unchanged, and the check then reports them. */
export type ParseValue = (value: unknown) => unknown;

/** Why a value does not fit its type, for the report; never the value. */
export interface ValueFault {
  rule: string;
  reason: string;
}

/** List → code → title. */
type CodesByList = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** The context in which a value is judged. */
interface JudgedBy {
  standard: { lists: CodesByList; codeLists: ReadonlyMap<string, CodeList> };
  /** False for a row that only names what to delete: then a retired code is accepted. */
  inForce: boolean;
  /** Position of a field in the row, or -1. */
  at(field: string): number;
}

/** What the compiled validator checks of a stored value: keywords of JSON Schema, and `must` for the rest. */
export interface StoredSchema {
  type: 'string' | 'integer' | 'boolean' | 'object' | 'array';
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  maxItems?: number;
  items?: StoredSchema;
  /** `value` has the type above. */
  must?: (value: never, row: readonly unknown[]) => ValueFault | undefined;
}

/**
 * JavaScript that turns the text from PostgreSQL into JSON text (`write`) or a value (`read`). `str` and `time` are in
 * scope.
 */
export interface JsonForm {
  write(text: string): string;
  read(text: string): string;
}

/** Typed by the contract: a number for a 32-bit integer, a boolean, otherwise text. */
export type Value = string | number | boolean;

/** Everything about one type, in its own file; `type.ts` is the index. */
export interface ValueType {
  /** 中文, in templates. */
  title: string;
  /** An invented value, as a person writes it. */
  example(type: FieldType): string;
  /** The form of a filter value, for problems. */
  expected(type: FieldType): string;

  /** Parameters that a contract gives; `!` means required. */
  parameters: readonly string[];
  /** The type with its parameter as in `elements.csv` (`64` of `text:64`); undefined if the parameter is wrong. */
  declared(parameter: string | undefined, list: string | undefined): Omit<FieldType, 'name'> | undefined;
  /** PostgreSQL column type. */
  column(type: FieldType): string;

  /** Parses values of deliveries; `codes` maps the publisher's own codes, if the type has codes. */
  parser(type: FieldType, codes: ParseValue): ParseValue;
  /** The check of a stored value. */
  stored(type: FieldType, judged: JudgedBy): StoredSchema;
  /** A stored value in PostgreSQL's COPY text format. */
  copy(value: never): string;

  json(type: FieldType): JsonForm;
  /** GraphQL scalar of a value, and of an item of a list. */
  graphql(type: FieldType): 'String' | 'Int' | 'Boolean' | 'JSON';
  /** Its masks besides `none` and `hide`, with the schema of their output. */
  masks: Partial<Record<Mask, ValueSchema>>;
  /** The schema of an unmasked value. */
  schema(type: FieldType, codes: CodesSchema): ValueSchema;

  operators: readonly Operator[];
  /** A filter value from JSON (a body, a GraphQL variable); undefined if `operandSchema` refuses it. */
  operand(raw: unknown, type: FieldType, lists: CodesByList | undefined): Value | undefined;
  /** The JSON meaning of a filter value in a query string. */
  fromText?(text: string, type: FieldType): unknown;
  operandSchema(type: FieldType, codes: CodesSchema): ValueSchema;

  /** The type's own codes with titles: contracts can map a publisher's codes to them. */
  codes?: ReadonlyMap<string, string>;
  /** Contracts may sort by it, limit grants by it, and identify subjects by it. */
  sortable: boolean;
  scope: boolean;
  subject: boolean;
  /** The kind of time that a value is. */
  calendar?: 'day' | 'month' | 'instant';
  /** How values of two publishers are compared: exactly, without regard to spaces, width and case, or never. */
  compared: 'exactly' | 'loosely' | 'never';
  /** Spreadsheets must store it as text: they would lose digits of a long number. */
  spreadsheetText: boolean;
}

export const EQUALITY = ['eq', 'ne', 'in', 'nin', 'null'] as const;
export const ORDER = ['lt', 'lte', 'gt', 'gte'] as const;
/** For types that are not scalar. */
export const PRESENCE = ['null'] as const;

/** PostgreSQL's text is already JSON. */
export const RAW: JsonForm = { write: (text) => text, read: (text) => `JSON.parse(${text})` };
export const QUOTED: JsonForm = { write: (text) => `str(${text})`, read: (text) => text };

/** For types without a parameter in `elements.csv`. */
export const bare = (parameter: string | undefined): Omit<FieldType, 'name'> | undefined =>
  parameter === undefined ? {} : undefined;
