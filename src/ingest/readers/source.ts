/** Why a row, or one field of it, is rejected. `reason` is for people and never holds a value. */
export interface RowError {
  field: string | null;
  rule: string;
  reason: string;
  /** Only of a workbook, where the error is in one cell: `户籍人口` and `D7`. */
  sheet?: string;
  cell?: string;
}

/** One row as sent: for CSV, workbooks and Parquet `cells` by position of the headings, for NDJSON an object. */
export interface SourceRow {
  /** Line where the row begins, from 1. In a workbook: its row, plus `SHEET_LINES` for each earlier sheet. */
  line: number;
  /** The text as sent; for workbooks and Parquet the cells as JSON. Cut to `KEPT_TEXT` where the row was too long. */
  readonly text: string;
  content: Content;
  /** Only of a workbook. */
  place?: { sheet: string; row: number };
}

export type Content =
  /** `faults`: cells without a usable value. */
  | { kind: 'cells'; cells: readonly unknown[]; faults?: readonly RowError[] }
  | { kind: 'object'; object: Readonly<Record<string, unknown>> }
  | { kind: 'broken'; error: RowError };

/** Yields batches, so that no step costs a promise per row. A table's headings are known before its first batch. */
export interface Source {
  /** Undefined for NDJSON; known once the first batch has been requested. */
  headings(): readonly string[] | undefined;
  /** Only of CSV; known at the same time. */
  delimiter?(): string | undefined;
  /** Sheets of a workbook whose rows were not read. */
  ignored?(): readonly string[];
  batches(): AsyncGenerator<SourceRow[]>;
}

/** A sheet has at most 1,048,576 rows, so line numbers of different sheets never overlap. */
export const SHEET_LINES = 10_000_000;
/** Characters of one row (about a megabyte); a longer row is rejected without being held in memory. */
export const ROW_LIMIT = 1_000_000;
/** Characters kept of a row that is too long. */
export const KEPT_TEXT = 1_000;

/** The start of the next row is unknown from here on, so the whole delivery is refused. Never holds data. */
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
