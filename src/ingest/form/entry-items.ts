import type { FieldDocument, TypeDocument } from '../../catalog/contract-document.js';
import type { ItemCells } from './contract-row.js';
import { ITEM_TYPES, keyFor, NO, YES } from './form-columns.js';

/** A field as its item has it: what the field gives by itself is not repeated. */
export function asItem(
  field: FieldDocument,
  item: ItemCells,
  given: { type: string | undefined; required: boolean },
): FieldDocument {
  const { form: _, required: before, ...own } = field;
  const letter = keyFor(ITEM_TYPES, item.type) ?? 'C';
  const form = `${letter}${item.length === '' ? '' : `(${item.length})`}`;
  const stated = item.nullable === NO && !given.required ? 'true' : before;
  const required = item.nullable === YES ? undefined : stated;
  return { ...own, ...(required === undefined ? {} : { required }), ...(form === given.type ? {} : { form }) };
}

const MOST_TEXT = 10_000;
const MEMO = 2_000;

/** A type of the form as one of ours. */
export function typeOfItem({ type, length }: ItemCells): TypeDocument {
  const letter = keyFor(ITEM_TYPES, type) ?? 'C';
  const digits = Math.min(38, Number(length || 18));
  switch (letter) {
    case 'D':
      return { type: 'date' };
    case 'T':
      return { type: 'datetime' };
    case 'L':
      return { type: 'boolean' };
    case 'I':
      return Number(length) > 9 ? { type: 'integer', bits: '64' } : { type: 'integer' };
    case 'N':
    case 'Y':
      return { type: 'decimal', precision: String(Math.max(2, digits)), scale: '2' };
    case 'B':
    case 'F':
      return { type: 'decimal', precision: String(Math.max(6, digits)), scale: '6' };
    default:
      return { type: 'text', length: String(Math.min(MOST_TEXT, Number(length || (letter === 'C' ? 100 : MEMO)))) };
  }
}
