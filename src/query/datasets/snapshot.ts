import type pg from 'pg';
import { BEGIN_SNAPSHOT } from '../../platform/postgres/in-transaction.js';

const BATCH = 1_000;
/** A comparison for a million people takes minutes; one that takes longer is broken. */
const TIMEOUT = '15min';

/**
 * One state of all datasets, read by the role that can only read published rows. The caller ends the transaction and
 * releases the connection.
 */
export async function openSnapshot(pool: pg.Pool): Promise<pg.PoolClient> {
  const client = await pool.connect();
  try {
    await client.query(BEGIN_SNAPSHOT);
    await client.query(
      `SET LOCAL ROLE exchange_reader; SET LOCAL statement_timeout = '${TIMEOUT}'; SET LOCAL work_mem = '64MB'; SET LOCAL jit = off`,
    );
    return client;
  } catch (error) {
    client.release(true);
    throw error;
  }
}

/** The rows of a query, one batch in memory at a time. One query at a time. */
export async function* readInBatches<R extends pg.QueryResultRow>(
  client: pg.ClientBase,
  text: string,
  values: unknown[],
): AsyncGenerator<R[]> {
  await client.query(`DECLARE derived NO SCROLL CURSOR FOR ${text}`, values);
  for (;;) {
    const { rows } = await client.query<R>(`FETCH ${BATCH} FROM derived`);
    if (rows.length > 0) yield rows;
    if (rows.length < BATCH) break;
  }
  await client.query('CLOSE derived');
}
