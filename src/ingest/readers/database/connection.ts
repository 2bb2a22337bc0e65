import type { ReachedUpstream } from '../../../access/upstreams/resolve-upstream.js';

export interface TableName {
  schema: string | undefined;
  table: string;
}

/** As in the database's own catalogue. */
export interface TableColumn {
  name: string;
  type: string;
}

/** A table or view that the user may read, as a contract names it. */
export interface ListedTable {
  /** `schema.table`. */
  table: string;
  kind: 'table' | 'view';
}

/** What to read from one table or view. */
export interface TableReading {
  table: TableName;
  columns: readonly TableColumn[];
  /** Columns of the key, so that the same rows come in the same order; empty where the key is derived. */
  order: readonly string[];
  /** Rows from this value on, including it, in its order; undefined `from` = all. */
  watermark: { column: TableColumn; from: string | undefined } | undefined;
}

/** A value as the database writes it; the driver makes no numbers or dates. */
export type ColumnText = string | null;

/** One connection to a department's database, for one run. Reads only what the contract maps. */
export interface DatabaseConnection {
  /** Starts one consistent, read-only snapshot. */
  begin(): Promise<void>;
  /** Without the database's own; by name, at most `TABLES_AT_MOST`. */
  tables(): Promise<readonly ListedTable[]>;
  /** In their order; empty where there is no such table or view, or the user may see none. */
  columns(table: TableName): Promise<readonly TableColumn[]>;
  count(reading: TableReading): Promise<number>;
  /** Batches of rows, one cell per column of the reading; each batch is fetched when the caller asks for it. */
  rows(reading: TableReading): AsyncGenerator<readonly (readonly ColumnText[])[]>;
  /** Never throws. Cancels what is running. */
  close(): Promise<void>;
}

export const TABLES_AT_MOST = 1_000;

export interface Limits {
  /** ms per statement; the server receives it too. */
  statementMs: number;
  connectMs: number;
  batchRows: number;
}

/** Throws the driver's errors; `source-problem.ts` translates them. */
export type ConnectDatabase = (reached: ReachedUpstream, limits: Limits) => Promise<DatabaseConnection>;
