import { enter } from '../../audit/recorded.js';
import type { Contract } from '../../catalog/contract.js';
import { isPulled, type PulledSource } from '../../catalog/source-terms.js';
import type { Ended } from '../../ingest/publish/publish.js';
import type { Intake } from '../../ingest/receive/intake.js';
import { Problem } from '../../platform/errors.js';
import { queueLock } from '../../platform/jobs.js';
import { databaseProblem } from '../../platform/postgres/database-problem.js';
import { oneRow } from '../../platform/postgres/one-row.js';
import { askedLive } from '../../query/live-keys.js';
import { callAs, deliverAs } from '../delivering/deliver-as.js';
import { openDerived } from '../derived/derived-intake.js';
import type { Exchange } from '../exchange.js';
import { databaseIntake } from './database-source.js';
import { httpIntake } from './http-source.js';
import { dropKeptBefore, type Keeping, keepNothing, keepReceived } from './keep-received.js';
import { beganEntry, runFailedEntry } from './run-entries.js';
import { beginRun, endInterruptedRuns, endRun, type RunEnd, sourceQueue } from './source-runs.js';

export interface RunOptions {
  /** UUID of a requested run. Default: a new one. */
  run?: string;
  /** Another attempt follows after a failure that may pass; the run then waits and has not failed. */
  retried?: boolean;
  /** Aborted when the node stops. */
  signal?: AbortSignal;
}

/**
 * One run of a pulled source (取数): its rows become a delivery of the application that the contract names, whole or from
 * the watermark on.
 * @throws Problem not-found, unprocessable (nothing to pull), in-progress (another run of it), upstream-refused,
 * upstream-failed, or as `deliverAs`: the run failed, the last release stays, and the received rows are set aside
 */
export async function runSource(exchange: Exchange, contractId: string, options: RunOptions = {}): Promise<Ended> {
  const { contract, source } = pulledSource(exchange, contractId);
  return alone(exchange, contractId, async () => {
    const running: Running = {
      contract,
      application: source.application,
      run: options.run ?? exchange.clock.uuid(),
      deliveryId: exchange.clock.uuid(),
      keeping: undefined,
    };
    try {
      await begin(exchange, running);
      const mode = 'watermark' in source && source.watermark !== undefined ? 'delta' : 'snapshot';
      const opened = await openIntake(exchange, contract, source);
      // Computed rows can be computed again; rejects of them would contain other departments' data.
      running.keeping =
        source.kind === 'derived' ? keepNothing(opened) : await keepReceived(exchange, opened, options.signal);
      const { intake } = running.keeping;
      const { application } = source;
      const ended = await deliverAs(exchange, { application, contractId, mode, intake, id: running.deliveryId });
      await endRun(exchange, running.run, endOf(ended));
      return ended;
    } catch (error) {
      throw await fail(exchange, running, { error, retried: options.retried ?? false });
    } finally {
      await running.keeping?.close();
    }
  });
}

interface Running {
  contract: Contract;
  application: string;
  run: string;
  deliveryId: string;
  keeping: Keeping | undefined;
}

function pulledSource(exchange: Exchange, contractId: string) {
  const contract = exchange.policy.current().catalog.contracts.get(contractId);
  if (contract === undefined) throw new Problem('not-found');
  const { source } = contract.delivery;
  if (source.kind === 'proxy') throw askedLive();
  if (!isPulled(source)) throw new Problem('unprocessable', 'This dataset has no source to pull.');
  return { contract, source };
}

/** Turns a source of any kind into a delivery. */
function openIntake(exchange: Exchange, contract: Contract, source: PulledSource): Promise<Intake> {
  if (source.kind === 'derived') return openDerived(exchange, contract, source);
  if (source.kind === 'http') return httpIntake(exchange, contract, source);
  return databaseIntake(exchange, contract, source);
}

/** Throws unless the dataset has a source that can be pulled. @throws Problem not-found, unprocessable */
export function requirePulled(exchange: Exchange, contractId: string): void {
  pulledSource(exchange, contractId);
}

/** One run per dataset at a time, over all nodes, by a lock that ends with its node. @throws Problem in-progress */
async function alone<T>(exchange: Exchange, contractId: string, work: () => Promise<T>): Promise<T> {
  const client = await exchange.database.app.connect().catch((error) => Promise.reject(databaseProblem(error)));
  const lock = [queueLock(sourceQueue(contractId))];
  try {
    const taken = await client.query<{ free: boolean }>(
      'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS free',
      lock,
    );
    if (!oneRow(taken, 'lock').free)
      throw new Problem('in-progress', 'Another run of this source is under way.', { retryAfter: 5 });
    try {
      return await work();
    } finally {
      await client.query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', lock).catch(() => undefined); // the lock ends with its connection
    }
  } finally {
    client.release();
  }
}

/** We hold the dataset's lock, so any other run marked as running ended with its node. */
async function begin(exchange: Exchange, { run, contract, application }: Running): Promise<void> {
  await endInterruptedRuns(exchange.database.app, contract.id);
  await beginRun(exchange, { id: run, contractId: contract.id });
  await enter(exchange.log, beganEntry(aboutOf(exchange, { run, contract, application })));
}

function aboutOf(
  exchange: Exchange,
  { run, contract, application }: Pick<Running, 'run' | 'contract' | 'application'>,
) {
  return { call: callAs(exchange, application), index: exchange.policy.current(), contract, run };
}

function endOf({ delivery }: Ended): RunEnd {
  const { id, state, report, counts } = delivery;
  const { refused, source } = report ?? {};
  return {
    state: state === 'published' ? 'published' : 'rejected',
    delivery: id,
    code: refused?.rule ?? null,
    reason: refused?.reason ?? null,
    report: { ...source, counts },
  };
}

/** Failures that may pass without a change. */
const PASSING: ReadonlySet<string> = new Set(['upstream-failed', 'unavailable', 'timeout', 'audit-unavailable']);

export function mayPass(problem: Problem): boolean {
  return PASSING.has(problem.code);
}

async function fail(
  exchange: Exchange,
  running: Running,
  { error, retried }: { error: unknown; retried: boolean },
): Promise<Problem> {
  const problem = databaseProblem(error);
  const { run, contract, deliveryId, keeping } = running;
  const { code, message: reason } = problem;
  const kept = (await keeping?.setAside(deliveryId, { rule: 'run-failed', reason }).catch(() => 0)) ?? 0;
  const delivery = keeping === undefined ? null : deliveryId;
  const notes = keeping?.intake.notes?.();
  const state = retried && mayPass(problem) ? 'queued' : 'failed';
  // If the database itself is down, the run stays `running` until the next attempt.
  await endRun(exchange, run, { state, delivery, code, reason, report: { ...notes, kept } }).catch(() => undefined);
  if (kept > 0) await dropKeptBefore(exchange, contract.id, deliveryId).catch(() => undefined);
  await enter(exchange.log, runFailedEntry(aboutOf(exchange, running), { code, reason })).catch(() => undefined);
  return problem;
}
