import type { Field } from '../catalog/contract.js';
import { Problem } from '../platform/errors.js';
import type { Standard } from '../standard/standard.js';
import { type FieldType, type Operator, TYPES, typeOf, type Value } from '../standard/type.js';

/** What a value is compared with, and how. */
export interface Operand {
  field: Field;
  op: Operator;
  /** Its code lists check codes. Without it, every code is accepted. */
  standard?: Standard;
  /** True for a query string or a path: the value is text, typed by the contract. */
  text?: boolean;
}

/**
 * One operand, from JSON (a body, GraphQL variables) or from text. `null` takes true or false. Throws Problem
 * `bad-value` with the expected form, never the value.
 */
export function parseValue({ field, op, standard, text = false }: Operand, raw: unknown): Value {
  const type = op === 'null' ? TYPES.boolean : typeOf(field.type);
  const json = text && typeof raw === 'string' && type.fromText !== undefined ? type.fromText(raw, field.type) : raw;
  const value = type.operand(json, field.type, standard?.lists);
  if (value === undefined) {
    throw new Problem('bad-value', `The value for ${field.name} has the wrong form.`, {
      faults: [{ parameter: field.name, reason: 'wrong form', expected: type.expected(field.type) }],
    });
  }
  if ((op === 'contains' || op === 'startswith') && [...String(value)].length < 2) {
    throw new Problem('bad-value', `${op} takes at least two characters.`, {
      faults: [{ parameter: field.name, reason: 'too short', expected: 'at least two characters' }],
    });
  }
  return value;
}

/** PostgreSQL type of one operand, for casts of parameters. */
export function operandType(type: FieldType): string {
  return typeOf(type)
    .column(type)
    .replace(' COLLATE "C"', '')
    .replace(/\(.*\)/, '');
}
