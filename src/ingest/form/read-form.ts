import type { Title } from '../../catalog/contract.js';
import { known } from '../../platform/known.js';
import { Unreadable } from '../readers/source.js';
import { type Spool, spool } from '../readers/spool.js';
import { readCell } from '../readers/xlsx/xlsx-cell.js';
import { chooseSheets } from '../readers/xlsx/xlsx-choose.js';
import { openPackage } from '../readers/xlsx/xlsx-package.js';
import { columnName, type RawRow, sheetRows } from '../readers/xlsx/xlsx-sheet.js';
import { readWorkbook, type Workbook } from '../readers/xlsx/xlsx-workbook.js';
import { faultTitle } from '../workbook/fault-titles.js';
import { FORM_COLUMNS, type FormKey } from './form-columns.js';

/** One row of the form, as sent. */
export interface FormRow {
  sheet: string;
  /** As Excel shows it. */
  row: number;
  /** Trimmed; empty where the cell is. */
  cells: ReadonlyMap<FormKey, string>;
}

/** What is wrong in one cell of the form. Never holds its value. */
export interface FormFault {
  sheet: string;
  row: number;
  column: FormKey;
  /** `D7` in the sheet that was sent. */
  cell: string;
  why: Title;
}

export interface ReadForm {
  rows: readonly FormRow[];
  /** Of cells that can't be read; `check-form.ts` finds the others. */
  faults: FormFault[];
  /** Place of a cell in its sheet, such as `D7`. */
  cellAt(row: FormRow, column: FormKey): string;
}

/** The form that goes back is built in memory, and every row has all columns. */
const ROWS_AT_MOST = 9_000;
const HEADINGS = new Map([...FORM_COLUMNS].map(([key, { heading }]) => [plain(heading), key]));

/** Spaces, width and the asterisk of a required column do not matter. */
function plain(text: string): string {
  return text.normalize('NFKC').replace(/[\s*]+/g, '');
}

/**
 * Reads the rows of every sheet with the form's headings, where merged cells count once, in their first row.
 * @throws Unreadable where it is no workbook, no sheet has the form, a column is missing, or there are too many rows
 */
export async function readForm(content: AsyncIterable<Buffer>, place: Spool, limitBytes: number): Promise<ReadForm> {
  const spooled = await spool(content, place);
  try {
    const parts = await openPackage(spooled, limitBytes);
    const book = await readWorkbook(parts);
    const chosen = await chooseSheets(parts, book, (text) => {
      const key = HEADINGS.get(plain(text));
      return key === undefined ? undefined : { heading: key, field: undefined };
    });
    const keys = chosen.headings.map((heading) => keyOf(heading));
    const missing = [...FORM_COLUMNS].filter(([key]) => !keys.includes(key)).map(([, { heading }]) => heading);
    if (missing.length > 0) {
      throw new Unreadable(1, 'columns', `the form lacks the columns ${missing.join(', ')}: take the template`);
    }
    const reading: FormReading = { book, keys, rows: [], faults: [] };
    for (const { sheet, headerRow } of chosen.sheets) {
      for await (const rows of sheetRows(parts.part(sheet.part))) {
        for (const row of rows) if (row.number > headerRow) readRow(row, sheet.name, reading);
      }
    }
    const at = new Map(keys.map((key, column) => [key, column]));
    const cellAt: ReadForm['cellAt'] = ({ row }, column) => `${columnName(known(at, column))}${row}`;
    return { rows: reading.rows, faults: reading.faults, cellAt };
  } finally {
    await spooled.close();
  }
}

const keyOf = (heading: string): FormKey | undefined => [...FORM_COLUMNS.keys()].find((key) => key === heading);

interface FormReading {
  book: Workbook;
  /** By column; undefined for a column that the form does not have. */
  keys: readonly (FormKey | undefined)[];
  rows: FormRow[];
  faults: FormFault[];
}

const FORMULA: Title = {
  zh: '单元格是公式：请改为值（复制，选择性粘贴为数值）',
  en: 'the cell has a formula: replace it with its value (copy, paste special, values)',
};

function readRow(raw: RawRow, sheet: string, { book, keys, rows, faults }: FormReading): void {
  const cells = new Map<FormKey, string>();
  const found: FormFault[] = [];
  for (const cell of raw.cells) {
    const column = keys[cell.column];
    if (column === undefined) continue;
    const read = readCell(cell, undefined, book);
    const place = { sheet, row: raw.number, column, cell: `${columnName(cell.column)}${raw.number}` };
    if (cell.formula) found.push({ ...place, why: FORMULA });
    else if (typeof read !== 'string') found.push({ ...place, why: { zh: faultTitle(read.rule), en: read.reason } });
    const text = typeof read === 'string' ? read.trim() : '';
    if (text !== '') cells.set(column, text);
  }
  if (cells.size === 0 && found.length === 0) return;
  if (rows.length >= ROWS_AT_MOST) {
    throw new Unreadable(raw.number, 'size', `the form has more than ${ROWS_AT_MOST} rows: send it in parts`);
  }
  rows.push({ sheet, row: raw.number, cells });
  faults.push(...found);
}
