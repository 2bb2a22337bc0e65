import type { RowScope } from '../../access/grants/grant.js';
import { contains, isWhole } from '../../access/grants/row-scope.js';
import { rowIdHex } from '../../catalog/row-id.js';
import type { Keys } from '../../platform/keys/keys.js';
import type { Report } from '../delivery.js';
import type { Derivation } from '../derive/derivation.js';
import { keptLine, stagingLine } from '../land/staging-line.js';
import type { Tally } from '../quality/tally.js';
import type { RowError, SourceRow } from '../readers/source.js';
import { columnName } from '../readers/xlsx/xlsx-sheet.js';
import { rowErrors } from './faults.js';
import { fillRow, type RowChange } from './fill-row.js';
import { type Columns, mapHeadings, OPERATION } from './mapping.js';
import { seenKeys } from './seen-keys.js';
import { suggestHeadings } from './suggest-headings.js';
import { type CodeCounts, countCodes } from './unmapped-codes.js';
import type { Validator } from './validator.js';

export interface Reject {
  line: number;
  text: string;
  errors: readonly RowError[];
}

/** A validated batch: COPY text for staging, and the rejected rows. */
interface Validated {
  copy: string;
  rejects: Reject[];
  received: number;
}

/** Judges the rows of one delivery. */
export interface Judge {
  validator: Validator;
  /** The delivered part. */
  scope: RowScope;
  mode: 'snapshot' | 'delta';
  /** Counts the rows by quality rule while they pass. */
  tally: Tally;
  /** `headings`: of the source, if it has any. @throws Unreadable where the header of a CSV file is unusable */
  take(rows: readonly SourceRow[], headings: readonly string[] | undefined): Validated;
  /** The mapping in the report: headings that fill no field (at most a hundred), codes, and derived fields. */
  mapped(): Pick<Report, 'unmapped' | 'suggestions' | 'unmappedValues' | 'derived'>;
  /** True where a key may have been repeated. */
  suspicious(): boolean;
}

export interface JudgeParts extends Pick<Judge, 'validator' | 'scope' | 'mode' | 'tally'> {
  keys: Pick<Keys, 'rowId'>;
  /** Fills derived fields (a house code, a grid) before the row is judged. */
  derivation: Derivation | undefined;
  /** Called with the number (`catalog/row-id.ts`, hex) of every accepted row. */
  numbered: ((rowNumber: string) => void) | undefined;
}

const UNMAPPED_AT_MOST = 100;
const DELETES: RowError = { field: OPERATION, rule: 'operation', reason: 'a snapshot deletes what it leaves out' };
const OUTSIDE: RowError = { field: null, rule: 'scope', reason: 'the row is outside the part that you deliver' };

export function openJudge(parts: JudgeParts): Judge {
  const { validator, scope, mode, tally, keys, derivation, numbered } = parts;
  const unmapped = new Set<string>();
  const note = (heading: string) => {
    if (unmapped.size < UNMAPPED_AT_MOST) unmapped.add(heading.slice(0, 64).toWellFormed().replaceAll('\0', '␀'));
  };
  const codes = countCodes(validator);
  const judge = rowJudge(parts);
  const numberOf = (values: readonly unknown[]) =>
    rowIdHex(
      keys,
      validator.contract.name,
      validator.keyAt.map((at) => values[at]),
    );
  const seen = seenKeys();
  const partial = !isWhole(scope); // publishing may then reject any row, and needs its text
  let suspects = 0;
  let columns: Columns | undefined;
  const take = (row: SourceRow, batch: Validated): void => {
    const values: unknown[] = new Array(validator.fields.length).fill(null);
    const filled = fillRow(validator, row.content, { values, columns, note });
    const judged = typeof filled === 'string' ? (judge(values, filled, row.line) ?? filled) : filled;
    if (typeof judged !== 'string') {
      codes.hear(row.content, judged, columns);
      tally.turnedAway(row.line, judged);
      batch.rejects.push({ line: row.line, text: row.text, errors: placed(judged, row, validator, columns) });
      // A faulty correction must not delete the row that it corrects.
      if (mode === 'snapshot' && row.content.kind !== 'broken' && hasKey(validator, values)) {
        batch.copy += keptLine(validator, numberOf(values), row.line);
      }
      return;
    }
    const rowNumber = numberOf(values);
    numbered?.(rowNumber);
    const again = seen(rowNumber);
    if (again) suspects++;
    const text = again || partial ? row.text : undefined;
    batch.copy += stagingLine(validator, { rowNumber, values, line: row.line, operation: judged, text });
  };
  return {
    validator,
    scope,
    mode,
    tally,
    mapped() {
      const derived = derivation?.told();
      return { ...mappingReport(validator, unmapped, codes), ...(derived === undefined ? {} : { derived }) };
    },
    suspicious: () => suspects > 0,
    take(rows, headings) {
      if (columns === undefined && headings !== undefined) columns = mapHeadings(validator.mapping, headings, note);
      const batch: Validated = { copy: '', rejects: [], received: rows.length };
      for (const row of rows) take(row, batch);
      return batch;
    },
  };
}

/** Errors of a workbook's row have sheet and cell: a field is hard to find in a table of 40 columns. */
function placed(
  errors: readonly RowError[],
  { place }: SourceRow,
  validator: Validator,
  columns: Columns | undefined,
): readonly RowError[] {
  if (place === undefined) return errors;
  return errors.map((error) => {
    const field = validator.fields.indexOf(error.field ?? '');
    const column = field < 0 ? -1 : (columns?.targets.findIndex((target) => target?.field === field) ?? -1);
    return { ...error, sheet: place.sheet, ...(column < 0 ? {} : { cell: `${columnName(column)}${place.row}` }) };
  });
}

function mappingReport(
  validator: Validator,
  headings: ReadonlySet<string>,
  codes: CodeCounts,
): ReturnType<Judge['mapped']> {
  const suggestions = headings.size === 0 ? {} : suggestHeadings(validator, headings);
  const unmappedValues = codes.told();
  return {
    unmapped: [...headings],
    ...(Object.keys(suggestions).length > 0 ? { suggestions } : {}),
    ...(unmappedValues.length > 0 ? { unmappedValues } : {}),
  };
}

/** The errors of a row's values, or undefined. */
function rowJudge({
  validator,
  scope,
  mode,
  derivation,
  tally,
}: JudgeParts): (values: unknown[], operation: RowChange, line: number) => readonly RowError[] | undefined {
  const inScope = contains(scope, validator.fields);
  return (values, operation, line) => {
    derivation?.derive(values);
    if (operation === 'delete') {
      if (mode === 'snapshot') return [DELETES];
      keepKey(validator, values);
    }
    const check = operation === 'delete' ? validator.remove : validator.store;
    if (!check(values)) return rowErrors(check, values, validator.fields);
    if (operation === 'delete') return undefined;
    return inScope(values) ? tally.rules(values, line) : [OUTSIDE];
  };
}

/** A deletion has only its key. */
function keepKey(validator: Validator, values: unknown[]): void {
  for (let i = 0; i < values.length; i++) if (!validator.keyAt.includes(i)) values[i] = null;
}

function hasKey(validator: Validator, values: unknown[]): boolean {
  keepKey(validator, values);
  return validator.remove(values);
}
