import { type Encoded, stampTime } from './encode.js';
import type { Receipt } from './entry.js';
import { edgeOf, LOG_LOCK, type LogState } from './log-state.js';
import { sha256 } from './tree/hash.js';
import type { Queryable } from './tree/stored-tree.js';
import { extend, type Tile } from './tree/tree.js';

/** A batch to commit, with the state of the log after its commit. */
export interface Batch {
  id: string;
  first: number;
  entries: readonly Encoded[];
  receipts: Receipt[];
  tiles: readonly Tile[];
  /** Right edge of the log that the batch continues: it commits to every entry. */
  edge: Buffer;
  after: LogState;
  /** ms since the epoch: the earliest `notAfter` in it. */
  notAfter: number | null;
  /** ms since the epoch, by this node's clock. */
  sentAt: number;
}

/** Closes a batch on a state: sets the time, hashes the leaves, extends the tree. Can be repeated on a newer state. */
export function closeBatch(
  entries: readonly Encoded[],
  before: LogState,
  { id, now, policy }: { id: string; now: number; policy: boolean },
): Batch {
  const lastTime = Math.max(now, before.lastTime);
  const time = new Date(lastTime).toISOString();
  const first = before.tree.size;
  let notAfter: number | null = null;
  const leaves = entries.map((entry) => {
    stampTime(entry, time);
    if (entry.notAfter !== undefined) notAfter = Math.min(notAfter ?? entry.notAfter, entry.notAfter);
    return sha256(entry.leafInput);
  });
  const { tree, tiles } = extend(before.tree, leaves);
  const receipts = leaves.map((leaf, i) => ({ index: first + i, leaf, blind: entries[i]!.blind }));
  const after = { tree, epoch: before.epoch + (policy ? 1 : 0), lastTime };
  return { id, first, entries, receipts, tiles, edge: edgeOf(before.tree), after, notAfter, sentAt: now };
}

/** ms between this node's clock and the database's, beyond which nothing is written. */
export const CLOCK_TOLERANCE_MS = 5_000;
/** A statement may wait this long for the log's lock, so the database's clock may be later by as much. */
const LOCK_WAIT_MS = 10_000;

/**
 * One statement, one round trip, one commit: it takes the lock, inserts the head, and inserts entries and tiles only from the head's RETURNING. It
 * returns no row where another batch already has this head, where the newest batch is not the one that this one continues (set back, or another
 * history of the same length), where something in it has expired by the database's clock, or where this node's clock differs from that. Entries are
 * packed into one binary parameter per part: an array of bytea would travel as hexadecimal text.
 */
const APPEND = `
WITH l AS MATERIALIZED (SELECT pg_advisory_xact_lock(${LOG_LOCK})),
c AS MATERIALIZED (SELECT extract(epoch FROM clock_timestamp()) * 1000 AS now FROM l),
b AS (
  INSERT INTO audit.batch (first, next, edge, batch_id, last_time, policy_epoch)
  SELECT $1::bigint, $2::bigint, $3::bytea, $4::uuid, $5::bigint, $6::bigint FROM c
  WHERE ($7::bigint IS NULL OR c.now <= $7::bigint)
    AND $20::bigint BETWEEN c.now - ${CLOCK_TOLERANCE_MS + LOCK_WAIT_MS} AND c.now + ${CLOCK_TOLERANCE_MS}
    AND coalesce((SELECT next = $1::bigint AND edge = $19::bytea FROM audit.batch ORDER BY first DESC LIMIT 1), $1::bigint = 0)
  ON CONFLICT (first) DO NOTHING RETURNING first
), e AS (
  INSERT INTO audit.entry (index, bytes, sealed, application, event, time)
  SELECT b.first + u.i - 1, substring($8::bytea FROM u.open_at FOR u.open_length),
         substring($9::bytea FROM u.sealed_at FOR u.sealed_length), u.application, u.event, $5::bigint
  FROM b, unnest($10::int[], $11::int[], $12::int[], $13::int[], $14::text[], $15::text[])
    WITH ORDINALITY AS u (open_at, open_length, sealed_at, sealed_length, application, event, i)
), t AS (
  INSERT INTO audit.tile (level, n, hashes)
  SELECT u.level, u.n, substring($16::bytea FROM ((u.i - 1) * 8192 + 1)::int FOR 8192)
  FROM b, unnest($17::smallint[], $18::bigint[]) WITH ORDINALITY AS u (level, n, i)
)
SELECT first FROM b`;

/** False: the head is another one, something expired, or a clock is wrong. Commits by itself unless a transaction is open. */
export async function insertBatch(database: Queryable, batch: Batch): Promise<boolean> {
  const { entries, after } = batch;
  const open = pack(entries.map((entry) => entry.leafInput.subarray(1)));
  const sealed = pack(entries.map((entry) => entry.sealed));
  const values = [
    batch.first,
    after.tree.size,
    Buffer.concat([...after.tree.edge]),
    batch.id,
    after.lastTime,
    after.epoch,
    batch.notAfter,
    open.bytes,
    sealed.bytes,
    open.at,
    open.lengths,
    sealed.at,
    sealed.lengths,
    entries.map((entry) => entry.application),
    entries.map((entry) => entry.event),
    Buffer.concat(batch.tiles.map((tile) => tile.hashes)),
    `{${batch.tiles.map((tile) => tile.level).join(',')}}`,
    `{${batch.tiles.map((tile) => tile.n).join(',')}}`,
    batch.edge,
    batch.sentAt,
  ];
  const { rows } = await database.query({ name: 'audit-append', text: APPEND, values });
  return rows.length === 1;
}

/** Concatenates the parts; positions count from 1, as in SQL's substring. */
function pack(parts: readonly Buffer[]): { bytes: Buffer; at: string; lengths: string } {
  let at = 1;
  const positions = parts.map((part) => {
    const position = at;
    at += part.length;
    return position;
  });
  return {
    bytes: Buffer.concat(parts),
    at: `{${positions.join(',')}}`,
    lengths: `{${parts.map((part) => part.length).join(',')}}`,
  };
}
