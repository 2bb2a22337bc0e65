import type { ErrorObject } from 'ajv';
import type { ValueFault } from '../../standard/types/value-type.js';
import type { RowError } from '../readers/source.js';
import type { Must, RowCheck } from './row-schema.js';

const EXPECTED: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'a whole number',
  boolean: 'true or false',
  object: 'GeoJSON',
  array: 'a list',
};
const OTHERWISE: ValueFault = { rule: 'range', reason: 'not a whole number of the range' };

/** What the check found, in plain words: at most one error per field, never a value. */
export function rowErrors({ errors }: RowCheck, values: readonly unknown[], fields: readonly string[]): RowError[] {
  const found = new Map<string, RowError>();
  for (const error of errors ?? []) {
    const field = fields[Number(error.instancePath.split('/')[1])];
    if (field !== undefined && !found.has(field)) found.set(field, { field, ...explain(error, values) });
  }
  return [...found.values()];
}

function explain({ keyword, schema, data }: ErrorObject, values: readonly unknown[]): ValueFault {
  switch (keyword) {
    case 'type':
      return data === null
        ? { rule: 'required', reason: 'a value is required' }
        : { rule: 'type', reason: `not ${EXPECTED[String([schema].flat()[0])] ?? 'of the type'}` };
    case 'maxLength':
      return { rule: 'length', reason: `longer than ${schema} characters` };
    case 'maxItems':
      return { rule: 'length', reason: `more than ${schema} values` };
    case 'must':
      return (schema as Must)(data as never, values) ?? OTHERWISE;
    default:
      return OTHERWISE;
  }
}
