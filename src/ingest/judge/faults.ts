import type { ErrorObject } from 'ajv';
import type { RowError } from '../readers/source.js';
import { UNMAPPED } from './parse-value.js';

const EXPECTED: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'a whole number',
  boolean: 'true or false',
  object: 'GeoJSON',
  array: 'a list',
};
const CALENDAR: Readonly<Record<string, string>> = {
  date: 'not a date of the calendar in an accepted spelling',
  month: 'not a month in an accepted spelling',
  datetime: 'not a date and time in an accepted spelling',
};

/** The errors of ajv in plain words: at most one per field, never a value. */
export function rowErrors(errors: readonly ErrorObject[], fields: readonly string[]): RowError[] {
  const found = new Map<string, RowError>();
  for (const error of errors) {
    const field = fields[Number(error.instancePath.split('/')[1])];
    if (field !== undefined && !found.has(field)) found.set(field, { field, ...explain(error) });
  }
  return [...found.values()];
}

function explain(error: ErrorObject): Omit<RowError, 'field'> {
  const { keyword, schema, data } = error;
  switch (keyword) {
    case 'type':
      return data === null
        ? { rule: 'required', reason: 'a value is required' }
        : { rule: 'type', reason: `not ${EXPECTED[[schema].flat()[0] as string] ?? 'of the type'}` };
    case 'maxLength':
      return { rule: 'length', reason: `longer than ${schema} characters` };
    case 'maxItems':
      return { rule: 'length', reason: `more than ${schema} values` };
    case 'codeIn':
      if (data === UNMAPPED) return { rule: 'code', reason: 'the contract maps no such code of the publisher' };
      return { rule: 'code', reason: `not a code of ${schema}` };
    case 'codeInForce':
    case 'codesInForce':
      return { rule: 'retired-code', reason: `a retired code of ${schema}` };
    case 'calendar':
      return { rule: 'date', reason: CALENDAR[schema as string]! };
    case 'fits': {
      const [precision, scale] = schema as [number, number];
      return { rule: 'precision', reason: `not a number of at most ${precision} digits, ${scale} after the point` };
    }
    case 'minimum':
    case 'maximum':
    case 'wholeNumber':
      return { rule: 'range', reason: 'not a whole number of the range' };
    case 'identifies':
      return { rule: 'checksum', reason: 'not well formed, or its check character is wrong' };
    case 'storable':
      return { rule: 'character', reason: 'has characters that cannot be stored' };
    case 'geometry':
      return { rule: 'geometry', reason: 'not a GeoJSON geometry with coordinates of the earth' };
    default:
      return { rule: keyword, reason: 'not what the contract allows' };
  }
}
