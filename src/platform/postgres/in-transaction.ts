import type pg from 'pg';

/** One state of the database for all statements of the transaction. */
export const BEGIN_SNAPSHOT = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';

interface TransactionOptions {
  /** The statement that begins it. */
  begin?: string;
  /** Asked once the work is done: false rolls back, without an error. */
  keep?: () => boolean;
  /** Hears that the connection could not be rolled back. */
  lost?: (error: Error) => void;
}

/** Work in one transaction, on a connection of its own. A connection that can't be rolled back is given up. */
export async function inTransaction<T>(
  pool: pg.Pool,
  work: (tx: pg.PoolClient) => Promise<T>,
  options: Omit<TransactionOptions, 'lost'> = {},
): Promise<T> {
  const tx = await pool.connect();
  let broken: Error | undefined;
  const lost = (error: Error) => {
    broken = error;
  };
  try {
    return await transaction(tx, () => work(tx), { ...options, lost });
  } finally {
    tx.release(broken);
  }
}

/** Work in one transaction, on a connection that the caller holds. Where it can't be rolled back, the connection is gone and the transaction with it. */
export async function transaction<T>(
  client: pg.ClientBase,
  work: () => Promise<T>,
  { begin = 'BEGIN', keep = () => true, lost }: TransactionOptions = {},
): Promise<T> {
  try {
    await client.query(begin);
    const done = await work();
    await client.query(keep() ? 'COMMIT' : 'ROLLBACK');
    return done;
  } catch (error) {
    await client.query('ROLLBACK').catch((failure: Error) => lost?.(failure));
    throw error;
  }
}
