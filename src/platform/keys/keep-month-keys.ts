import type pg from 'pg';
import type { Keys } from './keys.js';
import { withKnownKeys } from './known-keys.js';

const PERIOD_MS = 60_000;
/** While a key is missing: a copied file helps at once. */
const HURRY_MS = 1_000;

export interface MonthKeeper {
  /** Why this node is not ready: the file that it lacks. */
  lacking(): { name: string; detail: string } | undefined;
  close(): Promise<void>;
}

/** While a node runs: makes the months ahead, and reads files that were copied from another node. */
export function keepMonthKeys(of: {
  keys: Pick<Keys, 'months'>;
  pool: pg.Pool;
  logger: { warn(fields: { reason: string }, message: string): void };
}): MonthKeeper {
  const { months } = of.keys;
  let looking: Promise<void> | undefined;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  const schedule = () => {
    if (!closed) timer = setTimeout(look, months.lacking() === undefined ? PERIOD_MS : HURRY_MS).unref();
  };
  function look(): void {
    looking = settle(of)
      .catch((error: Error) => of.logger.warn({ reason: error.message }, 'the keys of months were not checked'))
      .finally(schedule);
  }
  schedule();
  return {
    lacking() {
      const detail = months.lacking();
      return detail === undefined ? undefined : { name: 'keys', detail };
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      await looking;
    },
  };
}

async function settle({ keys, pool }: { keys: Pick<Keys, 'months'>; pool: pg.Pool }): Promise<void> {
  const client = await pool.connect();
  try {
    await withKnownKeys(client, (known) => keys.months.settle(known));
  } finally {
    client.release();
  }
}
