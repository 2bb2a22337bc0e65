import type { TSchema } from 'typebox';
import { canApply } from '../../../access/grants/masks.js';
import type { Field } from '../../../catalog/contract.js';
import { ASK_LIMITS } from '../../../query/limits.js';
import type { CodeList } from '../../../standard/code-list.js';
import { maskedSchema } from '../../../standard/mask.js';
import type { Standard } from '../../../standard/standard.js';
import {
  type CodesSchema,
  type FieldType,
  MASKS,
  type Operator,
  typeOf,
  type ValueSchema,
} from '../../../standard/type.js';
import { anyCode } from '../../../standard/types/code.js';
import { storableSchema } from '../../../standard/types/plain-text.js';
import { boolean, list, orNull, refTo } from '../../shapes.js';
import { codeListName } from '../names.js';

/** `contains` and `startswith` need two characters or more. */
const PART_AT_LEAST = 2;

const codes: CodesSchema = (list) => (list === undefined ? anyCode : { ...refTo(codeListName(list)) });

/** One field of a row as it may leave: null, a value, or the output of any mask. */
export function fieldSchema(field: Field): TSchema {
  return {
    ...orNull(anySchema(field)),
    title: `${field.title.zh} ${field.title.en}`.trim(),
    'x-sensitivity': field.sensitivity,
    ...(field.defaultMask === 'none' ? {} : { 'x-default-mask': field.defaultMask }),
    ...(field.standard ? {} : { 'x-beyond-standard': true }),
  };
}

/**
 * Looser than one caller's view: 110101************ is not an identifier, and a pseudonym is 32 characters of hex.
 * `…/schema` is exact.
 */
function anySchema(field: Field): ValueSchema {
  const plain = typeOf(field.type).schema(field.type, codes);
  const fitting = MASKS.filter((mask) => canApply(mask, field));
  const masked = fitting.map((mask) => maskedSchema(mask, field.type, plain) ?? {});
  if (masked.every((schema) => schema === plain || !('maxLength' in schema)) || 'format' in plain) return plain;
  return storableSchema(Math.max(...masked.map(({ maxLength = 0 }) => Number(maxLength))));
}

/** The operand of a filter, as one value of a query string or of a body. */
export function operandSchema(field: Field, op: Operator): TSchema {
  if (op === 'null') return boolean;
  const value = scalarSchema(field.type);
  if (op === 'in' || op === 'nin') return list(value, ASK_LIMITS.urlListValues, { minItems: 1 });
  return op === 'contains' || op === 'startswith' ? { ...value, minLength: PART_AT_LEAST } : value;
}

export function scalarSchema(type: FieldType): TSchema {
  return typeOf(type).operandSchema(type, codes);
}

/** One component for each code list of the fields. Retired codes are included: rows may have them. */
export function codeListSchemas(types: Iterable<FieldType>, standard: Standard): Record<string, TSchema> {
  const schemas: Record<string, TSchema> = {};
  for (const type of types) {
    const { list } = type.of ?? type;
    if (list === undefined) continue;
    const known = standard.codeLists.get(list);
    schemas[codeListName(list)] = known === undefined ? anyCode : { type: 'string', title: list, ...described(known) };
  }
  return schemas;
}

function described({ codes }: CodeList): TSchema {
  const told = [...codes].map(([code, { title, retired }]) => `${code} ${title.zh}${retired ? ' (retired)' : ''}`);
  return { enum: [...codes.keys()], description: told.join('; ') };
}
