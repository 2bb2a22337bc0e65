import type { Clock } from '../platform/clock.js';
import { errorCode, Problem } from '../platform/errors.js';
import type { Database } from '../platform/postgres/database.js';
import { type Committing, commitQuick, commitSlow, type Doubt } from './commit.js';
import { bounded, connectLog, type LogConnection, tryWriting } from './connection.js';
import { EMPTY_STATE, type LogState, readState } from './log-state.js';
import type { Queue, WaitingEntry } from './queue.js';

/** How long a lot is retried while the log can't be written. Then its requests fail, and later ones fail at once. */
const PATIENCE_MS = 3_000;
const PAUSE_MS = 250;

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
}

export async function startWriter(database: Database, queue: Queue, options: WriterOptions): Promise<LogWriter> {
  const { clock, logger, onCommitted } = options;
  let state = EMPTY_STATE;
  let connection: LogConnection | undefined;
  let closing = false;
  let healthy = true;
  let givenUp = false;
  let doubt: Doubt | undefined;
  let signal = (): void => undefined;

  const adopt = (newer: LogState): void => {
    if (newer.tree.size >= state.tree.size) state = newer;
  };
  const wake = (): void => signal();
  const lost = (): void => {
    healthy = false;
    signal();
  };

  const recovered = (): void => {
    healthy = true;
    givenUp = false;
  };

  async function connected(): Promise<LogConnection> {
    if (connection?.alive()) return connection;
    connection = await connectLog(database, lost);
    adopt(await bounded(readState(connection.client, state)));
    if (!healthy) await tryWriting(connection);
    if (doubt === undefined) recovered();
    return connection;
  }

  async function commit(lot: readonly WaitingEntry[]): Promise<void> {
    const { client } = await connected();
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
        healthy = false;
        await connection?.end();
        logger?.warn({ code: errorCode(error), attempt, entries: lot.length }, 'audit commit failed');
        if (isRefusal(error)) return divide(lot);
        if (givenUp || performance.now() > end) return giveUp(lot);
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

  function giveUp(lot: readonly WaitingEntry[]): void {
    doubt = undefined;
    givenUp = true;
    const failed = new Problem('audit-unavailable', undefined, { retryAfter: 2 });
    for (const { fail } of lot) fail(failed);
    while (queue.length > 0) for (const { fail } of queue.take()) fail(failed);
  }

  async function reconnect(): Promise<void> {
    try {
      await connected();
    } catch {
      await connection?.end();
      await pause(PAUSE_MS);
    }
  }

  function woken(): Promise<void> {
    return new Promise((resolve) => {
      // One turn of the event loop later, so that requests that arrive together share a batch.
      signal = () => setImmediate(resolve);
    });
  }

  async function run(): Promise<void> {
    while (!closing || queue.length > 0) {
      if (queue.length > 0) await deliver(queue.take());
      else if (!connection?.alive()) await reconnect();
      else await woken();
    }
    await connection?.end();
  }

  await connected().catch(async (error: unknown) => {
    await connection?.end();
    throw error;
  });
  const running = run();
  return {
    wake,
    state: () => state,
    writable: () => healthy && !closing && connection?.alive() === true,
    close: async () => {
      closing = true;
      wake();
      await running;
    },
  };
}

/** The server refused the data of the statement (SQLSTATE classes 22 and 23). A unique violation is not a fault of the data. */
function isRefusal(error: unknown): boolean {
  return /^(22|23(?!505))/.test(errorCode(error) ?? '');
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
