/** Why a row, or one field of it, cannot be taken. `reason` is for people and never holds a value. */
export interface RowError {
  field: string | null;
  rule: string;
  reason: string;
}

/** One row as the sender wrote it. `cells` are [heading, value] by position of `Batch.headings` for CSV, an object for NDJSON. */
export interface SourceRow {
  /** Number of the line where it begins, from 1. */
  line: number;
  /** The text as sent; cut to `KEPT_TEXT` characters where the row itself was too long to keep. */
  text: string;
  content: Content;
}

export type Content =
  | { kind: 'cells'; cells: readonly string[] }
  | { kind: 'object'; object: Readonly<Record<string, unknown>> }
  | { kind: 'broken'; error: RowError };

/** A source yields batches, so that no step costs a promise per row. The headings of a CSV file stand before its first batch. */
export interface Source {
  /** CSV only, known once the first batch has been asked for. */
  headings(): readonly string[] | undefined;
  batches(): AsyncGenerator<SourceRow[]>;
}

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
