import { randomBytes, randomUUID } from 'node:crypto';

/** All time and randomness of the exchange, so that a test can hold them still. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  randomBytes(size: number): Buffer;
  uuid(): string;
}

export const systemClock: Clock = { now: () => Date.now(), randomBytes, uuid: randomUUID };

const SHANGHAI_MS = 8 * 3_600_000;

/** The calendar date in Asia/Shanghai (no daylight saving since 1991), `YYYY-MM-DD`. */
export function shanghaiDate(ms: number): string {
  return new Date(ms + SHANGHAI_MS).toISOString().slice(0, 10);
}
