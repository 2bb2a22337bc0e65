import type pg from 'pg';
import type { Contract } from '../../catalog/contract.js';
import { historyTable } from '../../catalog/table.js';

/**
 * Removes rows that a release replaced longer ago than `keepDays`, at most so many; returns how many. The rows that are read are in another table.
 * Releases have their time from their deliveries, and the delivery of the newest release is always kept.
 */
export async function pruneHistory(
  tx: Pick<pg.ClientBase, 'query'>,
  contract: Contract,
  { keepDays, atMost }: { keepDays: number; atMost: number },
): Promise<number> {
  const table = historyTable(contract);
  const { rowCount } = await tx.query(
    `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(SELECT h.ctid FROM ${table} h WHERE h."_until" <= (
       SELECT max(d.release) FROM exchange.delivery d JOIN exchange.line l ON l.id = d.line_id
       WHERE l.name = $1 AND d.state = 'published' AND d.ended_at < now() - make_interval(days => $2)) LIMIT $3))`,
    [contract.name, keepDays, atMost],
  );
  return rowCount ?? 0;
}
