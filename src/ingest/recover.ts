import type pg from 'pg';
import { transaction } from '../platform/postgres/in-transaction.js';
import { oneRow } from '../platform/postgres/one-row.js';
import { STAGING_NAME } from './land/staging.js';
import { dropStaging, LIFE, releaseLife } from './open-delivery.js';

/** A delivery that its node did not finish. */
export interface Interrupted {
  id: string;
  /** Id of the contract. */
  contract: string;
  application: string;
  grant: string;
}

const UUID_PARTS = /^(.{8})(.{4})(.{4})(.{4})(.{12})$/;
const REPORT = JSON.stringify({
  unmapped: [],
  faults: [],
  refused: { rule: 'interrupted', reason: 'the exchange stopped before the delivery had ended' },
});

/** Unfinished deliveries and staging tables, of living nodes and of dead ones. */
export async function findOpen(client: pg.ClientBase): Promise<Set<string>> {
  const { rows: open } = await client.query<{ id: string }>('SELECT id FROM exchange.delivery WHERE ended_at IS NULL');
  const { rows: tables } = await client.query<{ name: string }>(
    `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'staging'`,
  );
  const staged = tables.flatMap(
    ({ name }) => STAGING_NAME.exec(name)?.[1]?.replace(UUID_PARTS, '$1-$2-$3-$4-$5') ?? [],
  );
  return new Set([...open.map((row) => row.id), ...staged]);
}

/**
 * Ends a delivery whose life lock is free: it becomes `failed` and its staging table is dropped, in one transaction
 * with what `record` writes. A living one is not touched. True where this call ended a delivery.
 */
export async function endInterrupted(
  client: pg.ClientBase,
  id: string,
  record: (tx: pg.ClientBase, interrupted: Interrupted) => Promise<void>,
): Promise<boolean> {
  const life = await client.query<{ free: boolean }>(`SELECT pg_try_advisory_lock(${LIFE}) AS free`, [id]);
  if (!oneRow(life, 'lock').free) return false;
  try {
    return await transaction(client, async () => {
      await dropStaging(client, id);
      const { rows: ended } = await client.query<Interrupted>(
        `UPDATE exchange.delivery SET state = 'failed', ended_at = clock_timestamp(), report = $2
         WHERE id = $1 AND ended_at IS NULL RETURNING id, contract, application, "grant"`,
        [id, REPORT],
      );
      if (ended[0] !== undefined) await record(client, ended[0]);
      return ended.length === 1;
    });
  } finally {
    await releaseLife(client, id);
  }
}
