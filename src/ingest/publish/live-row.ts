import { contains } from '../../access/grants/row-scope.js';
import type { Access } from '../../access/policy/decision.js';
import { rowId } from '../../catalog/row-id.js';
import { isObject } from '../../platform/json-pointer.js';
import type { Keys } from '../../platform/keys/keys.js';
import { rowErrors } from '../judge/faults.js';
import { fillRow } from '../judge/fill-row.js';
import type { Validator } from '../judge/validator.js';
import type { RowError } from '../readers/source.js';

/** A row from an API: a record by column, outside what the caller may see, or in breach of the contract. */
export type LiveRow =
  | { outcome: 'row'; record: Record<string, unknown> }
  | { outcome: 'outside' }
  | { outcome: 'broken'; errors: readonly RowError[] };

const OTHER: RowError = { field: null, rule: 'key', reason: 'not the row that was asked for' };
const NO_OBJECT: RowError = { field: null, rule: 'json', reason: 'the row is not a JSON object' };
const NO_DELETE: RowError = { field: null, rule: 'operation', reason: 'nothing is deleted by an answer' };

/**
 * Maps and judges one row like a delivery. `rowNumber`: of the requested key. A row outside the grant's rows is
 * reported as such, whatever else is wrong: a failure would reveal that it exists.
 */
export function readLiveRow(
  validator: Validator,
  row: unknown,
  asked: { keys: Pick<Keys, 'rowId'>; access: Access; rowNumber: string },
): LiveRow {
  if (!isObject(row)) return { outcome: 'broken', errors: [NO_OBJECT] };
  const { contract, fields, keyAt } = validator;
  const values: unknown[] = new Array(fields.length).fill(null);
  const content = { kind: 'object', object: row } as const;
  const filled = fillRow(validator, content, { values, columns: undefined, note: () => {} });
  const number = rowId(
    asked.keys,
    contract.name,
    keyAt.map((at) => values[at]),
  );
  if (number !== asked.rowNumber) return { outcome: 'broken', errors: [OTHER] };
  if (!contains(asked.access.grant.rows, fields)(values)) return { outcome: 'outside' };
  if (typeof filled !== 'string') return { outcome: 'broken', errors: filled };
  if (filled === 'delete') return { outcome: 'broken', errors: [NO_DELETE] };
  if (!validator.store(values)) return { outcome: 'broken', errors: rowErrors(validator.store, values, fields) };
  const record: Record<string, unknown> = { row_id: number };
  for (const [i, name] of fields.entries()) record[name] = values[i];
  if (validator.minorUntil !== undefined) record.minor_until = validator.minorUntil(values);
  return { outcome: 'row', record };
}
