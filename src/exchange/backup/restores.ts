import type pg from 'pg';
import type { ClosedRecord } from './replay-export.js';

/** What a restore has committed. */
export interface LoadedBackup {
  /** RFC 3339. */
  backupAt: string;
  rows: number;
  /** The log as the backup has it. */
  log: { size: number; root: string };
  /** Name of its origin; null before its first checkpoint. */
  previous: string | null;
  /** Newer entries from an export. */
  replayed: number;
  /** What they changed, and nothing but the lost database had. */
  closed: ClosedRecord[];
}

/** Throws Error where the database has entries or datasets. */
export async function refuseFilled(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ made: boolean }>(`SELECT to_regclass('audit.entry') IS NOT NULL AS made`);
  if (rows[0]?.made !== true) return;
  const filled = await client.query(
    `SELECT FROM (SELECT index FROM audit.entry LIMIT 1) AS entry UNION ALL SELECT FROM pg_tables WHERE schemaname = 'data' LIMIT 1`,
  );
  if (filled.rowCount !== 0) throw new Error('The database is not empty: restore into an empty one.');
}

/** The restore that has committed its rows, and has not begun its origin. */
export async function unendedRestore(client: pg.ClientBase): Promise<LoadedBackup | undefined> {
  const made = await client.query<{ made: boolean }>(`SELECT to_regclass('exchange.restore') IS NOT NULL AS made`);
  if (made.rows[0]?.made !== true) return undefined;
  const { rows } = await client.query<{ loaded: LoadedBackup }>(
    'SELECT loaded FROM exchange.restore WHERE ended_at IS NULL ORDER BY began_at DESC LIMIT 1',
  );
  return rows[0]?.loaded;
}

export async function noteRestore(client: pg.ClientBase, loaded: LoadedBackup): Promise<void> {
  await client.query('INSERT INTO exchange.restore (loaded) VALUES ($1)', [JSON.stringify(loaded)]);
}

export async function endRestore(client: pg.ClientBase): Promise<void> {
  await client.query('UPDATE exchange.restore SET ended_at = now() WHERE ended_at IS NULL');
}
