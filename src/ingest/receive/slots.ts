import { Problem } from '../../platform/errors.js';
import { known } from '../../platform/known.js';

/** A limited number of concurrent tasks, and a limited queue before them. */
export interface Slots {
  /** Runs in a slot of `of`, the owner. Throws Problem unavailable where the queue is full or the wait too long. */
  run<T>(work: () => Promise<T>, of?: string): Promise<T>;
}

export interface SlotOptions {
  atOnce: number;
  /** Per owner; default: no limit of its own. */
  eachAtOnce?: number;
  waitingAtMost: number;
  waitMs: number;
  /** The message where the queue is full or the wait too long. */
  told?: string;
}

interface WaitingDelivery {
  of: string;
  turn(): void;
}

/**
 * A delivery that runs holds a connection of the owner's pool to its end. Without a limit a few would take them all;
 * without a limit per owner one sender would exclude the others.
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
    const left = known(held, of) - 1;
    if (left === 0) held.delete(of);
    else held.set(of, left);
    for (const next of line) {
      if (!mayTake(next.of)) continue;
      line.delete(next);
      take(next.of); // at once: callers that arrive meanwhile queue behind
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
