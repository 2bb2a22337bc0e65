import { Problem } from '../platform/errors.js';

/** A bounded number of things at once, and a bounded line before it. */
export interface Slots {
  /** Waits for its turn, runs, makes room. Throws Problem unavailable where the line is full or the wait too long. */
  run<T>(work: () => Promise<T>): Promise<T>;
}

export interface SlotOptions {
  atOnce: number;
  waitingAtMost: number;
  waitMs: number;
  /** What is told where the line is full or the wait too long. */
  told?: string;
}

/**
 * A delivery holds a connection of the owner's pool from its first byte to its end: without a bound a few slow senders would take them all.
 */
export function openSlots({ atOnce, waitingAtMost, waitMs, told }: SlotOptions): Slots {
  let taken = 0;
  const line = new Set<() => void>();
  const enter = async (): Promise<void> => {
    if (taken < atOnce) {
      taken++;
      return;
    }
    if (line.size >= waitingAtMost) throw full(waitMs, told);
    await new Promise<void>((resolve, reject) => {
      const turn = () => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        line.delete(turn);
        reject(full(waitMs, told));
      }, waitMs);
      line.add(turn);
    });
  };
  const leave = (): void => {
    const [next] = line;
    if (next === undefined) {
      taken--;
    } else {
      line.delete(next);
      next(); // the slot goes from hand to hand
    }
  };
  return {
    async run(work) {
      await enter();
      try {
        return await work();
      } finally {
        leave();
      }
    },
  };
}

function full(waitMs: number, told = 'Other deliveries are still coming in. Send it again.'): Problem {
  const retryAfter = Math.max(1, Math.ceil(waitMs / 1_000));
  return new Problem('unavailable', told, { retryAfter });
}
