import { boolean } from './types/boolean.js';
import { code } from './types/code.js';
import { date } from './types/date.js';
import { datetime } from './types/datetime.js';
import { decimal } from './types/decimal.js';
import { geometry } from './types/geometry.js';
import { identifier } from './types/identifier.js';
import { integer } from './types/integer.js';
import { listType } from './types/list.js';
import { month } from './types/month.js';
import { point } from './types/point.js';
import { text } from './types/text.js';
import type { FieldType, TypeName, ValueType } from './types/value-type.js';

export {
  type CodesSchema,
  type FieldType,
  MASKS,
  type Mask,
  OPERATORS,
  type Operator,
  type Value,
  type ValueSchema,
  type ValueType,
} from './types/value-type.js';

export const SENSITIVITIES = ['L1', 'L2', 'L3', 'L4'] as const;
export type Sensitivity = (typeof SENSITIVITIES)[number];

/**
 * The index of the types of the standard. Each file has everything about one type: column, deliveries, JSON, GraphQL,
 * filters, schemas, texts. All other code looks here and compares no type names: a second table would differ some day.
 */
export const TYPES: Readonly<Record<TypeName, ValueType>> = {
  text,
  code,
  integer,
  decimal,
  boolean,
  date,
  month,
  datetime,
  identifier,
  point,
  geometry,
  list: listType(typeOf),
};

export function typeOf(type: FieldType): ValueType {
  return TYPES[type.name];
}

/**
 * Whether its values can be compared with one another, in a filter, a key or a join. Points, geometries and lists
 * can't.
 */
export function isComparable(type: FieldType): boolean {
  return typeOf(type).operators.includes('eq');
}

export function isTypeName(name: string): name is TypeName {
  return Object.hasOwn(TYPES, name);
}

/**
 * Reads a type as written in `elements.csv`: `text:64`, `decimal:10,2`, `code`, `identifier:uscc`, `list:code`,
 * `identifier:resident-id or text:30`. `list` is the code list of a `code`. `A or text:N` is an identifier whose
 * checksum applies only if the row's `id_kind` is a resident identity card; numbers of other documents are text of up
 * to N characters. Returns undefined if the text is not a type.
 */
export function parseElementType(text: string, list?: string): FieldType | undefined {
  const [, either, length] = /^(identifier:[a-z-]+) or text:([1-9][0-9]{0,3})$/.exec(text) ?? [];
  if (either !== undefined) {
    const type = parseElementType(either);
    return type && { ...type, length: Number(length), kindField: 'id_kind' };
  }
  const [, name = '', parameter] = /^([a-z]+)(?::(.+))?$/.exec(text) ?? [];
  if (!isTypeName(name)) return undefined;
  if (TYPES[name].parameters.includes('of!')) {
    const of = parseElementType(parameter ?? '', list);
    return of === undefined || !isComparable(of) ? undefined : { name, of };
  }
  const parameters = TYPES[name].declared(parameter, list);
  return parameters && { name, ...parameters };
}
