/** A sheet to write. Every cell is text. */
export interface Sheet {
  name: string;
  hidden?: boolean;
  columns: readonly Column[];
  /** Rows that do not scroll. */
  frozenRows?: number;
  rows: readonly (readonly Cell[])[];
  /** Merged ranges, such as `A1:D1`. */
  merged?: readonly string[];
  dropDowns?: readonly DropDown[];
}

export interface Column {
  /** In characters. */
  width: number;
  /** Excel keeps what is typed here as text, also an id of 18 digits. */
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
  /** Such as `'代码'!$A$1:$A$9`. */
  values: string;
}
