import pg from 'pg';
import { MIGRATION_NAMES } from '../../platform/postgres/migrate.js';
import { unendedRestore } from './restores.js';

/** A table as it is in the database. */
export interface StoredTable {
  schema: string;
  name: string;
  /** In their order; generated ones left out. */
  columns: string[];
  indexes: string[];
}

/** Live nodes, and sessions and tokens, which must not revive. Staging tables and jobs are in other schemas, and made again. */
const LEFT_OUT = ['exchange.node', 'exchange.oidc', 'exchange.session'];

const TABLES = `
  SELECT n.nspname AS schema, c.relname AS name, c.oid::text AS oid,
    array(SELECT a.attname::text FROM pg_attribute a
      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY a.attnum) AS columns,
    array(SELECT i.relname::text FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid WHERE x.indrelid = c.oid ORDER BY 1) AS indexes,
    array(SELECT k.confrelid::text FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'f' AND k.confrelid <> c.oid) AS needs
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = 'r' AND n.nspname IN ('exchange', 'audit', 'data') AND n.nspname || '.' || c.relname <> ALL ($1)
  ORDER BY CASE n.nspname WHEN 'exchange' THEN 0 WHEN 'audit' THEN 1 ELSE 2 END, c.relname`;

/** All tables of a backup: the platform's, the log's, then the datasets'; one that refers to another comes after it. */
export async function storedTables(client: pg.ClientBase): Promise<StoredTable[]> {
  const { rows } = await client.query<StoredTable & { oid: string; needs: string[] }>(TABLES, [LEFT_OUT]);
  const waiting = new Map(rows.map((row) => [row.oid, row]));
  const ordered: StoredTable[] = [];
  while (waiting.size > 0) {
    const next = [...waiting.values()].find(({ needs }) => !needs.some((oid) => waiting.has(oid)));
    if (next === undefined) throw new Error('The tables refer to each other in a circle.');
    waiting.delete(next.oid);
    const { schema, name, columns, indexes } = next;
    ordered.push({ schema, name, columns, indexes });
  }
  return ordered;
}

export function nameOf({ schema, name }: Pick<StoredTable, 'schema' | 'name'>): string {
  return `${schema}.${name}`;
}

/** `"exchange"."line" ("id", …)` */
export function copyTarget({ schema, name, columns }: StoredTable): string {
  const quoted = columns.map((column) => pg.escapeIdentifier(column)).join(', ');
  return `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)} (${quoted})`;
}

/** Throws Error where the tables are not those of this version, or a restore has not ended. */
export async function refuseOtherVersion(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ made: boolean }>(
    `SELECT to_regclass('migration.migration') IS NOT NULL AS made`,
  );
  const made = rows[0]?.made === true ? await migrationsOf(client) : [];
  if (made.join() !== MIGRATION_NAMES.join()) {
    throw new Error(
      'The tables are not those of this version: back up with the version that runs, or run exchange migrate.',
    );
  }
  if ((await unendedRestore(client)) !== undefined)
    throw new Error('A restore of this database did not end: end it first.');
}

/** The migrations that the tables have had, in their order. */
export async function migrationsOf(client: pg.ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>('SELECT name FROM migration.migration ORDER BY name');
  return rows.map(({ name }) => name);
}
