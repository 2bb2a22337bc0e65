import type pg from 'pg';
import { transaction } from '../../platform/postgres/in-transaction.js';
import { oneRow } from '../../platform/postgres/one-row.js';
import { LOG_LOCK } from '../log-state.js';

/** Rows beyond the head, as where only batches were lost: the next entries would collide with them. */
const BEYOND = {
  entry: 'index >= $1',
  tile: '(n + 1) * 256 * power(256, level) > $1',
  checkpoint: 'size > $1',
} as const;

/**
 * Moves rows of the log beyond its head to `audit.set_aside`, where they stay as evidence. Returns how many.
 * @param client as the owner of the tables, the only one whom the log's triggers let do it
 */
export function setAside(client: pg.ClientBase): Promise<number> {
  return transaction(client, async () => {
    await client.query(`SELECT pg_advisory_xact_lock(${LOG_LOCK})`);
    const head = 'SELECT coalesce(max(next), 0)::text AS size FROM audit.batch';
    const { size } = oneRow(await client.query<{ size: string }>(head), 'head');
    let moved = 0;
    for (const [part, beyond] of Object.entries(BEYOND)) {
      const copied = await client.query(
        `INSERT INTO audit.set_aside (part, row) SELECT '${part}', to_jsonb(r) FROM audit.${part} r WHERE ${beyond}`,
        [size],
      );
      if (copied.rowCount === 0) continue;
      moved += copied.rowCount ?? 0;
      await client.query(`ALTER TABLE audit.${part} DISABLE TRIGGER append_only`);
      await client.query(`DELETE FROM audit.${part} WHERE ${beyond}`, [size]);
      await client.query(`ALTER TABLE audit.${part} ENABLE TRIGGER append_only`);
    }
    return moved;
  });
}
