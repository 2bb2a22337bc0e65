import { EventEmitter } from 'node:events';
import type { Logger, Runner, TaskList, WorkerEvents } from 'graphile-worker';
import type pg from 'pg';
import { isObject } from './json-pointer.js';
import { inTransaction } from './postgres/in-transaction.js';

export interface NewJob {
  task: string;
  payload: Readonly<Record<string, unknown>>;
  /** One waiting job per key: a new job replaces it, or (`once`) leaves it as it is. */
  key?: string;
  once?: boolean;
  /** Jobs in one queue run one after the other, across all nodes. */
  queue?: string;
  runAt?: Date;
  /** Most attempts, the first included. */
  attempts?: number;
}

interface Attempt {
  /** Counts from 1. */
  number: number;
  last: boolean;
  /** Aborts when the node stops: running work should end soon, and is done again later. */
  signal: AbortSignal;
}

/** A task that throws is retried later, with growing pauses. At its last attempt it must not throw, so that it can clean up. */
export type Task = (payload: Readonly<Record<string, unknown>>, attempt: Attempt) => Promise<void>;

/** Work for later, stored in PostgreSQL for all nodes (graphile-worker, schema `graphile_worker`). */
export interface Jobs {
  /** A transaction that jobs can join: they exist when it commits, or never. */
  within<T>(work: (tx: pg.ClientBase) => Promise<T>): Promise<T>;
  add(tx: pg.ClientBase, job: NewJob): Promise<void>;
  remove(tx: pg.ClientBase, key: string): Promise<void>;
  /** Keys of waiting jobs with this prefix. */
  keys(tx: pg.ClientBase, prefix: string): Promise<string[]>;
  /** Starts carrying out jobs on this node. */
  start(tasks: Readonly<Record<string, Task>>): Promise<void>;
  /** Aborts `signal`, then waits for running work. */
  close(): Promise<void>;
}

type Warn = { warn(fields: object, message: string): void };

const AT_ONCE = 2;
const AGAIN_MS = 1_000;
/** Jobs of one turn are marked as done together. One by one, a failure to do so is a rejection that nobody awaits, which ends the process. */
const IN_BATCHES = { completeJobBatchDelay: 0, failJobBatchDelay: 0 };

/** The library's tables belong to exchange_owner, the role of the pool; row security keeps every other role out. */
export async function migrateJobs(pool: pg.Pool): Promise<void> {
  const worker = await import('graphile-worker');
  await worker.runMigrations({ pgPool: pool, logger: quietly(worker) });
}

/** On the pool of the jobs: two connections that work, one that listens, two for adding jobs. */
export function openJobs(pool: pg.Pool, logger: Warn): Jobs {
  const work = keepWorking(pool, logger);
  return {
    within: (work) => inTransaction(pool, work),
    async add(tx, { task, payload, key, once, queue, runAt, attempts }) {
      await tx.query(
        `SELECT graphile_worker.add_job($1, payload := $2::json, queue_name := $3, run_at := $4, max_attempts := $5::int, job_key := $6,
           job_key_mode := $7)`,
        [task, JSON.stringify(payload), queue, runAt, attempts, key, once === true ? 'unsafe_dedupe' : 'replace'],
      );
    },
    remove: async (tx, key) => void (await tx.query('SELECT graphile_worker.remove_job($1)', [key])),
    async keys(tx, prefix) {
      const { rows } = await tx.query<{ key: string }>(
        'SELECT key FROM graphile_worker.jobs WHERE starts_with(key, $1)',
        [prefix],
      );
      return rows.map(({ key }) => key);
    },
    start: (tasks) => work.start(tasks),
    close: () => work.close(),
  };
}

/**
 * The library's runner ends for good where a job can't be marked as done, because the database is away. Then the next one begins, and makes free what
 * the ended one held.
 */
function keepWorking(pool: pg.Pool, logger: Warn): Pick<Jobs, 'start' | 'close'> {
  const stopping = new AbortController();
  /** Ids of the library's, of workers that began here. */
  const begunIds: string[] = [];
  let runner: Runner | undefined;
  let timer: NodeJS.Timeout | undefined;
  const begin = async (taskList: TaskList): Promise<void> => {
    await releaseOf(pool, begunIds);
    const worker = await import('graphile-worker');
    const events: WorkerEvents = new EventEmitter();
    events.on('pool:create', ({ workerPool }) => begunIds.push(workerPool.id));
    const begun = await worker.run({
      pgPool: pool,
      taskList,
      concurrency: AT_ONCE,
      noHandleSignals: true,
      parsedCronItems: [],
      preset: { worker: IN_BATCHES },
      events,
      logger: quietly(worker, logger),
    });
    runner = begun;
    void begun.promise.catch(() => {}).then(() => again(taskList));
    if (stopping.signal.aborted) await begun.stop();
  };
  const again = (taskList: TaskList): void => {
    if (stopping.signal.aborted) return;
    logger.warn({}, 'the job worker has stopped, and begins again');
    timer = setTimeout(() => begin(taskList).catch(() => again(taskList)), AGAIN_MS);
  };
  return {
    async start(tasks) {
      await begin(
        Object.fromEntries(Object.entries(tasks).map(([name, task]) => [name, adapt(task, stopping.signal)])),
      );
    },
    async close() {
      stopping.abort();
      clearTimeout(timer);
      await runner?.stop().catch(() => {}); // it may have ended with the database
    },
  };
}

/** Name of the lock that the node running a queue holds. A taken job whose queue nobody holds belonged to a dead node, and would wait four hours. */
export function queueLock(queue: string): string {
  return `queue ${queue}`;
}

/** Makes jobs free that dead nodes took, and those of workers that have ended here. */
async function releaseOf(pool: pg.Pool, ended: readonly string[]): Promise<void> {
  await pool.query(
    `SELECT graphile_worker.force_unlock_workers(array_agg(DISTINCT locked_by)) FROM graphile_worker.jobs
     WHERE locked_by = ANY ($1) OR locked_by IS NOT NULL AND locked_at < now() - interval '30 seconds' AND queue_name IS NOT NULL
       AND pg_try_advisory_xact_lock(hashtextextended('queue ' || queue_name, 0)) HAVING count(*) > 0`,
    [ended],
  );
}

function adapt(task: Task, signal: AbortSignal): TaskList[string] {
  return async (payload, { job }) => {
    const attempt = { number: job.attempts, last: job.attempts >= job.max_attempts, signal };
    if (!isObject(payload)) throw new Error('The payload of the job is not an object.');
    await task(payload, attempt);
  };
}

/** Logs only its messages, which name tasks and ids; what it attaches may contain a payload or a database error. */
function quietly(worker: typeof import('graphile-worker'), logger?: Warn): Logger {
  return new worker.Logger(() => (level, message) => {
    if (level === 'error' || level === 'warning') logger?.warn({ job: message.slice(0, 200) }, 'of the job worker');
  });
}
