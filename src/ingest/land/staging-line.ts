import { copyText } from '../../standard/types/plain-text.js';
import type { RowChange } from '../judge/fill-row.js';
import type { Validator } from '../judge/validator.js';
import { storableText } from './storable-text.js';

/** What a staged row does, as a `"char"`. `kept` names a row whose new version was set aside, so the old one stays. */
const MARKS = { upsert: 'u', delete: 'd', kept: 'k' } as const;

export interface Staged {
  /** `row_id`, hex. */
  rowNumber: string;
  values: readonly unknown[];
  line: number;
  operation: RowChange;
  /** As sent, where publishing may still reject the row. */
  text: string | undefined;
}

/** A row as COPY text, in the order of `rowColumns` and `STAGING_COLUMNS`. */
export function stagingLine(validator: Validator, { rowNumber, values, line, operation, text }: Staged): string {
  const { writers } = validator;
  let out = rowNumber;
  if (validator.minorUntil !== undefined) out += `\t${validator.minorUntil(values)}`;
  for (let i = 0; i < values.length; i++) out += `\t${writers[i]!(values[i])}`;
  return `${out}\t${line}\t${MARKS[operation]}\t${text === undefined ? '\\N' : copyText(storableText(text))}\n`;
}

export function keptLine(validator: Validator, rowNumber: string, line: number): string {
  const columns = validator.fields.length + (validator.minorUntil === undefined ? 0 : 1);
  return `${rowNumber}${'\t\\N'.repeat(columns)}\t${line}\t${MARKS.kept}\t\\N\n`;
}
