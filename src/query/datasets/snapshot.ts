import type pg from 'pg';
import { BEGIN_SNAPSHOT } from '../../platform/postgres/in-transaction.js';

const BATCH = 1_000;
/** A district of a million people is compared in minutes; what takes longer has gone wrong. */
const TIMEOUT = '15min';

/** One state of all datasets, read by the role that can read published rows and nothing else. The caller ends the transaction and gives the connection back. */
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

/** Rows of a query as they come: memory holds one batch. One query at a time. */
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
