/** Why a row, or one field of it, cannot be taken. `reason` is for people and never holds a value. */
export interface RowError {
  field: string | null;
  rule: string;
  reason: string;
  /** Of a workbook, where the error is one cell's: `户籍人口` and `D7`. */
  sheet?: string;
  cell?: string;
}

/** One row as the sender wrote it: `cells` by position of the headings for CSV, workbooks and Parquet, an object for NDJSON. */
export interface SourceRow {
  /** Number of the line where it begins, from 1; in a workbook of the row, in later sheets plus `SHEET_LINES` for each before it. */
  line: number;
  /** The text as sent, of workbooks and Parquet the cells as JSON; cut to `KEPT_TEXT` characters where the row itself was too long to keep. */
  readonly text: string;
  content: Content;
  /** Of a workbook. */
  place?: { sheet: string; row: number };
}

export type Content =
  /** `faults`: cells that have no value that could be taken. */
  | { kind: 'cells'; cells: readonly unknown[]; faults?: readonly RowError[] }
  | { kind: 'object'; object: Readonly<Record<string, unknown>> }
  | { kind: 'broken'; error: RowError };

/** A source yields batches, so that no step costs a promise per row. The headings of a table stand before its first batch. */
export interface Source {
  /** All but NDJSON, known once the first batch has been asked for. */
  headings(): readonly string[] | undefined;
  /** Of CSV, likewise. */
  delimiter?(): string | undefined;
  /** Sheets of a workbook whose rows were not taken. */
  ignored?(): readonly string[];
  batches(): AsyncGenerator<SourceRow[]>;
}

/** A sheet has at most 1,048,576 rows; so the lines of several sheets never meet. */
export const SHEET_LINES = 10_000_000;
/** Characters of one row (about a megabyte): a longer one is rejected without being held. */
export const ROW_LIMIT = 1_000_000;
/** What is kept of a row that is too long. */
export const KEPT_TEXT = 1_000;

/** From here on nobody can tell where a row begins: the delivery is refused whole. Never holds data. */
export class Unreadable extends Error {
  readonly line: number;
  readonly rule: string;

  constructor(line: number, rule: string, reason: string) {
    super(reason);
    this.name = 'Unreadable';
    this.line = line;
    this.rule = rule;
  }
}

export function broken(rule: string, reason: string): Content {
  return { kind: 'broken', error: { field: null, rule, reason } };
}
