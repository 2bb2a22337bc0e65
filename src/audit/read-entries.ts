import type { Queryable } from './tree/stored-tree.js';

export interface StoredEntry {
  index: number;
  /** Exactly as hashed. */
  bytes: Buffer;
  sealed: Buffer;
  application: string | null;
}

/** Undefined beyond the end of the log. */
export async function readEntry(database: Queryable, index: number): Promise<StoredEntry | undefined> {
  const text = 'SELECT bytes, sealed, application FROM audit.entry WHERE index = $1';
  const { rows } = await database.query<Omit<StoredEntry, 'index'>>(text, [index]);
  return rows[0] === undefined ? undefined : { index, ...rows[0] };
}

/** A C2SP entry bundle: each entry after its length as a big-endian uint16. Undefined where the log is shorter. */
export async function readBundle(database: Queryable, first: number, count: number): Promise<Buffer | undefined> {
  const text = 'SELECT bytes FROM audit.entry WHERE index >= $1 AND index < $2 ORDER BY index';
  const { rows } = await database.query<{ bytes: Buffer }>(text, [first, first + count]);
  if (rows.length < count) return undefined;
  return Buffer.concat(rows.flatMap(({ bytes }) => [Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]));
}
