/** A sheet to be written. Every cell is text. */
export interface Sheet {
  name: string;
  hidden?: boolean;
  columns: readonly Column[];
  /** Rows that stay when the sheet is scrolled. */
  frozenRows?: number;
  rows: readonly (readonly Cell[])[];
  /** Ranges that are one cell, as `A1:D1`. */
  merged?: readonly string[];
  dropDowns?: readonly DropDown[];
}

export interface Column {
  /** In characters. */
  width: number;
  /** What is typed into it stays as typed, also an id of 18 digits. */
  text?: boolean;
}

export interface Cell {
  text: string;
  style?: Style;
  /** A note that opens over the cell. */
  comment?: string;
}

export const STYLES = ['plain', 'text', 'title', 'heading', 'required', 'faulty'] as const;
export type Style = (typeof STYLES)[number];

/** The values that a column offers, from the row `from` down. */
export interface DropDown {
  column: number;
  from: number;
  /** As `'代码'!$A$1:$A$9`. */
  values: string;
}
