import type { Clock } from '../platform/clock.js';
import { errorCode, Problem } from '../platform/errors.js';
import type { Database } from '../platform/postgres/database.js';
import { type Committing, commitQuick, commitSlow, type Doubt } from './commit.js';
import { bounded, connectLog, type LogConnection, tryWriting } from './connection.js';
import { EMPTY_STATE, type LogState, readState } from './log-state.js';
import { LogFault } from './origin/log-fault.js';
import type { Standing } from './origin/standing.js';
import type { Queue, WaitingEntry } from './queue.js';

/** How long a lot is retried while the log can't be written. Then its requests fail, and later ones fail at once. */
const PATIENCE_MS = 3_000;
const PAUSE_MS = 250;
/** How often the head is compared while nothing is written, or while the log is not the known one. */
const LOOK_MS = 1_000;

export interface LogLogger {
  warn(facts: object, message: string): void;
}

/** The one loop of a node that commits what waits: while one commit is in flight, the next batch collects. */
export interface LogWriter {
  /** Something is queued. */
  wake(): void;
  state(): LogState;
  writable(): boolean;
  /** Commits what waits, then ends. */
  close(): Promise<void>;
}

interface WriterOptions {
  clock: Clock;
  logger: LogLogger | undefined;
  onCommitted: ((entries: number) => void) | undefined;
  standing: Standing;
  /** Throws Problem where nothing may be written now. */
  refuse(): void;
}

export async function startWriter(database: Database, queue: Queue, options: WriterOptions): Promise<LogWriter> {
  const { clock, logger, onCommitted, standing, refuse } = options;
  let state = EMPTY_STATE;
  let connection: LogConnection | undefined;
  let closing = false;
  let healthy = true;
  let givenUp = false;
  let doubt: Doubt | undefined;
  const bell = makeBell();

  const adopt = (newer: LogState): void => {
    if (newer.tree.size >= state.tree.size) state = newer;
  };
  const lost = (): void => {
    healthy = false;
    bell.ring();
  };

  async function broken(error: unknown): Promise<void> {
    healthy = false;
    if (error instanceof LogFault) standing.report('writer', error);
    await connection?.end();
  }
  const recovered = (): void => {
    healthy = true;
    givenUp = false;
  };

  async function connected(): Promise<LogConnection> {
    if (connection?.alive()) return connection;
    connection = await connectLog(database, lost, connection === undefined);
    await look(connection);
    if (!healthy) await tryWriting(connection);
    if (doubt === undefined) recovered();
    return connection;
  }

  /** Adopts the head. Throws LogFault where the log does not extend the one that this node knows. */
  async function look({ client }: LogConnection): Promise<void> {
    adopt(await bounded(readState(client, state)));
    standing.report('writer', undefined);
  }

  async function commit(lot: readonly WaitingEntry[]): Promise<void> {
    const { client } = await connected();
    refuse();
    const sending = (batch: Doubt['batch'], of: readonly WaitingEntry[]): void => {
      doubt = { batch, lot: of };
    };
    const committing = (): Committing => ({ client, state, adopt, now: clock.now, uuid: clock.uuid, sending });
    const left = doubt === undefined ? await commitQuick(committing(), lot) : lot;
    if (left.length > 0) await commitSlow(committing(), left, doubt);
    doubt = undefined;
    recovered();
    onCommitted?.(lot.length);
  }

  /** Commits a lot, retrying within bounds. A batch that the database refuses is halved until the bad entry is alone. */
  async function deliver(lot: readonly WaitingEntry[]): Promise<void> {
    const end = performance.now() + PATIENCE_MS;
    for (let attempt = 1; ; attempt++) {
      try {
        return await commit(lot);
      } catch (error) {
        await broken(error);
        if (error instanceof Problem) return giveUp(lot, error);
        logger?.warn({ code: errorCode(error), attempt, entries: lot.length }, 'audit commit failed');
        if (isRefusal(error)) return divide(lot);
        if (givenUp || performance.now() > end) return giveUp(lot, failed());
        await pause(PAUSE_MS);
      }
    }
  }

  async function divide(lot: readonly WaitingEntry[]): Promise<void> {
    doubt = undefined;
    if (lot.length === 1)
      return lot[0]!.fail(new Problem('unprocessable', 'The audit entry of this request cannot be written'));
    const half = Math.ceil(lot.length / 2);
    await deliver(lot.slice(0, half));
    await deliver(lot.slice(half));
  }

  function giveUp(lot: readonly WaitingEntry[], problem: Problem): void {
    doubt = undefined;
    givenUp = true;
    failAll([...lot, ...drain(queue)], problem);
  }

  /** Compares the head, on a new connection where the last one broke. */
  async function lookAgain(): Promise<void> {
    try {
      await (connection?.alive() ? look(connection) : connected());
    } catch (error) {
      await broken(error);
      await pause(error instanceof LogFault ? LOOK_MS : PAUSE_MS);
    }
  }

  async function run(): Promise<void> {
    while (!closing || queue.length > 0) {
      if (queue.length > 0) await deliver(queue.take());
      else if (!connection?.alive() || !(await bell.rung(LOOK_MS))) await lookAgain();
    }
    await connection?.end();
  }
  // Whoever starts reports a first look that fails.
  await connected().catch((error) => Promise.resolve(connection?.end()).then(() => Promise.reject(error)));
  const running = run();
  return {
    wake: bell.ring,
    state: () => state,
    writable: () => healthy && !closing && connection?.alive() === true,
    close: async () => {
      closing = true;
      bell.ring();
      await running;
    },
  };
}

interface Bell {
  ring(): void;
  /** True once it rings; false after so many ms of silence. */
  rung(ms: number): Promise<boolean>;
}

function makeBell(): Bell {
  let ring = (): void => undefined;
  return {
    ring: () => ring(),
    rung: (ms) =>
      new Promise((resolve) => {
        const silence = setTimeout(() => resolve(false), ms);
        ring = () => {
          clearTimeout(silence);
          // One turn of the event loop later, so that requests that arrive together share a batch.
          setImmediate(resolve, true);
        };
      }),
  };
}

/** The server refused the data of the statement (SQLSTATE classes 22 and 23). A unique violation is not a fault of the data. */
function isRefusal(error: unknown): boolean {
  return /^(22|23(?!505))/.test(errorCode(error) ?? '');
}

/** Takes all that waits. */
function drain(queue: Queue): WaitingEntry[] {
  const all: WaitingEntry[] = [];
  while (queue.length > 0) all.push(...queue.take());
  return all;
}

function failAll(lot: readonly WaitingEntry[], problem: Problem): void {
  for (const { fail } of lot) fail(problem);
}

function failed(): Problem {
  return new Problem('audit-unavailable', undefined, { retryAfter: 2 });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
