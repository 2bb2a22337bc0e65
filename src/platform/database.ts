import type pg from 'pg';

/**
 * The four ways into PostgreSQL, each with its own role (`access.md`, second wall):
 * `owner` (DDL, publishing, staging), `app` (platform tables), `reader` (SELECT on published tables only, read-only transactions,
 * statement timeout, pipelined), `audit` (one dedicated connection for the log, made anew when it breaks).
 */
export interface Database {
  owner: pg.Pool;
  app: pg.Pool;
  /** Only `query/run.ts` reads through it. */
  reader: ReaderPool;
  /** A new connection as `exchange_audit`; the caller ends it. */
  connectAudit(): Promise<pg.Client>;
  /** A new connection for LISTEN, as `exchange_app`; the caller ends it. */
  connectListener(): Promise<pg.Client>;
  close(): Promise<void>;
}

/** A few pipelined connections; every query goes to the least busy one. Rows come as arrays of text (identity parsers): `(string | null)[]`. */
export interface ReaderPool {
  /** `name` → a named prepared statement; undefined → unnamed. */
  query(statement: { name?: string; text: string; values: unknown[] }): Promise<(string | null)[][]>;
}
