import pg from 'pg';

/** Rows of the log that were taken away, to bring back. */
interface Taken {
  restore(): Promise<void>;
}

/** What only a superuser can do to the log: as a failover, a restored backup or a hand does it. */
export interface Surgeon {
  query(text: string, values?: unknown[]): Promise<pg.QueryResult>;
  /** Takes the newest entries away, from this index on, with their batches, tiles and checkpoints, or only from the tables named. */
  cut(from: number, tables?: readonly Table[]): Promise<Taken>;
  end(): Promise<void>;
}

export type Table = 'batch' | 'entry' | 'tile' | 'checkpoint';
const FROM: Record<Table, string> = {
  batch: 'next > $1',
  entry: 'index >= $1',
  tile: '(n + 1) * 256 * power(256, level) > $1',
  checkpoint: 'size > $1',
};

export async function surgeon(url: string): Promise<Surgeon> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('SET session_replication_role = replica'); // no trigger refuses
  return {
    query: (text, values) => client.query(text, values),
    async cut(from, tables = ['batch', 'entry', 'tile', 'checkpoint']) {
      await client.query('BEGIN');
      // Nothing is written between what is read and what is taken.
      await client.query('LOCK TABLE audit.batch, audit.entry IN SHARE ROW EXCLUSIVE MODE');
      for (const table of tables) {
        await client.query(`CREATE TEMP TABLE IF NOT EXISTS kept_${table} (LIKE audit.${table})`);
        const taken = `WITH gone AS (DELETE FROM audit.${table} WHERE ${FROM[table]} RETURNING *)`;
        await client.query(`${taken} INSERT INTO kept_${table} SELECT * FROM gone`, [from]);
      }
      await client.query('COMMIT');
      return {
        async restore() {
          await client.query('BEGIN');
          for (const table of tables) {
            await client.query(`DELETE FROM audit.${table} WHERE ${FROM[table]}`, [from]);
            await client.query(`INSERT INTO audit.${table} SELECT * FROM kept_${table}`);
            await client.query(`DROP TABLE kept_${table}`);
          }
          await client.query('COMMIT');
        },
      };
    },
    end: () => client.end(),
  };
}
