import { ROW_LIMIT } from '../source.js';
import { damaged } from './xlsx-package.js';
import { CELL_TEXT_AT_MOST } from './xlsx-strings.js';
import { readXml, type XmlListener } from './xlsx-xml.js';

/** A cell as stored in the sheet. */
export interface RawCell {
  /** From 0. */
  column: number;
  /** `n` number, `s` shared string, `str` text of a formula, `inlineStr`, `b`, `e` error, `d` ISO date. */
  type: string;
  style: number;
  /** Undefined without a value, as in a formula that was never calculated. */
  value: string | undefined;
  formula: boolean;
}

export interface RawRow {
  /** From 1, as Excel shows it. */
  number: number;
  /** Cells with a value or a formula, in order. */
  cells: RawCell[];
  /** The row was too long to hold; only its first cells are here. */
  cut: boolean;
}

/** Excel's own limits. */
const ROWS_AT_MOST = 1_048_576;
const COLUMNS_AT_MOST = 16_384;

/** The rows of a sheet that are not empty, as they come. Throws Unreadable. */
export async function* sheetRows(part: AsyncIterable<Buffer>): AsyncGenerator<RawRow[]> {
  const listener = new SheetListener();
  for await (const _ of readXml(part, listener)) {
    if (listener.rows.length > 0) yield listener.drain();
    if (listener.ended) return;
  }
}

class SheetListener implements XmlListener {
  rows: RawRow[] = [];
  /** Nothing after the last row matters. */
  ended = false;
  #row: RawRow = { number: 0, cells: [], cut: false };
  #size = 0;
  #cell: RawCell | undefined;
  #nextColumn = 0;
  /** Inside an element that holds the cell's text. */
  #listening = false;
  #phonetic = false;

  open(name: string, attributes: Readonly<Record<string, string>>): void {
    if (name === 'c') this.#openCell(attributes);
    else if (name === 'v' || name === 't') this.#openText(name);
    else if (name === 'f' && this.#cell !== undefined) this.#cell.formula = true;
    else if (name === 'rPh') this.#phonetic = true;
    else if (name === 'row') this.#openRow(attributes.r);
  }

  close(name: string): void {
    if (name === 'v' || name === 't') this.#listening = false;
    else if (name === 'c') this.#closeCell();
    else if (name === 'rPh') this.#phonetic = false;
    else if (name === 'row') this.#closeRow();
    else if (name === 'sheetData') this.ended = true;
  }

  text(piece: string): void {
    if (!this.#listening || this.#cell === undefined) return;
    const value = this.#cell.value! + piece;
    if (value.length > CELL_TEXT_AT_MOST) throw damaged('a text is longer than a cell can be');
    this.#cell.value = value;
  }

  #openRow(reference: string | undefined): void {
    const number = reference === undefined ? this.#row.number + 1 : Number(reference);
    const inOrder = Number.isInteger(number) && number > this.#row.number && number <= ROWS_AT_MOST;
    if (!inOrder) throw damaged('its rows are not in order');
    this.#row = { number, cells: [], cut: false };
    this.#size = 0;
    this.#nextColumn = 0;
  }

  #openCell({ r, t = 'n', s = '0' }: Readonly<Record<string, string>>): void {
    const column = r === undefined ? this.#nextColumn : columnOf(r);
    if (column < this.#nextColumn || column >= COLUMNS_AT_MOST) throw damaged('its cells are not in order');
    this.#nextColumn = column + 1;
    this.#cell = { column, type: t, style: Number(s), value: undefined, formula: false };
  }

  #openText(name: string): void {
    if (this.#cell === undefined || (name === 't' && this.#phonetic)) return;
    this.#cell.value ??= '';
    this.#listening = true;
  }

  #closeCell(): void {
    const cell = this.#cell;
    this.#cell = undefined;
    if (cell === undefined || (cell.value === undefined && !cell.formula)) return;
    this.#size += cell.value?.length ?? 0;
    if (this.#size > ROW_LIMIT) this.#row.cut = true;
    else this.#row.cells.push(cell);
  }

  #closeRow(): void {
    if (this.#row.cells.length > 0) this.rows.push(this.#row);
  }

  drain(): RawRow[] {
    const { rows } = this;
    this.rows = [];
    return rows;
  }
}

/** Column of a reference like `AB12`, from 0; -1 where it is not a reference. */
function columnOf(reference: string): number {
  let column = 0;
  for (let at = 0; at < reference.length; at++) {
    const code = reference.charCodeAt(at);
    if (code < 65 || code > 90) break;
    column = column * 26 + code - 64;
  }
  return column - 1;
}

/** The letters of a column from 0: 0 is A, 26 is AA. */
export function columnName(column: number): string {
  const head = column < 26 ? '' : columnName(Math.floor(column / 26) - 1);
  return head + String.fromCharCode(65 + (column % 26));
}
