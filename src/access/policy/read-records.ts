import type pg from 'pg';
import { RECORD_EVENTS, type RecordKind, type RecordMark, recordHash } from './records.js';

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
  event: string;
  bytes: Buffer;
  kind: string | null;
  id: string | null;
  version: number | null;
  document: string | null;
}

/** A literal in the statement, so that PostgreSQL uses the partial index on policy entries. */
const EVENT_LIST = Object.values(RECORD_EVENTS)
  .flat()
  .map((event) => `'${event}'`)
  .join(', ');

/**
 * Records whose entries have an index in [from, below), in log order. The log leads, not the table. A row without an entry is never read. An entry
 * whose row is deleted or altered closes its id; the version before does not come back.
 */
export async function readRecords(client: pg.ClientBase, from: number, below: number): Promise<PolicyRecord[]> {
  const { rows } = await client.query<RecordRow>(
    `SELECT e.index::text AS index, e.event, e.bytes, r.kind, r.id, r.version, r.document
     FROM audit.entry e LEFT JOIN exchange.policy_record r ON r.entry_index = e.index
     WHERE e.event IN (${EVENT_LIST}) AND e.index >= $1 AND e.index < $2
     ORDER BY e.index`,
    [from, below],
  );
  const records = new Map<number, PolicyRecord>();
  for (const row of rows) {
    const index = Number(row.index);
    const mark = markOf(row);
    if (mark === undefined) continue;
    const known = records.get(index) ?? { ...identity(mark), document: undefined, index };
    if (row.document !== null && vouched(mark, row, row.document)) known.document = JSON.parse(row.document);
    records.set(index, known);
  }
  return [...records.values()];
}

function identity(mark: RecordMark): { kind: RecordKind; id: string; version: number } {
  return { kind: mark.kind, id: mark.id, version: mark.version };
}

/** The entry's own claim, from its hashed bytes; the columns beside them only serve searches. */
function markOf(row: RecordRow): RecordMark | undefined {
  const entry = JSON.parse(row.bytes.toString('utf8')) as {
    event: string;
    outcome: string;
    detail?: { record?: RecordMark };
  };
  const mark = entry.detail?.record;
  if (mark === undefined || entry.outcome !== 'success') return undefined;
  const events: readonly string[] = RECORD_EVENTS[mark.kind] ?? [];
  return events.includes(entry.event) ? mark : undefined;
}

function vouched(mark: RecordMark, row: RecordRow, document: string): boolean {
  return (
    row.kind === mark.kind && row.id === mark.id && row.version === mark.version && recordHash(document) === mark.hash
  );
}
