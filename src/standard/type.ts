/**
 * THE type table: what each type of the standard is in PostgreSQL, in JSON, in GraphQL, and in a filter.
 * Every other place asks this one; a second table would disagree with it one day.
 */
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

export type Sensitivity = 'L1' | 'L2' | 'L3' | 'L4';

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
  /** integer: 64 stores int8, and values beyond 2^53 travel as strings; otherwise int4. */
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

export interface TypeRule {
  /** PostgreSQL column type. */
  column(type: FieldType): string;
  /** How the text that PostgreSQL sends becomes JSON: `raw` as it is, `string` quoted, `boolean` t/f, `datetime` to RFC 3339 UTC, `integer` quoted beyond 2^53. */
  json: 'raw' | 'string' | 'boolean' | 'datetime' | 'integer';
  /** GraphQL output (and filter input) type. */
  graphql(type: FieldType): 'String' | 'Int' | 'Boolean' | 'JSON' | '[String]';
  operators: readonly Operator[];
  /** JSON Schema 2020-12 of one value that leaves. */
  schema(type: FieldType): Record<string, unknown>;
  /** True where the value compares as text by code point. */
  textual: boolean;
}

const EQUALITY = ['eq', 'ne', 'in', 'nin', 'null'] as const;
const ORDER = ['lt', 'lte', 'gt', 'gte'] as const;
const TEXT = ['contains', 'startswith'] as const;

const ordered = [...EQUALITY, ...ORDER];
const DATE = '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$';

export const TYPES: Readonly<Record<TypeName, TypeRule>> = {
  text: {
    column: () => 'text COLLATE "C"',
    json: 'string',
    graphql: () => 'String',
    operators: [...EQUALITY, ...TEXT],
    textual: true,
    schema: (t) => ({ type: 'string', ...(t.length === undefined ? {} : { maxLength: t.length }) }),
  },
  code: {
    column: () => 'text COLLATE "C"',
    json: 'string',
    graphql: () => 'String',
    operators: EQUALITY,
    textual: true,
    schema: () => ({ type: 'string', maxLength: 20 }),
  },
  integer: {
    column: (t) => (t.bits === 64 ? 'bigint' : 'integer'),
    json: 'integer',
    graphql: (t) => (t.bits === 64 ? 'String' : 'Int'),
    operators: ordered,
    textual: false,
    schema: (t) =>
      t.bits === 64
        ? { type: ['integer', 'string'], pattern: '^-?[0-9]{1,19}$' }
        : { type: 'integer', format: 'int32', minimum: -2147483648, maximum: 2147483647 },
  },
  decimal: {
    column: (t) => `numeric(${t.precision ?? 18},${t.scale ?? 2})`,
    json: 'string',
    graphql: () => 'String',
    operators: ordered,
    textual: false,
    schema: () => ({ type: 'string', maxLength: 40, pattern: '^-?[0-9]+(\\.[0-9]+)?$' }),
  },
  boolean: {
    column: () => 'boolean',
    json: 'boolean',
    graphql: () => 'Boolean',
    operators: EQUALITY,
    textual: false,
    schema: () => ({ type: 'boolean' }),
  },
  date: {
    column: () => 'date',
    json: 'string',
    graphql: () => 'String',
    operators: ordered,
    textual: false,
    schema: () => ({ type: 'string', format: 'date', maxLength: 10, pattern: DATE }),
  },
  month: {
    column: () => 'text COLLATE "C"',
    json: 'string',
    graphql: () => 'String',
    operators: ordered,
    textual: true,
    schema: () => ({ type: 'string', maxLength: 7, pattern: '^[0-9]{4}-(0[1-9]|1[0-2])$' }),
  },
  datetime: {
    column: () => 'timestamptz(3)',
    json: 'datetime',
    graphql: () => 'String',
    operators: ordered,
    textual: false,
    schema: () => ({ type: 'string', format: 'date-time', maxLength: 35 }),
  },
  identifier: {
    column: () => 'text COLLATE "C"',
    json: 'string',
    graphql: () => 'String',
    operators: EQUALITY,
    textual: true,
    schema: (t) =>
      t.kindField === undefined
        ? { type: 'string', maxLength: 18, pattern: '^[0-9A-Z]{18}$' }
        : { type: 'string', minLength: 1, maxLength: t.length ?? 30 },
  },
  point: {
    column: () => 'jsonb',
    json: 'raw',
    graphql: () => 'JSON',
    operators: ['null'],
    textual: false,
    schema: () => ({
      type: 'object',
      required: ['type', 'coordinates'],
      properties: {
        type: { const: 'Point', type: 'string' },
        coordinates: { type: 'array', items: { type: 'number', format: 'double' }, minItems: 2, maxItems: 2 },
      },
    }),
  },
  geometry: {
    column: () => 'jsonb',
    json: 'raw',
    graphql: () => 'JSON',
    operators: ['null'],
    textual: false,
    schema: () => ({ type: 'object', required: ['type'], properties: { type: { type: 'string', maxLength: 20 } } }),
  },
  list: {
    column: () => 'jsonb',
    json: 'raw',
    graphql: () => '[String]',
    operators: ['null'],
    textual: false,
    schema: (t) => ({ type: 'array', maxItems: 1000, items: t.of === undefined ? {} : TYPES[t.of.name].schema(t.of) }),
  },
};
