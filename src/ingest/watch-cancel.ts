import type pg from 'pg';
import type { Database } from '../platform/postgres/database.js';

/** Its deliverer has taken the delivery back. */
export class Cancelled extends Error {}

/** Hears of the wish to cancel one delivery, uttered on whatever node. */
export interface CancelWatch {
  /** Aborted with `Cancelled` soon after the wish. */
  signal: AbortSignal;
  /** Throws Cancelled where the wish is committed: asked within the transaction that would publish. */
  check(tx: Pick<pg.ClientBase, 'query'>): Promise<void>;
  close(): void;
}

const PERIOD_MS = 500;

/** Looks twice a second while rows come in: a delivery that is over sooner costs no query. */
export function watchCancel({ app }: Pick<Database, 'app'>, deliveryId: string): CancelWatch {
  const abort = new AbortController();
  const check = async (tx: Pick<pg.ClientBase, 'query'>) => {
    const { rowCount } = await tx.query('SELECT FROM exchange.delivery_cancel WHERE delivery = $1', [deliveryId]);
    if (rowCount !== 0) throw new Cancelled('The deliverer has cancelled it');
  };
  let looking = false;
  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    check(app)
      .catch((error) => {
        if (error instanceof Cancelled) abort.abort(error); // a lost database is noticed by the delivery itself
      })
      .finally(() => {
        looking = false;
      });
  }, PERIOD_MS).unref();
  return { signal: abort.signal, check, close: () => clearInterval(timer) };
}
