import { Problem } from '../../platform/errors.js';

/** A bounded number of things at once, and a bounded line before it. */
export interface Slots {
  /**
   * Waits for its turn, runs, makes room. `of`: on whose behalf, where each has a bound of its own. Throws Problem unavailable where the line is
   * full or the wait too long.
   */
  run<T>(work: () => Promise<T>, of?: string): Promise<T>;
}

export interface SlotOptions {
  atOnce: number;
  /** Of one alone; as many as there are where it is left out. */
  eachAtOnce?: number;
  waitingAtMost: number;
  waitMs: number;
  /** What is told where the line is full or the wait too long. */
  told?: string;
}

interface WaitingDelivery {
  of: string;
  turn(): void;
}

/**
 * A delivery holds a connection of the owner's pool from its first byte to its end: without a bound a few slow senders would take them all, and
 * without one for each a single one would keep out the others.
 */
export function openSlots({ atOnce, eachAtOnce = atOnce, waitingAtMost, waitMs, told }: SlotOptions): Slots {
  const held = new Map<string, number>();
  const line = new Set<WaitingDelivery>();
  let taken = 0;
  const mayTake = (of: string): boolean => taken < atOnce && (held.get(of) ?? 0) < eachAtOnce;
  const take = (of: string): void => {
    taken++;
    held.set(of, (held.get(of) ?? 0) + 1);
  };
  const enter = async (of: string): Promise<void> => {
    if (mayTake(of)) return take(of);
    if (line.size >= waitingAtMost) throw full(waitMs, told);
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        line.delete(waiting);
        reject(full(waitMs, told));
      }, waitMs);
      const turn = () => {
        clearTimeout(timer);
        resolve();
      };
      const waiting: WaitingDelivery = { of, turn };
      line.add(waiting);
    });
  };
  const leave = (of: string): void => {
    taken--;
    const left = held.get(of)! - 1;
    if (left === 0) held.delete(of);
    else held.set(of, left);
    for (const next of line) {
      if (!mayTake(next.of)) continue;
      line.delete(next);
      take(next.of); // at once: whoever comes meanwhile stands behind
      next.turn();
      return;
    }
  };
  return {
    async run(work, of = '') {
      await enter(of);
      try {
        return await work();
      } finally {
        leave(of);
      }
    },
  };
}

function full(waitMs: number, told = 'Other deliveries are still coming in. Send it again.'): Problem {
  const retryAfter = Math.max(1, Math.ceil(waitMs / 1_000));
  return new Problem('unavailable', told, { retryAfter });
}
