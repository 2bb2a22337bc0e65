import type pg from 'pg';
import { RECORD_EVENTS } from '../records.js';

/** An entry that carries a policy record, by its hashed bytes. */
export interface PolicyEntry {
  index: number;
  bytes: Buffer;
  /** SHA-256(0x00 ‖ bytes), computed from the bytes. */
  leaf: Buffer;
}

/** A literal in the statement, so that PostgreSQL uses the partial index on policy entries. */
const EVENT_LIST = Object.values(RECORD_EVENTS)
  .flat()
  .map((event) => `'${event}'`)
  .join(', ');

const LEAF = `sha256('\\x00'::bytea || bytes) AS leaf`;

/** In canonical JSON a quote inside a text is escaped, so only a true `record` has these bytes. */
const MARK = `position('"record":{"hash":"'::bytea IN bytes) > 0`;

const CHUNK = 16_384;

/** Finds entries by the column beside the bytes. A caller proves that none is left out. */
export async function listedEntries(client: pg.ClientBase, from: number, below: number): Promise<PolicyEntry[]> {
  const { rows } = await client.query<{ index: string; bytes: Buffer; leaf: Buffer }>(
    `SELECT index::text, bytes, ${LEAF} FROM audit.entry e
     WHERE event IN (${EVENT_LIST}) AND index >= $1 AND index < $2 ORDER BY e.index`,
    [from, below],
  );
  return rows.map(({ index, bytes, leaf }) => ({ index: Number(index), bytes, leaf }));
}

interface ScannedRow {
  index: string;
  leaf: Buffer;
  bytes: Buffer | null;
}

/** All entries in order: leaf hashes from their bytes, and the policy entries among them. A missing entry ends it early. */
export async function* scannedEntries(
  client: pg.ClientBase,
  from: number,
  below: number,
): AsyncGenerator<{ leaves: Buffer[]; entries: PolicyEntry[] }> {
  for (let first = from; first < below; first += CHUNK) {
    const { rows } = await client.query<ScannedRow>(
      `SELECT index::text, ${LEAF}, CASE WHEN ${MARK} THEN bytes END AS bytes FROM audit.entry e
       WHERE index >= $1 AND index < $2 ORDER BY e.index`,
      [first, Math.min(first + CHUNK, below)],
    );
    const entries = rows.flatMap(({ index, bytes, leaf }) =>
      bytes === null ? [] : [{ index: Number(index), bytes, leaf }],
    );
    yield { leaves: rows.map(({ leaf }) => leaf), entries };
    if (rows.length < Math.min(CHUNK, below - first)) return;
  }
}
