import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { DataValidateFunction } from 'ajv/dist/types/index.js';
import type { Contract, Field } from '../../catalog/contract.js';
import { isIdentifier } from '../../standard/identifier.js';
import type { Standard } from '../../standard/standard.js';
import type { FieldType } from '../../standard/type.js';
import { parseDate, parseDatetime, parseMonth } from './dates.js';

/** Validates one mapped row: an array of values in the order of the contract's fields. */
export type RowCheck = ValidateFunction<unknown[]>;

/**
 * Two schemas per contract, compiled once: for a row to store, and for a row that only names what to delete. A row is a
 * tuple, because an object with computed names costs more.
 */
export function compileRowChecks(contract: Contract, standard: Standard): { store: RowCheck; remove: RowCheck } {
  const fields = [...contract.fields.values()];
  const ajv = rowAjv(fields, standard);
  const tuple = (items: Record<string, unknown>[]) =>
    ajv.compile<unknown[]>({ type: 'array', prefixItems: items, minItems: items.length, items: false });
  const isKey = (field: Field) => contract.key.includes(field.name);
  return {
    store: tuple(
      fields.map((field) => ({
        ...fieldSchema(field.type, field.required || isKey(field), field.name),
        ...inForce(field.type, standard),
      })),
    ),
    remove: tuple(fields.map((field) => (isKey(field) ? fieldSchema(field.type, true, field.name) : {}))),
  };
}

function fieldSchema(type: FieldType, required: boolean, name: string): Record<string, unknown> {
  const as = (kind: string, more: Record<string, unknown>) => ({ type: required ? kind : [kind, 'null'], ...more });
  switch (type.name) {
    case 'text':
      return as('string', { storable: true, ...(type.length === undefined ? {} : { maxLength: type.length }) });
    case 'code':
      return as('string', { codeIn: type.list ?? '' });
    case 'integer':
      if (type.bits === 64) return as('string', { wholeNumber: true });
      return as('integer', { minimum: -2_147_483_648, maximum: 2_147_483_647 });
    case 'decimal':
      return as('string', { fits: [type.precision ?? 18, type.scale ?? 2] });
    case 'boolean':
      return as('boolean', {});
    case 'date':
    case 'month':
    case 'datetime':
      return as('string', { calendar: type.name });
    case 'identifier':
      return as('string', { storable: true, identifies: name });
    case 'point':
      return as('object', { geometry: 'point' });
    case 'geometry':
      return as('object', { geometry: 'any' });
    case 'list':
      return as('array', { maxItems: 1_000, items: fieldSchema(type.of ?? { name: 'text' }, true, name) });
  }
}

/** A retired code stays in the rows that have it, and a deletion may name it; a stored row needs codes in force. */
function inForce(type: FieldType, standard: Standard): Record<string, unknown> {
  const list = type.list ?? type.of?.list;
  const codes = list === undefined ? undefined : standard.codeLists.get(list)?.codes;
  const some = codes !== undefined && [...codes.values()].some(({ retired }) => retired);
  return some ? { [type.name === 'list' ? 'codesInForce' : 'codeInForce']: list } : {};
}

const CALENDAR = { date: parseDate, month: parseMonth, datetime: parseDatetime };
const INT64 = 9_223_372_036_854_775_807n;

function rowAjv(fields: readonly Field[], standard: Standard): Ajv2020 {
  // The schemas are built above, and strict mode checks them; the meta-schema would be compiled again per contract.
  const ajv = new Ajv2020({
    strict: true,
    allErrors: true,
    allowUnionTypes: true,
    verbose: true,
    validateSchema: false,
  });
  const keyword = <S>(name: string, type: 'string' | 'object' | 'array', compile: (schema: S) => Test) =>
    ajv.addKeyword({
      keyword: name,
      type,
      errors: false,
      compile: (schema: S) => compile(schema) as DataValidateFunction,
    });
  keyword('storable', 'string', () => isStorable);
  keyword('codeIn', 'string', (list: string) => {
    const codes = standard.lists.get(list);
    return (value) => codes?.has(value) ?? false;
  });
  const notRetired = (list: string) => {
    const codes = standard.codeLists.get(list)!.codes;
    return (code: unknown) => codes.get(code as string)?.retired !== true;
  };
  keyword('codeInForce', 'string', notRetired);
  keyword('codesInForce', 'array', (list: string) => {
    const inForce = notRetired(list);
    return (codes: unknown[]) => codes.every(inForce);
  });
  keyword('wholeNumber', 'string', () => (value) => {
    if (!/^-?\d{1,19}$/.test(value)) return false;
    const whole = BigInt(value);
    return whole <= INT64 && whole >= -INT64 - 1n;
  });
  keyword('fits', 'string', ([precision, scale]: [number, number]) => (value) => {
    const parts = /^-?0*(\d*)(?:\.(\d+?)0*)?$/.exec(value);
    if (parts === null || !/\d/.test(value)) return false;
    return parts[1]!.length <= precision - scale && (parts[2] ?? '').replace(/^0$/, '').length <= scale;
  });
  keyword('calendar', 'string', (kind: keyof typeof CALENDAR) => (value) => CALENDAR[kind](value) === value);
  keyword('identifies', 'string', (name: string) => {
    const type = fields.find((field) => field.name === name)!.type;
    const kindAt = fields.findIndex((field) => field.name === type.kindField);
    return (value, at) => isIdentifier(type, value, kindAt < 0 ? undefined : (at?.parentData[kindAt] as string | null));
  });
  keyword('geometry', 'object', (kind: 'point' | 'any') => (value) => isGeometry(value, kind === 'point'));
  return ajv;
}

type Test = (value: never, at?: { parentData: Record<number, unknown> }) => boolean;

/** PostgreSQL's text cannot hold NUL, nor UTF-8 half of a surrogate pair. */
function isStorable(value: string): boolean {
  return !value.includes('\0') && value.isWellFormed();
}

/** Depth of nested arrays in `coordinates` (RFC 7946). */
const DEPTH: Readonly<Record<string, number>> = {
  Point: 1,
  MultiPoint: 2,
  LineString: 2,
  MultiLineString: 3,
  Polygon: 3,
  MultiPolygon: 4,
};

function isGeometry(value: { type?: unknown; coordinates?: unknown }, pointOnly: boolean): boolean {
  const names = Object.keys(value);
  if (names.length !== 2 || typeof value.type !== 'string' || !Object.hasOwn(DEPTH, value.type)) return false;
  return (!pointOnly || value.type === 'Point') && isNested(value.coordinates, DEPTH[value.type]!);
}

function isNested(value: unknown, depth: number): boolean {
  if (!Array.isArray(value) || value.length === 0) return false;
  if (depth > 1) return value.every((part) => isNested(part, depth - 1));
  const [longitude, latitude] = value as unknown[];
  if (value.length < 2 || value.length > 3 || !value.every((part) => Number.isFinite(part))) return false;
  return Math.abs(longitude as number) <= 180 && Math.abs(latitude as number) <= 90;
}
