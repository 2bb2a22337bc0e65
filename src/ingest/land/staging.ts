import type pg from 'pg';
import { typesOf } from '../../catalog/table.js';
import type { Validator } from '../judge/validator.js';

/** A staging table belongs to one delivery, and its name has the delivery's id. */
export const STAGING_NAME = /^d_([0-9a-f]{32})$/;

export function stagingTable(deliveryId: string): string {
  return `"staging"."d_${deliveryId.replaceAll('-', '')}"`;
}

/** The columns that staging shares with the live table, quoted, in COPY order. */
export function rowColumns(validator: Pick<Validator, 'fields' | 'minorUntil'>): string[] {
  const own = validator.minorUntil === undefined ? ['row_id'] : ['row_id', 'minor_until'];
  return [...own, ...validator.fields].map((name) => `"${name}"`);
}

/** The delivery's own columns: the line, what the row does (`MARKS`), and its text where it may still be rejected. */
const STAGING_COLUMNS = ['"_line"', '"_mark"', '"_row"'];

/** UNLOGGED: after a crash the sender delivers again, so nothing here must survive. Types are the live table's. */
export async function createStaging(client: pg.ClientBase, deliveryId: string, validator: Validator): Promise<void> {
  const columns = typesOf(validator.contract, rowColumns(validator));
  await client.query(
    `CREATE UNLOGGED TABLE ${stagingTable(deliveryId)} WITH (autovacuum_enabled = false) AS
     SELECT r.*, 0::bigint AS "_line", ''::"char" AS "_mark", ''::text AS "_row" FROM (${columns}) r WITH NO DATA`,
  );
}

export function copyStatement(deliveryId: string, validator: Validator): string {
  const columns = [...rowColumns(validator), ...STAGING_COLUMNS].join(', ');
  return `COPY ${stagingTable(deliveryId)} (${columns}) FROM STDIN`;
}
