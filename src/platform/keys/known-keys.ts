import type pg from 'pg';
import { transaction } from '../postgres/in-transaction.js';

/** What the database knows of the keys of its nodes. */
export interface KnownKeys {
  /** No node has recorded a key and the log has no entry: only here keys are made. */
  empty: boolean;
  /** By the name of the key. */
  fingerprints: ReadonlyMap<string, string>;
  /** Names of keys that were destroyed on purpose. */
  destroyed: ReadonlySet<string>;
  /** `2026-11`: the month of the log's last entry. */
  lastMonth: string | undefined;
}

export const NOTHING_KNOWN: KnownKeys = {
  empty: true,
  fingerprints: new Map(),
  destroyed: new Set(),
  lastMonth: undefined,
};

/** Nodes that open their keys at once take turns: the first one's keys are the keys of the database. */
const KEYS_LOCK = 4_854_261_302;

/** As exchange_app. Gives `open` what the database knows, and records the fingerprints that it returns. Nothing is recorded where it throws. */
export function withKnownKeys<T extends { fingerprints: ReadonlyMap<string, string> }>(
  client: pg.ClientBase,
  open: (known: KnownKeys) => Promise<T>,
): Promise<T> {
  return transaction(client, async () => {
    await client.query('SELECT pg_advisory_xact_lock($1)', [KEYS_LOCK]);
    const opened = await open(await readKnownKeys(client));
    await client.query(
      'INSERT INTO exchange.key (name, fingerprint) SELECT * FROM unnest($1::text[], $2::text[]) ON CONFLICT DO NOTHING',
      [[...opened.fingerprints.keys()], [...opened.fingerprints.values()]],
    );
    return opened;
  });
}

export async function readKnownKeys(client: pg.ClientBase): Promise<KnownKeys> {
  const { rows } = await client.query<{ name: string; fingerprint: string; destroyed: boolean }>(
    'SELECT name, fingerprint, destroyed_at IS NOT NULL AS destroyed FROM exchange.key',
  );
  const last = await client.query<{ last_time: string }>(
    'SELECT last_time FROM audit.batch ORDER BY first DESC LIMIT 1',
  );
  const lastTime = last.rows[0]?.last_time;
  return {
    empty: rows.length === 0 && lastTime === undefined,
    fingerprints: new Map(rows.map(({ name, fingerprint }) => [name, fingerprint])),
    destroyed: new Set(rows.filter(({ destroyed }) => destroyed).map(({ name }) => name)),
    lastMonth: lastTime === undefined ? undefined : new Date(Number(lastTime)).toISOString().slice(0, 7),
  };
}
