import type pg from 'pg';
import type { Database } from '../../platform/postgres/database.js';
import { BEGIN_SNAPSHOT } from '../../platform/postgres/in-transaction.js';

const BATCH = 1_000;
/** A comparison for a million people takes minutes; one that takes longer is broken. */
const TIMEOUT = '15min';

/** One state of all datasets, read by the login that can only read published rows. The caller ends the connection, and the snapshot with it. */
export async function openSnapshot(database: Database): Promise<pg.Client> {
  const client = await database.connectReader();
  try {
    await client.query(BEGIN_SNAPSHOT);
    await client.query(`SET LOCAL statement_timeout = '${TIMEOUT}'; SET LOCAL work_mem = '64MB'`);
    return client;
  } catch (error) {
    await client.end();
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
