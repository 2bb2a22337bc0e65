import type { ReachedUpstream } from '../../../access/upstreams/resolve-upstream.js';

export interface TableName {
  schema: string | undefined;
  table: string;
}

/** As the database's own catalogue tells it. */
export interface TableColumn {
  name: string;
  type: string;
}

/** What is read of one table or view. */
export interface TableReading {
  table: TableName;
  columns: readonly TableColumn[];
  /** Columns of the key, so that the same rows come in the same order; empty where the key is derived. */
  order: readonly string[];
  /** Rows from this value on, itself included, in its order; undefined `from` = all. */
  watermark: { column: TableColumn; from: string | undefined } | undefined;
}

/** A value as the database writes it; numbers and dates are never the driver's own. */
export type ColumnText = string | null;

/** One connection to a department's database, for one run. Reads what the contract maps and nothing else. */
export interface DatabaseConnection {
  /** From here on one consistent snapshot, read only. */
  begin(): Promise<void>;
  /** In their order; empty where there is no such table or view, or none that the user may see. */
  columns(table: TableName): Promise<readonly TableColumn[]>;
  count(reading: TableReading): Promise<number>;
  /** Batches of rows, each with a cell per column of the reading; the next one is not fetched before it is asked for. */
  rows(reading: TableReading): AsyncGenerator<readonly (readonly ColumnText[])[]>;
  /** Never throws. Ends whatever is under way. */
  close(): Promise<void>;
}

export interface Limits {
  /** ms; of one statement, told to the server. */
  statementMs: number;
  connectMs: number;
  batchRows: number;
}

/** Throws whatever the driver throws: `source-problem.ts` says it in our words. */
export type ConnectDatabase = (reached: ReachedUpstream, limits: Limits) => Promise<DatabaseConnection>;
