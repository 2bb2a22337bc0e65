import { itemAt } from '../../platform/known.js';
import type { Content, RowError } from '../readers/source.js';
import { type Columns, OPERATION } from './mapping.js';
import type { Validator } from './validator.js';

/** What a row of a delivery does. */
export type RowChange = 'upsert' | 'delete';

export interface Filling {
  /** In the order of the contract's fields, initially all null. */
  values: unknown[];
  columns: Columns | undefined;
  /** Receives headings that fill no field. */
  note: (heading: string) => void;
}

/** Puts the sent values into the contract's fields. Returns the operation, or the error. */
export function fillRow(validator: Validator, content: Content, filling: Filling): RowChange | readonly RowError[] {
  if (content.kind === 'broken') return [content.error];
  if (content.kind === 'cells') {
    const { targets, operation } = filling.columns!;
    for (let i = 0; i < targets.length; i++) {
      const target = targets[i];
      if (target !== undefined) filling.values[target.field] = target.parse(content.cells[i]);
    }
    return content.faults ?? operationOf(operation < 0 ? undefined : content.cells[operation]);
  }
  return fillFromObject(validator, content.object, filling);
}

function fillFromObject(
  validator: Validator,
  object: Readonly<Record<string, unknown>>,
  { values, note }: Filling,
): RowChange | readonly RowError[] {
  for (const heading of Object.keys(object)) {
    const target = validator.mapping.get(heading);
    if (target === undefined) {
      if (heading !== OPERATION) note(heading);
      continue;
    }
    if (values[target.field] !== null) {
      return [
        { field: itemAt(validator.fields, target.field), rule: 'mapping', reason: 'two properties fill this field' },
      ];
    }
    values[target.field] = target.parse(object[heading]);
  }
  return operationOf(object[OPERATION]);
}

function operationOf(value: unknown): RowChange | readonly RowError[] {
  if (value === undefined || value === null) return 'upsert';
  const word = typeof value === 'string' ? value.trim().toLowerCase() : value;
  if (word === '' || word === 'upsert') return 'upsert';
  if (word === 'delete') return 'delete';
  return [{ field: OPERATION, rule: 'operation', reason: 'neither upsert nor delete' }];
}
