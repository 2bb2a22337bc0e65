import type pg from 'pg';
import { RECORD_EVENTS, type RecordKind, type RecordMark, recordHash } from '../records.js';
import type { PolicyEntry } from './policy-entries.js';

/** A record that the log vouches for. `document` is undefined where the row is gone or altered: then its id opens nothing. */
export interface PolicyRecord {
  kind: RecordKind;
  id: string;
  version: number;
  document: unknown;
  /** Index of the entry. */
  index: number;
}

interface RecordRow {
  index: string;
  kind: string;
  id: string;
  version: number;
  document: string;
}

/**
 * The records of proved entries, in log order. The log leads, not the table. A row without an entry is never read. An entry whose row is deleted or
 * altered closes its id; the version before does not come back.
 */
export async function readRecords(client: pg.ClientBase, entries: readonly PolicyEntry[]): Promise<PolicyRecord[]> {
  const { rows } = await client.query<RecordRow>(
    `SELECT entry_index::text AS index, kind, id, version, document FROM exchange.policy_record
     WHERE entry_index = ANY($1::bigint[])`,
    [entries.map(({ index }) => index)],
  );
  const rowsAt = new Map<number, RecordRow[]>();
  for (const row of rows) rowsAt.set(Number(row.index), [...(rowsAt.get(Number(row.index)) ?? []), row]);
  return entries.flatMap(({ index, bytes }) => {
    const mark = markOf(bytes);
    if (mark === undefined) return [];
    const row = rowsAt.get(index)?.find((each) => vouched(mark, each));
    return [{ ...identity(mark), document: row === undefined ? undefined : JSON.parse(row.document), index }];
  });
}

function identity(mark: RecordMark): { kind: RecordKind; id: string; version: number } {
  return { kind: mark.kind, id: mark.id, version: mark.version };
}

/** The entry's own claim, from its hashed bytes. */
function markOf(bytes: Buffer): RecordMark | undefined {
  const entry = JSON.parse(bytes.toString('utf8')) as {
    event: string;
    outcome: string;
    detail?: { record?: RecordMark };
  };
  const mark = entry.detail?.record;
  if (mark === undefined || entry.outcome !== 'success') return undefined;
  const events: readonly string[] = RECORD_EVENTS[mark.kind] ?? [];
  return events.includes(entry.event) ? mark : undefined;
}

function vouched(mark: RecordMark, row: RecordRow): boolean {
  return (
    row.kind === mark.kind &&
    row.id === mark.id &&
    row.version === mark.version &&
    recordHash(row.document) === mark.hash
  );
}
