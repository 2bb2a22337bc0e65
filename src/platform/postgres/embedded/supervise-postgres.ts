import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { type EmbeddedPostgres, type PostgresOptions, startPostgres } from './start-postgres.js';

interface SupervisedPostgres {
  /** The same after every restart. */
  url: string;
  /** Process id of the present postmaster. */
  pid(): number;
  /** Resolves with the reason when PostgreSQL has ended and can't be started again. */
  lost: Promise<Error>;
  close(): Promise<void>;
}

/** Starts in a row that fail, or that end within `SETTLED_MS`, before it gives up; the pause before each doubles. */
const TRIES = 6;
const FIRST_PAUSE_MS = 250;
const SETTLED_MS = 1_000;

/** Starts PostgreSQL, and starts it again when it ends or answers nobody. Throws where the first start fails. */
export async function supervisePostgres(
  options: PostgresOptions,
  warn: (message: string) => void,
): Promise<SupervisedPostgres> {
  let postgres = await startPostgres(options);
  let closing = false;
  let failures = 0;
  let reason: Error | undefined;

  async function startAgain(): Promise<void> {
    if (failures > 0) await pause(FIRST_PAUSE_MS * 2 ** failures);
    if (closing) return;
    try {
      postgres = await startPostgres(options);
      const settled = await Promise.race([postgres.ended.then(() => false), pause(SETTLED_MS, true)]);
      failures = settled ? 0 : failures + 1;
    } catch (error) {
      reason = error instanceof Error ? error : new Error(String(error));
      failures += 1;
    }
  }

  async function watch(): Promise<Error | undefined> {
    while (!closing) {
      await endOf(postgres, () => closing);
      if (closing) break;
      do {
        warn('The embedded PostgreSQL has ended: starting it again.');
        await startAgain();
      } while (failures > 0 && failures < TRIES && !closing);
      if (failures === TRIES)
        return new Error(`PostgreSQL has ended and does not start again. ${reason?.message ?? ''}`.trim());
    }
    return undefined;
  }

  const watching = watch();
  const lost = new Promise<Error>((resolve) => {
    void watching.then((error) => error && resolve(error));
  });
  return {
    url: postgres.url,
    pid: () => postgres.pid,
    lost,
    async close() {
      closing = true;
      await postgres.stop();
      await watching;
      await postgres.stop(); // one that was just being started
    },
  };
}

const WATCH_MS = 2_000;
/** A reply is waited for in turns of the event loop: a process that is busy itself must not take PostgreSQL for frozen. */
const REPLY = { turns: 20, turnMs: 200 };
const SILENCES = 2;

/** Returns when the postmaster has ended; one that is frozen is killed. */
async function endOf(postgres: EmbeddedPostgres, closing: () => boolean): Promise<void> {
  let ended = false;
  const end = postgres.ended.then(() => {
    ended = true;
  });
  for (let silences = 0; !ended && !closing(); ) {
    await Promise.race([end, pause(WATCH_MS, undefined, { ref: false })]);
    if (ended || closing()) return;
    silences = (await replies(postgres.socket)) ? 0 : silences + 1;
    if (silences < SILENCES || ended || closing()) continue;
    postgres.kill();
    await end;
  }
}

/** Asks the postmaster for TLS, as the protocol allows before a session: it replies with one byte, whatever state it is in. */
async function replies(path: string): Promise<boolean> {
  const [length, code] = [8, 80_877_103];
  const request = Buffer.alloc(length);
  request.writeInt32BE(length, 0);
  request.writeInt32BE(code, 4);
  let replied = false;
  const socket = connect({ path }, () => socket.write(request));
  socket
    .on('error', () => {})
    .once('data', () => {
      replied = true;
      socket.destroy();
    });
  for (let turn = 0; turn < REPLY.turns && !socket.destroyed; turn++) await pause(REPLY.turnMs);
  socket.destroy();
  return replied;
}
