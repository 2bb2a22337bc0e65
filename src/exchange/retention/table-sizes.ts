import type { Clock } from '../../platform/clock.js';
import type { Database } from '../../platform/postgres/database.js';

const FRESH_MS = 60_000;

/** `data` by kind only: the names of its tables are those of datasets. */
const SIZES = `
  SELECT CASE WHEN n.nspname = 'data' THEN CASE WHEN right(c.relname, 8) = '_history' THEN 'data.history' ELSE 'data.live' END
              WHEN n.nspname = 'staging' THEN 'staging'
              ELSE n.nspname || '.' || c.relname END AS name,
         sum(pg_total_relation_size(c.oid))::float8 AS bytes
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'm') AND n.nspname IN ('data', 'staging', 'exchange', 'audit', 'graphile_worker') GROUP BY 1`;

/**
 * Bytes on disk of the tables with their indexes, by name; those of datasets together. Asks at most once a minute, of several readers one, and keeps
 * the last sizes while the database is away.
 */
export function tableSizes(database: Pick<Database, 'app'>, clock: Clock): () => Promise<ReadonlyMap<string, number>> {
  let sizes: ReadonlyMap<string, number> = new Map();
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;
  const read = async () => {
    const { rows } = await database.app.query<{ name: string; bytes: number }>(SIZES);
    sizes = new Map(rows.map(({ name, bytes }) => [name, bytes]));
    readAt = clock.now();
  };
  return async () => {
    if (clock.now() - readAt > FRESH_MS) {
      reading ??= read()
        .catch(() => {}) // the other metrics are needed most when the database is away
        .finally(() => {
          reading = undefined;
        });
      await reading;
    }
    return sizes;
  };
}
