import { AS_OF_DAY } from '../people/population.js';

/** Minutes since the epoch on Zibo's clock, without a zone, as departments write time. */
export type Moment = number;

export const DAY = 1_440;
/** The demo's last minute; later events have not happened yet. */
export const NOW: Moment = (AS_OF_DAY + 1) * DAY - 1;

/** 2026-06-30 14:05:00; undefined after the demo's last day. */
export function written(moment: Moment): string | undefined {
  return moment > NOW ? undefined : spelled(moment);
}

/** The same for any moment: a time limit may be in the future. */
export function spelled(moment: Moment): string {
  return `${new Date(moment * 60_000).toISOString().slice(0, 16).replace('T', ' ')}:00`;
}
