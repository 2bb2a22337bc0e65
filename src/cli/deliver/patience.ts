import { setTimeout as pause } from 'node:timers/promises';
import type { Reply } from '../../client/http.js';
import { systemClock } from '../../platform/clock.js';
import { errorCode } from '../../platform/errors.js';
import { CommandError, EXIT } from '../exit-code.js';

const TRIES = 8;
const FIRST_MS = 500;
const LONGEST_MS = 30_000;
/** Longest wait for one Retry-After. */
const RETRY_AFTER_AT_MOST_S = 300;

/** How long a sender retries without progress. */
export interface Patience {
  /** Some bytes were accepted: starts counting again. */
  reset(): void;
  /** Waits as the reply asks, else twice as long as before. Throws CommandError after too many tries without success, or AbortError. */
  wait(seen: Reply | Error): Promise<void>;
}

export function patience(signal: AbortSignal): Patience {
  let tries = 0;
  return {
    reset: () => {
      tries = 0;
    },
    async wait(seen) {
      if (++tries > TRIES) throw new CommandError(EXIT.noServer, `Given up after ${TRIES} tries: ${wordOf(seen)}`);
      const asked = seen instanceof Error ? Number.NaN : Number(seen.headers['retry-after']);
      await pause(Number.isNaN(asked) ? backOff(tries) : Math.min(asked, RETRY_AFTER_AT_MOST_S) * 1000, undefined, {
        signal,
      });
    },
  };
}

/** Randomised by up to a quarter, so that senders that lost their connections together do not return together. */
function backOff(tries: number): number {
  const spread = 1 + systemClock.randomBytes(1).readUInt8() / 1024;
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** (tries - 1)) * spread;
}

function wordOf(seen: Reply | Error): string {
  if (!(seen instanceof Error)) return `the exchange answers ${seen.status}.`;
  return 'the exchange does not answer.';
}

/** Whether a retry may succeed: the exchange is busy, or already does what was asked. */
export function mayPass({ status, text }: Reply): boolean {
  return status === 503 || status === 429 || (status === 409 && text.includes('"in-progress"'));
}

/** The reply, or the error of a broken connection. Throws errors that a retry does not change. */
export async function tried(request: () => Promise<Reply>, signal: AbortSignal): Promise<Reply | Error> {
  try {
    return await request();
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Error && BROKEN.has(errorCode(error) ?? '')) return error;
    throw error;
  }
}

const BROKEN = new Set([
  ...['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN'],
  ...['UND_ERR_SOCKET', 'UND_ERR_CONNECT_TIMEOUT'],
]);
