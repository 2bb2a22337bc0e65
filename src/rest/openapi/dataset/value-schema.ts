import type { TSchema } from 'typebox';
import type { Field } from '../../../catalog/contract.js';
import type { CodeList } from '../../../standard/code-list.js';
import type { Standard } from '../../../standard/standard.js';
import { type FieldType, type Operator, TYPES } from '../../../standard/type.js';
import { boolean, list, orNull, pattern, refTo, text } from '../../shapes.js';
import { codeListName } from '../names.js';

/** Values of one `in` or `nin` in a URL. */
const IN_URL_AT_MOST = 100;
/** Characters of a pseudonym, which may stand for a text or an identifier. */
const PSEUDONYM = 32;
const TEXT_AT_MOST = 1_000;
const CODE_AT_MOST = 20;

/** One field of a row as it may leave: null, or a value, or a masked value of the same type. */
export function fieldSchema(field: Field): TSchema {
  return {
    ...orNull(valueSchema(field.type)),
    title: `${field.title.zh} ${field.title.en}`.trim(),
    'x-sensitivity': field.sensitivity,
    ...(field.defaultMask === 'none' ? {} : { 'x-default-mask': field.defaultMask }),
    ...(field.standard ? {} : { 'x-beyond-standard': true }),
  };
}

/** Looser than the type table where masks change the form: 110101************ is no identifier, a pseudonym is 32 characters of hex. */
function valueSchema(type: FieldType): TSchema {
  switch (type.name) {
    case 'code':
      return type.list === undefined ? text(CODE_AT_MOST) : refTo(codeListName(type.list));
    case 'text':
      return text(Math.max(type.length ?? TEXT_AT_MOST, PSEUDONYM));
    case 'identifier':
      return text(Math.max(type.length ?? 18, PSEUDONYM));
    case 'integer':
      if (type.bits !== 64) break;
      return {
        type: ['integer', 'string'],
        format: 'int64',
        minimum: Number.MIN_SAFE_INTEGER,
        maximum: Number.MAX_SAFE_INTEGER,
        maxLength: 20,
        pattern: '^-?[0-9]{1,19}$',
        description: 'A string beyond 2^53.',
      };
    case 'list':
      return list(type.of === undefined ? {} : valueSchema(type.of), TEXT_AT_MOST);
    case 'point':
      return geojson(['Point']);
    case 'geometry':
      return geojson(['Point', 'MultiPoint', 'LineString', 'MultiLineString', 'Polygon', 'MultiPolygon']);
  }
  return TYPES[type.name].schema(type);
}

/** RFC 7946 */
function geojson(types: readonly string[]): TSchema {
  return {
    type: 'object',
    required: ['type', 'coordinates'],
    properties: { type: { type: 'string', enum: types }, coordinates: { type: 'array', maxItems: 100_000, items: {} } },
  };
}

/** The operand of a filter, as one value of a query string or of a body. */
export function operandSchema(field: Field, op: Operator): TSchema {
  if (op === 'null') return boolean;
  if (op === 'in' || op === 'nin') return list(scalarSchema(field.type), IN_URL_AT_MOST, { minItems: 1 });
  if (op === 'contains' || op === 'startswith') return text(TEXT_AT_MOST, { minLength: 2 });
  return scalarSchema(field.type);
}

export function scalarSchema(type: FieldType): TSchema {
  switch (type.name) {
    case 'code':
      return type.list === undefined ? text(TEXT_AT_MOST) : refTo(codeListName(type.list));
    case 'text':
      return text(TEXT_AT_MOST);
    case 'identifier':
      return pattern('^[0-9A-Za-z]{18}$', 18);
    case 'decimal':
      return pattern('^-?[0-9]{1,30}(\\.[0-9]{1,20})?$', 52);
    case 'integer':
      if (type.bits === 64) return pattern('^-?[0-9]{1,19}$', 20);
  }
  return TYPES[type.name].schema(type);
}

/** One component for each code list that the fields use. Retired codes are in it: rows may hold them. */
export function codeListSchemas(types: Iterable<FieldType>, standard: Standard): Record<string, TSchema> {
  const schemas: Record<string, TSchema> = {};
  for (const type of types) {
    const named = type.name === 'list' ? type.of : type;
    if (named?.name !== 'code' || named.list === undefined) continue;
    const codes = standard.codeLists.get(named.list);
    schemas[codeListName(named.list)] =
      codes === undefined ? text(CODE_AT_MOST) : { type: 'string', title: named.list, ...described(codes) };
  }
  return schemas;
}

function described({ codes }: CodeList): TSchema {
  const told = [...codes].map(([code, { title, retired }]) => `${code} ${title.zh}${retired ? ' (retired)' : ''}`);
  return { enum: [...codes.keys()], description: told.join('; ') };
}
