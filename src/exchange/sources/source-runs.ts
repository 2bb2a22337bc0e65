import type pg from 'pg';
import type { ProblemCode } from '../../platform/errors.js';
import { type NewJob, queueLock } from '../../platform/jobs.js';
import { oneRow } from '../../platform/postgres/one-row.js';
import type { Exchange } from '../exchange.js';

type RunState = 'queued' | 'running' | 'published' | 'rejected' | 'failed';
export type RunCause = 'schedule' | 'request';

/** One run of a source as its deliverer sees it: counts and positions, never a value. Times are RFC 3339. */
export interface SourceRun {
  id: string;
  contract: string;
  cause: RunCause;
  /** `queued` with a `reason`: it failed, and another attempt follows. */
  state: RunState;
  attempt: number;
  delivery: string | null;
  code: string | null;
  reason: string | null;
  /** The source's notes, both sides of the reconciliation, and the number of rows kept of a failed run. */
  report: Readonly<Record<string, unknown>> | null;
  queuedAt: string;
  startedAt: string | null;
  endedAt: string | null;
}

export const RUN_TASK = 'source-run';
const ATTEMPTS = 5;

/** Runs of one dataset take turns over all nodes. */
export function sourceQueue(contractId: string): string {
  return `source ${contractId}`;
}

const RFC3339 = (column: string) => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
const COLUMNS = `id, contract, cause, state, attempt, delivery, code, reason, report, ${RFC3339('queued_at')} AS "queuedAt",
  ${RFC3339('started_at')} AS "startedAt", ${RFC3339('ended_at')} AS "endedAt"`;

/** Requests a run: its row and its job in one transaction. A schedule adds no run if one waits already (undefined). */
export function queueRun(
  exchange: Exchange,
  { contractId, cause }: { contractId: string; cause: RunCause },
): Promise<string | undefined> {
  const id = exchange.clock.uuid();
  return exchange.jobs.within(async (tx) => {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('queue run ' || $1, 0))`, [contractId]);
    if (cause === 'schedule' && (await waits(tx, contractId))) return undefined;
    await tx.query(
      `INSERT INTO exchange.source_run (id, contract, state, cause, queued_at) VALUES ($1, $2, 'queued', $3, clock_timestamp())`,
      [id, contractId, cause],
    );
    await exchange.jobs.add(tx, runJob(id, contractId));
    return id;
  });
}

function runJob(id: string, contractId: string): NewJob {
  return {
    task: RUN_TASK,
    payload: { run: id, contract: contractId },
    queue: sourceQueue(contractId),
    attempts: ATTEMPTS,
  };
}

/**
 * If the dataset's lock is free, no run is active, even if a dead node left one marked so: that would block the
 * schedule for ever.
 */
async function waits(tx: pg.ClientBase, contractId: string): Promise<boolean> {
  const lock = await tx.query<{ free: boolean }>('SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS free', [
    queueLock(sourceQueue(contractId)),
  ]);
  if (oneRow(lock, 'lock').free) await endInterruptedRuns(tx, contractId);
  const { rows } = await tx.query('SELECT FROM exchange.source_run WHERE contract = $1 AND ended_at IS NULL LIMIT 1', [
    contractId,
  ]);
  return rows.length > 0;
}

/** Call only under the dataset's lock. A run that its job retries starts again. */
export async function endInterruptedRuns(on: pg.ClientBase | pg.Pool, contractId: string): Promise<void> {
  await on.query(
    `UPDATE exchange.source_run SET state = 'failed', code = 'interrupted', ended_at = clock_timestamp(),
       reason = 'The exchange stopped before the run had ended.'
     WHERE contract = $1 AND state = 'running' AND ended_at IS NULL`,
    [contractId],
  );
}

export async function beginRun(exchange: Exchange, run: { id: string; contractId: string }): Promise<void> {
  await exchange.database.app.query(
    `INSERT INTO exchange.source_run (id, contract, state, cause, attempt, node, started_at)
     VALUES ($1, $2, 'running', 'request', 1, $3, clock_timestamp())
     ON CONFLICT (id) DO UPDATE SET state = 'running', attempt = source_run.attempt + 1, node = excluded.node,
       started_at = clock_timestamp(), ended_at = NULL`,
    [run.id, run.contractId, exchange.node],
  );
}

export interface RunEnd {
  state: RunState;
  delivery: string | null;
  code: ProblemCode | string | null;
  reason: string | null;
  report: Readonly<Record<string, unknown>> | null;
}

export async function endRun(exchange: Exchange, id: string, end: RunEnd): Promise<void> {
  await exchange.database.app.query(
    `UPDATE exchange.source_run SET state = $2, delivery = $3, code = $4, reason = $5, report = $6,
       ended_at = CASE WHEN $2 <> 'queued' THEN clock_timestamp() END
     WHERE id = $1`,
    [id, end.state, end.delivery, end.code, end.reason, end.report === null ? null : JSON.stringify(end.report)],
  );
}

/** Newest first, at most a hundred. */
export async function listRuns(exchange: Exchange, contractId: string): Promise<SourceRun[]> {
  const { rows } = await exchange.database.app.query<SourceRun>(
    `SELECT ${COLUMNS} FROM exchange.source_run WHERE contract = $1 ORDER BY queued_at DESC LIMIT 100`,
    [contractId],
  );
  return rows;
}

export async function readRun(exchange: Exchange, contractId: string, id: string): Promise<SourceRun | undefined> {
  const { rows } = await exchange.database.app.query<SourceRun>(
    `SELECT ${COLUMNS} FROM exchange.source_run WHERE id = $1 AND contract = $2`,
    [id, contractId],
  );
  return rows[0];
}
