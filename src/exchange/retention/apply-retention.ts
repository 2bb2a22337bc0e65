import type pg from 'pg';
import { enterIn } from '../../audit/recorded.js';
import type { Contract } from '../../catalog/contract.js';
import { pruneHistory } from '../../ingest/publish/prune-history.js';
import type { Config } from '../../platform/config.js';
import { Problem } from '../../platform/errors.js';
import { inTransaction } from '../../platform/postgres/in-transaction.js';
import { oneRow } from '../../platform/postgres/one-row.js';
import type { Exchange } from '../exchange.js';

/** What one round removes. */
interface Removal {
  what: 'history' | 'rejects' | 'deliveries' | 'runs';
  /** Days; null: nothing goes. */
  keepDays: number | null;
  remove(tx: pg.ClientBase, limit: { keepDays: number; atMost: number }): Promise<number>;
}

/** Rows by kind. */
export type Removed = Readonly<Record<string, number>>;

/** Most rows of one transaction: its locks and its log entry are short. */
const ROWS_AT_MOST = 10_000;
/** Between this node and the database. What a clock that jumped calls old may be new. */
const CLOCKS_APART_MS = 60_000;

/**
 * Removes what is older than the settings keep, in transactions of bounded size; each has an entry of its own that says what went. Never touched: the
 * rows that are read, the delivery and the report of the newest release, what has not ended, policy records, packages and the log. Returns the rows
 * by kind. @throws Problem unavailable where the clocks of node and database differ
 */
export async function applyRetention(exchange: Exchange, signal?: AbortSignal): Promise<Removed> {
  await compareClocks(exchange);
  await exchange.database.app.query(`DELETE FROM exchange.node WHERE seen_at < now() - interval '1 day'`);
  const total: Record<string, number> = {};
  for (let rows = ROWS_AT_MOST; rows >= ROWS_AT_MOST; ) {
    signal?.throwIfAborted();
    const removed = await inTransaction(exchange.database.owner, (tx) => round(exchange, tx));
    rows = 0;
    for (const [what, count] of Object.entries(removed)) {
      total[what] = (total[what] ?? 0) + count;
      rows += count;
    }
  }
  return total;
}

async function round(exchange: Exchange, tx: pg.PoolClient): Promise<Removed> {
  const removed: Record<string, number> = {};
  const days: Record<string, number> = {};
  let atMost = ROWS_AT_MOST;
  for (const { what, keepDays, remove } of steps(exchange)) {
    if (keepDays === null || atMost <= 0) continue;
    const rows = await remove(tx, { keepDays, atMost });
    if (rows === 0) continue;
    removed[what] = (removed[what] ?? 0) + rows;
    days[what] = keepDays;
    atMost -= rows;
  }
  if (Object.keys(removed).length > 0) await enterIn(exchange.log, tx, draft(exchange, removed, days));
  return removed;
}

function steps({ config: { keep }, policy }: Exchange): Removal[] {
  const lineages = new Map([...policy.current().catalog.contracts.values()].map((each) => [each.table, each]));
  const history = (contract: Contract): Removal => ({
    what: 'history',
    keepDays: keep.historyDays,
    remove: (tx, limit) => pruneHistory(tx, contract, limit),
  });
  return [
    ...[...lineages.values()].map(history),
    { what: 'rejects', keepDays: rejectsDays(keep), remove: removeRejects },
    { what: 'deliveries', keepDays: keep.deliveriesDays, remove: removeDeliveries },
    { what: 'runs', keepDays: keep.deliveriesDays, remove: removeRuns },
  ];
}

/** Rejects go before their delivery does. */
function rejectsDays({ rejectsDays, deliveriesDays }: Config['keep']): number | null {
  if (rejectsDays === null || deliveriesDays === null) return rejectsDays ?? deliveriesDays;
  return Math.min(rejectsDays, deliveriesDays);
}

async function removeRejects(tx: pg.ClientBase, { keepDays, atMost }: { keepDays: number; atMost: number }) {
  const { rowCount } = await tx.query(
    `DELETE FROM exchange.delivery_reject WHERE ctid = ANY (ARRAY(
       SELECT r.ctid FROM exchange.delivery d JOIN exchange.delivery_reject r ON r.delivery = d.id
       WHERE d.ended_at < now() - make_interval(days => $1) LIMIT $2))`,
    [keepDays, atMost],
  );
  return rowCount ?? 0;
}

/** Oldest first, so that of two deliveries of one dataset the later one is never gone while the earlier one is there. */
async function removeDeliveries(tx: pg.ClientBase, { keepDays, atMost }: { keepDays: number; atMost: number }) {
  const { rows } = await tx.query<{ id: string }>(
    `SELECT d.id FROM exchange.delivery d JOIN exchange.line l ON l.id = d.line_id
     WHERE d.ended_at < now() - make_interval(days => $1) AND (d.release IS NULL OR d.release <> l.release)
       AND NOT EXISTS (SELECT FROM exchange.delivery_reject r WHERE r.delivery = d.id)
       AND NOT EXISTS (SELECT FROM exchange.upload u WHERE u.delivery = d.id)
     ORDER BY d.ended_at LIMIT $2 FOR UPDATE OF d SKIP LOCKED`,
    [keepDays, atMost],
  );
  const ids = rows.map(({ id }) => id);
  for (const table of ['quality', 'delivery_cancel']) {
    await tx.query(`DELETE FROM exchange.${table} WHERE delivery = ANY($1::uuid[])`, [ids]);
  }
  await tx.query('DELETE FROM exchange.delivery WHERE id = ANY($1::uuid[])', [ids]);
  return ids.length;
}

/** The newest run of a source stays: it says how far the source came. */
async function removeRuns(tx: pg.ClientBase, { keepDays, atMost }: { keepDays: number; atMost: number }) {
  const { rowCount } = await tx.query(
    `DELETE FROM exchange.source_run WHERE id = ANY (ARRAY(
       SELECT s.id FROM exchange.source_run s WHERE s.ended_at < now() - make_interval(days => $1)
         AND EXISTS (SELECT FROM exchange.source_run n WHERE n.contract = s.contract AND n.queued_at > s.queued_at)
       LIMIT $2))`,
    [keepDays, atMost],
  );
  return rowCount ?? 0;
}

function draft({ clock }: Exchange, removed: Removed, olderThanDays: Readonly<Record<string, number>>) {
  return {
    request: clock.uuid(),
    event: 'retention.applied' as const,
    outcome: 'success' as const,
    actor: null,
    accesses: [],
    sealed: { ask: null },
    detail: { removed, olderThanDays },
  };
}

async function compareClocks({ database, clock }: Exchange): Promise<void> {
  const read = await database.app.query<{ now: string }>('SELECT extract(epoch FROM clock_timestamp()) * 1000 AS now');
  const apart = Math.abs(Number(oneRow(read, 'time').now) - clock.now());
  if (apart <= CLOCKS_APART_MS) return;
  throw new Problem('unavailable', 'The clocks of this node and of the database differ, so nothing is removed as old.');
}
