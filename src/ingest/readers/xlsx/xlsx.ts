import type { KnownHeadings } from '../known-headings.js';
import {
  broken,
  type Content,
  KEPT_TEXT,
  ROW_LIMIT,
  type RowError,
  SHEET_LINES,
  type Source,
  type SourceRow,
} from '../source.js';
import { type Spool, spool } from '../spool.js';
import { boundedBatches, textBudget } from '../text-budget.js';
import { readCell } from './xlsx-cell.js';
import { type Chosen, chooseSheets } from './xlsx-choose.js';
import { openPackage } from './xlsx-package.js';
import { columnName, type RawRow, sheetRows } from './xlsx-sheet.js';
import { readWorkbook, type Workbook } from './xlsx-workbook.js';

export interface FileReading {
  known: KnownHeadings;
  spool: Spool;
  /** Limit of the decompressed content. */
  limitBytes: number;
}

/**
 * The rows of an .xlsx. Its list of parts is at its end, so the body waits on disk; its sheets are then read piece by
 * piece. A cell without a usable value rejects its row, with sheet, cell and what to do.
 */
export function xlsxSource(content: AsyncIterable<Buffer>, { known, spool: place, limitBytes }: FileReading): Source {
  let chosen: Chosen | undefined;
  return {
    headings: () => chosen?.headings,
    ignored: () => chosen?.ignored ?? [],
    batches: async function* () {
      const spooled = await spool(content, place);
      try {
        const parts = await openPackage(spooled, limitBytes);
        const book = await readWorkbook(parts);
        chosen = await chooseSheets(parts, book, known);
        const spend = textBudget(spooled.size, limitBytes);
        for (const [index, { sheet, headerRow }] of chosen.sheets.entries()) {
          const reading = { chosen, book, sheet: sheet.name, headerRow, firstLine: index * SHEET_LINES };
          for await (const rows of sheetRows(parts.part(sheet.part))) {
            yield* boundedBatches(readRows(rows, reading), spend);
          }
        }
      } finally {
        await spooled.close();
      }
    },
  };
}

function* readRows(rows: readonly RawRow[], reading: RowReading): Generator<ReadRow> {
  for (const row of rows) {
    const read = row.number > reading.headerRow ? readRow(row, reading) : undefined;
    if (read !== undefined) yield read;
  }
}

interface ReadRow {
  row: SourceRow;
  chars: number;
}

interface RowReading {
  chosen: Chosen;
  book: Workbook;
  sheet: string;
  headerRow: number;
  firstLine: number;
}

/** One row, or undefined where all its cells are empty. */
function readRow(raw: RawRow, { chosen, book, sheet, firstLine }: RowReading): ReadRow | undefined {
  const { fields } = chosen;
  const cells: string[] = new Array(fields.length).fill('');
  const faults: RowError[] = [];
  let beyond: number | undefined;
  let chars = 0;
  for (const cell of raw.cells) {
    if (chars > ROW_LIMIT) break;
    const field = fields[cell.column];
    const read = readCell(cell, field, book);
    const text = typeof read === 'string' ? read : (cell.value ?? '');
    chars += text.length;
    if (cell.column < cells.length) cells[cell.column] = text;
    else if (text.trim() !== '') beyond ??= cell.column;
    if (typeof read !== 'string' && field !== undefined) {
      faults.push({ field: field.name, ...read, sheet, cell: `${columnName(cell.column)}${raw.number}` });
    }
  }
  if (faults.length === 0 && beyond === undefined && cells.every((text) => text.trim() === '')) return undefined;
  if (beyond !== undefined) {
    const reason = `the row has values up to column ${columnName(raw.cells.at(-1)!.column)}, the headings end at ${columnName(fields.length - 1)}`;
    faults.push({ field: null, rule: 'columns', reason, sheet, cell: `${columnName(beyond)}${raw.number}` });
  }
  const cut = raw.cut || chars > ROW_LIMIT;
  const content: Content = cut
    ? broken('row-size', 'the row is longer than a megabyte')
    : { kind: 'cells', cells, ...(faults.length > 0 ? { faults } : {}) };
  const row: SourceRow = {
    line: firstLine + raw.number,
    place: { sheet, row: raw.number },
    content,
    // Only rejected rows need their text.
    get text() {
      return cut ? keptOf(cells) : JSON.stringify(cells);
    },
  };
  return { row, chars };
}

/** The beginning of a row that is too long. */
export function keptOf(cells: readonly unknown[]): string {
  const short = cells.map((cell) => (typeof cell === 'string' ? cell.slice(0, KEPT_TEXT) : cell));
  return JSON.stringify(short).slice(0, KEPT_TEXT);
}
