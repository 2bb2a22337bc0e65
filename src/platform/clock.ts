import { randomBytes, randomUUID } from 'node:crypto';

/** All time and randomness of the exchange, so that a test can fix them. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  randomBytes(size: number): Buffer;
  uuid(): string;
}

export const systemClock: Clock = { now: () => Date.now(), randomBytes, uuid: randomUUID };

const SHANGHAI_MS = 8 * 3_600_000;

const DAY_MS = 86_400_000;
let lastDay = Number.NaN;
let lastDate = '';

/** The calendar date in Asia/Shanghai (no daylight saving since 1991), `YYYY-MM-DD`. Every answer asks for it, so the last result is cached. */
export function shanghaiDate(ms: number): string {
  const day = Math.floor((ms + SHANGHAI_MS) / DAY_MS);
  if (day !== lastDay) {
    lastDate = new Date(day * DAY_MS).toISOString().slice(0, 10);
    lastDay = day;
  }
  return lastDate;
}
