import type { Field } from '../../../catalog/contract.js';
import { itemAt } from '../../../platform/known.js';
import { findHeader, HEAD_ROWS } from '../header.js';
import type { KnownHeadings } from '../known-headings.js';
import { Unreadable } from '../source.js';
import { readCell } from './xlsx-cell.js';
import type { Package } from './xlsx-package.js';
import { type RawRow, sheetRows } from './xlsx-sheet.js';
import type { SheetEntry, Workbook } from './xlsx-workbook.js';

/** Sheets to read, all with the same header, and the ignored ones. */
export interface Chosen {
  headings: readonly string[];
  /** By column; undefined where the contract does not know the heading. */
  fields: readonly (Field | undefined)[];
  /** Names of the columns that a row may fill, including headings without a field. */
  sheets: readonly { sheet: SheetEntry; headerRow: number }[];
  ignored: readonly string[];
}

const HEADINGS_AT_MOST = 1_000;
/** A title or a note may be long; a heading is not. */
const HEADING_BYTES = 1_000;

/**
 * The sheet whose header names most fields of the contract, and every other visible sheet with the same header in the
 * same columns.
 * @throws Unreadable where there is none
 */
export async function chooseSheets(parts: Package, book: Workbook, known: KnownHeadings): Promise<Chosen> {
  const heads: (SheetHead & { sheet: SheetEntry })[] = [];
  for (const sheet of book.sheets) {
    const head = sheet.hidden ? undefined : await headOf(await firstRows(parts, sheet), book, known);
    if (head !== undefined) heads.push({ ...head, sheet });
  }
  const best = heads.reduce<SheetHead | undefined>(
    (most, next) => (next.fits > (most?.fits ?? 0) ? next : most),
    undefined,
  );
  if (best === undefined) {
    const reason = `no sheet has, in its first ${HEAD_ROWS} rows, a row of headings that the contract knows: take the template of the dataset`;
    throw new Unreadable(1, 'columns', reason);
  }
  if (best.headings.length > HEADINGS_AT_MOST)
    throw new Unreadable(best.headerRow, 'columns', 'more than 1,000 columns');
  const same = (headings: readonly string[]) => JSON.stringify(headings) === JSON.stringify(best.headings);
  const taken = heads.filter(({ headings }) => same(headings));
  const names = new Set(taken.map(({ sheet }) => sheet.part));
  return {
    headings: best.headings,
    fields: best.headings.map((heading) => known(heading)?.field),
    sheets: taken.map(({ sheet, headerRow }) => ({ sheet, headerRow })),
    ignored: book.sheets.filter(({ part }) => !names.has(part)).map(({ name }) => name),
  };
}

interface SheetHead {
  headings: readonly string[];
  /** Row number as in Excel. */
  headerRow: number;
  fits: number;
}

async function firstRows(parts: Package, { part }: SheetEntry): Promise<RawRow[]> {
  const first: RawRow[] = [];
  for await (const rows of sheetRows(parts.part(part))) {
    first.push(...rows.slice(0, HEAD_ROWS - first.length));
    if (first.length >= HEAD_ROWS) break;
  }
  return first;
}

function headOf(rows: readonly RawRow[], book: Workbook, known: KnownHeadings): SheetHead | undefined {
  const beginnings: Workbook = { ...book, strings: (index) => book.strings(index, HEADING_BYTES) };
  const width = Math.max(0, ...rows.map(({ cells }) => (cells.at(-1)?.column ?? -1) + 1));
  const texts = rows.map(({ cells }) => {
    const texts: string[] = new Array(width).fill('');
    for (const cell of cells) {
      const text = readCell(cell, undefined, beginnings);
      if (typeof text === 'string') texts[cell.column] = text;
    }
    return texts;
  });
  const header = findHeader(texts, known);
  if (header === undefined) return undefined;
  const last = header.headings.findLastIndex((heading) => heading !== '');
  return { headings: header.headings.slice(0, last + 1), headerRow: itemAt(rows, header.at).number, fits: header.fits };
}
