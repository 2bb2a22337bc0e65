import type { Field } from '../catalog/contract.js';
import { Problem } from '../platform/errors.js';
import type { Standard } from '../standard/standard.js';
import { type FieldType, type Operator, TYPES } from '../standard/type.js';
import type { Value } from './ask.js';

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const MONTH = /^\d{4}-(0[1-9]|1[0-2])$/;
/** Offsets as far as there are any on earth; PostgreSQL refuses those from 16 hours on. */
const DATETIME = /^\d{4}-\d{2}-\d{2}T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?(Z|[+-](0\d|1[0-4]):[0-5]\d)$/;
const DECIMAL = /^-?\d{1,30}(\.\d{1,20})?$/;
const INTEGER = /^-?\d{1,19}$/;
const IDENTIFIER = /^[0-9A-Z]{18}$/;
const MAX_TEXT = 1000;

/** What a person is told of the form a value of this type takes. */
function expectedForm(type: FieldType): string {
  switch (type.name) {
    case 'integer':
      return type.bits === 64 ? 'a whole number of at most 64 bits' : 'a whole number from -2147483648 to 2147483647';
    case 'decimal':
      return 'a decimal number such as 12.50';
    case 'boolean':
      return 'true or false';
    case 'date':
      return 'a date such as 2026-01-31';
    case 'month':
      return 'a month such as 2026-01';
    case 'datetime':
      return 'an RFC 3339 time such as 2026-01-31T08:00:00Z';
    case 'identifier':
      return type.kindField === undefined ? '18 digits or capital letters' : 'the number of a document';
    case 'code':
      return `a code of the list ${type.list ?? ''}`.trim();
    default:
      return `text of at most ${MAX_TEXT} characters`;
  }
}

/** What a value is compared with, and how. */
export interface Operand {
  field: Field;
  op: Operator;
  /** By whose code lists it is read; without them a code that no list has is a code that no row has. */
  standard?: Standard;
}

/**
 * One operand, typed by the contract, from JSON (a body, GraphQL variables) or from a query string (`raw` is then text).
 * `null` takes true or false. Throws Problem `bad-value` that says the expected form and never the value.
 */
export function parseValue({ field, op, standard }: Operand, raw: unknown): Value {
  const value = op === 'null' ? parseBoolean(raw) : parseTyped(field.type, raw, standard);
  if (value === undefined) {
    throw new Problem('bad-value', `The value for ${field.name} has the wrong form.`, {
      faults: [
        {
          parameter: field.name,
          reason: 'wrong form',
          expected: op === 'null' ? 'true or false' : expectedForm(field.type),
        },
      ],
    });
  }
  if ((op === 'contains' || op === 'startswith') && [...String(value)].length < 2) {
    throw new Problem('bad-value', `${op} takes at least two characters.`, {
      faults: [{ parameter: field.name, reason: 'too short', expected: 'at least two characters' }],
    });
  }
  return value;
}

function parseTyped(type: FieldType, raw: unknown, standard: Standard | undefined): Value | undefined {
  switch (type.name) {
    case 'integer':
      return parseInteger(type, raw);
    case 'boolean':
      return parseBoolean(raw);
    case 'decimal':
      return typeof raw === 'number' && Number.isFinite(raw) ? matching(DECIMAL, String(raw)) : matching(DECIMAL, raw);
    case 'date':
      return isDate(raw) ? raw : undefined;
    case 'month':
      return matching(MONTH, raw);
    case 'datetime':
      return typeof raw === 'string' && DATETIME.test(raw) && isDate(raw.slice(0, 10)) ? raw : undefined;
    case 'identifier':
      return parseIdentifier(type, raw);
    case 'code':
      return parseCode(type, raw, standard);
    default:
      return isText(raw) ? raw : undefined;
  }
}

/** Stored in upper case. Where the row says which kind of document it is, a number may be that of any document. */
function parseIdentifier(type: FieldType, raw: unknown): string | undefined {
  if (!isText(raw)) return undefined;
  const upper = raw.toUpperCase();
  if (type.kindField === undefined) return matching(IDENTIFIER, upper);
  return upper.length > 0 && upper.length <= (type.length ?? 30) ? upper : undefined;
}

function parseCode(type: FieldType, raw: unknown, standard: Standard | undefined): string | undefined {
  if (!isText(raw)) return undefined;
  const list = type.list === undefined ? undefined : standard?.lists.get(type.list);
  return list === undefined || list.has(raw) ? raw : undefined;
}

function parseInteger(type: FieldType, raw: unknown): Value | undefined {
  const text = typeof raw === 'number' && Number.isSafeInteger(raw) ? String(raw) : raw;
  if (typeof text !== 'string' || !INTEGER.test(text)) return undefined;
  const big = BigInt(text);
  if (type.bits === 64) return big >= -(2n ** 63n) && big < 2n ** 63n ? String(big) : undefined;
  return big >= -2147483648n && big <= 2147483647n ? Number(text) : undefined;
}

function parseBoolean(raw: unknown): boolean | undefined {
  if (raw === true || raw === 'true') return true;
  if (raw === false || raw === 'false') return false;
  return undefined;
}

/** Text that PostgreSQL can hold: no NUL, no lone surrogate, bounded. */
function isText(raw: unknown): raw is string {
  return typeof raw === 'string' && raw.length <= MAX_TEXT && !raw.includes('\0') && raw.isWellFormed();
}

function matching(pattern: RegExp, raw: unknown): string | undefined {
  return typeof raw === 'string' && pattern.test(raw) ? raw : undefined;
}

function isDate(raw: unknown): raw is string {
  const parts = typeof raw === 'string' ? DATE.exec(raw) : null;
  if (parts === null) return false;
  const [, year, month, day] = parts.map(Number);
  if (year === 0) return false;
  const date = new Date(Date.UTC(year!, month! - 1, day!));
  return date.getUTCMonth() === month! - 1 && date.getUTCDate() === day;
}

/** PostgreSQL type of one operand, for casts of parameters. */
export function operandType(type: FieldType): string {
  return TYPES[type.name]
    .column(type)
    .replace(' COLLATE "C"', '')
    .replace(/\(.*\)/, '');
}
