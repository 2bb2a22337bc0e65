import type pg from 'pg';
import type { Database } from '../platform/postgres/database.js';

/** The deliverer has cancelled the delivery. */
export class Cancelled extends Error {}

/** Learns of a request to cancel one delivery, made on any node. */
export interface CancelWatch {
  /** Aborted with `Cancelled` soon after the request. */
  signal: AbortSignal;
  /** Throws Cancelled where the request is committed; called within the transaction that would publish. */
  check(tx: Pick<pg.ClientBase, 'query'>): Promise<void>;
  close(): void;
}

const PERIOD_MS = 500;

/** Reads twice a second while rows come in: a shorter delivery costs no query. */
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
        if (error instanceof Cancelled) abort.abort(error); // the delivery itself notices a lost database
      })
      .finally(() => {
        looking = false;
      });
  }, PERIOD_MS).unref();
  return { signal: abort.signal, check, close: () => clearInterval(timer) };
}
