import { Logger, type Runner, run, runMigrations, type TaskList } from 'graphile-worker';
import pg from 'pg';
import { connectionSettings } from './postgres/database-session.js';

export interface NewJob {
  task: string;
  payload: Readonly<Record<string, unknown>>;
  /** One job of a name: another one replaces it, or (`once`) leaves it alone. */
  key?: string;
  once?: boolean;
  /** Jobs of one queue run one after the other, on all nodes together. */
  queue?: string;
  runAt?: Date;
  /** Tries, the first included. */
  attempts?: number;
}

export interface Attempt {
  /** From 1. */
  number: number;
  last: boolean;
  /** The node stops: what is under way should end soon, and is done again. */
  signal: AbortSignal;
}

/** A task that throws is tried again later, with growing pauses; after its last attempt it must not throw, so that nothing stays behind. */
export type Task = (payload: Readonly<Record<string, unknown>>, attempt: Attempt) => Promise<void>;

/** Work for later, kept in PostgreSQL for all nodes (graphile-worker, schema `graphile_worker`). */
export interface Jobs {
  /** A transaction that jobs can join: they are there when it has committed, or never. */
  within<T>(work: (tx: pg.ClientBase) => Promise<T>): Promise<T>;
  add(tx: pg.ClientBase, job: NewJob): Promise<void>;
  remove(tx: pg.ClientBase, key: string): Promise<void>;
  /** Keys of waiting jobs that begin so. */
  keys(tx: pg.ClientBase, prefix: string): Promise<string[]>;
  /** From here on this node carries jobs out. */
  start(tasks: Readonly<Record<string, Task>>): Promise<void>;
  /** Waits for what is under way, which hears `signal` first. */
  close(): Promise<void>;
}

type Warn = { warn(fields: object, message: string): void };

const AT_ONCE = 2;
/** Two at work, one that listens, and those who add. */
const CONNECTIONS = AT_ONCE + 3;
const FLAGS = '-c role=exchange_owner';

/** The library's own tables belong to exchange_owner, and row security keeps every other role out of them. */
export async function migrateJobs(url: string): Promise<void> {
  const pool = openPool(url, 1);
  try {
    await runMigrations({ pgPool: pool, logger: quietly() });
  } finally {
    await pool.end();
  }
}

/** Holds no connection before it is used. */
export function openJobs(url: string, logger: Warn): Jobs {
  const pool = openPool(url, CONNECTIONS);
  const stopping = new AbortController();
  let runner: Runner | undefined;
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
    async start(tasks) {
      await releaseOfDead(pool);
      const taskList = Object.fromEntries(
        Object.entries(tasks).map(([name, task]) => [name, adapt(task, stopping.signal)]),
      );
      runner = await run({
        pgPool: pool,
        taskList,
        concurrency: AT_ONCE,
        noHandleSignals: true,
        parsedCronItems: [],
        logger: quietly(logger),
      });
      runner.promise.catch(() => logger.warn({}, 'the job worker has stopped'));
    },
    async close() {
      stopping.abort();
      await runner?.stop().catch(() => {}); // it may have ended with the database
      await pool.end();
    },
  };
}

/** What holds a queue's lock lives; a job that is taken while nobody holds it belonged to a node that died, and would wait four hours. */
export function queueLock(queue: string): string {
  return `queue ${queue}`;
}

async function releaseOfDead(pool: pg.Pool): Promise<void> {
  await pool.query(
    `SELECT graphile_worker.force_unlock_workers(array_agg(DISTINCT locked_by)) FROM graphile_worker.jobs
     WHERE locked_by IS NOT NULL AND locked_at < now() - interval '30 seconds' AND queue_name IS NOT NULL
       AND pg_try_advisory_xact_lock(hashtextextended('queue ' || queue_name, 0)) HAVING count(*) > 0`,
  );
}

function adapt(task: Task, signal: AbortSignal): TaskList[string] {
  return async (payload, { job }) => {
    const attempt = { number: job.attempts, last: job.attempts >= job.max_attempts, signal };
    await task(payload as Readonly<Record<string, unknown>>, attempt);
  };
}

/** Its messages name tasks and ids; what is attached to them may hold a payload or an error of the database. */
function quietly(logger?: Warn): Logger {
  return new Logger(() => (level, message) => {
    if (level === 'error' || level === 'warning') logger?.warn({ job: message.slice(0, 200) }, 'of the job worker');
  });
}

function openPool(url: string, max: number): pg.Pool {
  const pool = new pg.Pool({ ...connectionSettings(url), options: FLAGS, max, idleTimeoutMillis: 30_000 });
  pool.on('error', () => {}); // told by the query that fails
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

async function inTransaction<T>(pool: pg.Pool, work: (tx: pg.ClientBase) => Promise<T>): Promise<T> {
  const tx = await pool.connect();
  let broken: boolean | undefined;
  try {
    await tx.query('BEGIN');
    const done = await work(tx);
    await tx.query('COMMIT');
    return done;
  } catch (error) {
    await tx.query('ROLLBACK').catch(() => {
      broken = true;
    });
    throw error;
  } finally {
    tx.release(broken);
  }
}
