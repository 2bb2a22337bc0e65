import type pg from 'pg';
import { Problem } from '../../platform/errors.js';
import { inTransaction } from '../../platform/postgres/in-transaction.js';
import { oneRow } from '../../platform/postgres/one-row.js';
import { dropParts, insertPart } from './parts.js';

/** A delivery in parts, until it has ended or expires. */
export interface Upload {
  id: string;
  contract: string;
  application: string;
  mode: 'snapshot' | 'delta';
  /** Deliver it even if the same file was published before. */
  again: boolean;
  /** `Content-Type` from its sender. */
  contentType: string;
  encoding: 'identity' | 'gzip';
  /** Bytes of the whole, if stated. */
  length: number | null;
  /** SHA-256 of the whole, if stated. */
  digest: Buffer | null;
  received: number;
  /** The last attempt to deliver it. */
  delivery: string | null;
  /** No delivery can claim it any more; its bytes are deleted. */
  ended: boolean;
  /** Seconds until it expires. */
  remaining: number;
}

/** Open uploads of one application at once. */
const OPEN_AT_MOST = 20;
const LIFE_HOURS = 24;
/** A claim without a delivery is dead after this time: a slot is awaited for at most 30 s. */
const CLAIM = '2 minutes';

const COLUMNS = `id, contract, application, mode, again, content_type AS "contentType", encoding, length, digest, received, delivery, ended,
  GREATEST(0, floor(extract(epoch FROM expires_at - clock_timestamp()))) AS remaining`;

/** As PostgreSQL gives it: whole numbers are text. */
type UploadRow = Omit<Upload, 'length' | 'received' | 'remaining'> & {
  length: string | null;
  received: string;
  remaining: string;
};

type Beginning = Omit<Upload, 'received' | 'delivery' | 'ended' | 'remaining'>;

/** @throws Problem rate-limited where the application has too many open */
export async function beginUpload(pool: pg.Pool, upload: Beginning): Promise<Upload> {
  await expireUploads(pool);
  const { id, contract, application, mode, again, contentType, encoding, length, digest } = upload;
  return inTransaction(pool, async (tx) => {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('uploads ' || $1, 0))`, [application]);
    const open = await tx.query<{ count: string }>(
      'SELECT count(*) FROM exchange.upload WHERE application = $1 AND NOT ended',
      [application],
    );
    if (Number(oneRow(open, 'count').count) >= OPEN_AT_MOST) {
      const detail = `${OPEN_AT_MOST} uploads of this application are open: end or cancel one`;
      throw new Problem('rate-limited', detail, { retryAfter: 60 });
    }
    const begun = await tx.query<UploadRow>(
      `INSERT INTO exchange.upload (id, contract, application, mode, again, content_type, encoding, length, digest, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, clock_timestamp() + interval '${LIFE_HOURS} hours') RETURNING ${COLUMNS}`,
      [id, contract, application, mode, again, contentType, encoding, length, digest],
    );
    return uploadOf(oneRow(begun, 'upload'));
  });
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The upload, if this application began it for this contract and it has not expired. */
export async function findUpload(
  pool: pg.Pool,
  by: Pick<Upload, 'id' | 'application' | 'contract'>,
): Promise<Upload | undefined> {
  if (!UUID.test(by.id)) return undefined;
  const { rows } = await pool.query<UploadRow>(
    `SELECT ${COLUMNS} FROM exchange.upload WHERE id = $1 AND application = $2 AND contract = $3 AND expires_at > clock_timestamp()`,
    [by.id, by.application, by.contract],
  );
  return rows[0] === undefined ? undefined : uploadOf(rows[0]);
}

/**
 * Appends at an offset; of two concurrent appends, on any nodes, one finds the offset taken.
 * @throws Problem conflict
 */
export async function appendPart(pool: pg.Pool, id: string, part: { offset: number; bytes: Buffer }): Promise<void> {
  await inTransaction(pool, async (tx) => {
    const { rowCount } = await tx.query(
      'UPDATE exchange.upload SET received = received + $3 WHERE id = $1 AND received = $2 AND claimed_at IS NULL',
      [id, part.offset, part.bytes.length],
    );
    if (rowCount !== 1) throw new Problem('conflict', 'Something else was appended meanwhile.');
    await insertPart(tx, id, part);
  });
}

/** Stores what the sender states about the whole after the beginning. */
export async function tellWhole(pool: pg.Pool, id: string, told: Pick<Upload, 'length' | 'digest'>): Promise<void> {
  await pool.query(
    'UPDATE exchange.upload SET length = COALESCE(length, $2), digest = COALESCE(digest, $3) WHERE id = $1',
    [id, told.length, told.digest],
  );
}

/** Claims the whole for a delivery; false where another has or ended it. A failed delivery releases its claim. */
export async function claimUpload(pool: pg.Pool, id: string, claim: { delivery: string; received: number }) {
  const { rowCount } = await pool.query(
    `UPDATE exchange.upload u SET delivery = $2, claimed_at = clock_timestamp() WHERE id = $1 AND received = $3 AND NOT ended AND (
       claimed_at IS NULL
       OR EXISTS (SELECT FROM exchange.delivery d WHERE d.id = u.delivery AND d.state = 'failed')
       OR (claimed_at < clock_timestamp() - interval '${CLAIM}' AND NOT EXISTS (SELECT FROM exchange.delivery d WHERE d.id = u.delivery)))`,
    [id, claim.delivery, claim.received],
  );
  return rowCount === 1;
}

export async function unclaimUpload(pool: pg.Pool, id: string): Promise<void> {
  await pool.query('UPDATE exchange.upload SET claimed_at = NULL WHERE id = $1', [id]);
}

/** Deletes what was appended from an offset on: the sender did not mean to send it. */
export async function truncateUpload(pool: pg.Pool, id: string, offset: number): Promise<void> {
  await inTransaction(pool, async (tx) => {
    const { rowCount } = await tx.query(
      'UPDATE exchange.upload SET received = $2 WHERE id = $1 AND claimed_at IS NULL',
      [id, offset],
    );
    if (rowCount !== 1) return; // bytes that a delivery already reads stay whole
    await tx.query('DELETE FROM exchange.part WHERE whole = $1 AND "offset" >= $2', [id, offset]);
  });
}

/** Deletes the bytes of an ended delivery. The address stays: a sender who lost the reply finds the delivery. */
export async function endUpload(pool: pg.Pool, id: string): Promise<void> {
  await inTransaction(pool, async (tx) => {
    await tx.query('UPDATE exchange.upload SET ended = true WHERE id = $1', [id]);
    await dropParts(tx, id);
  });
}

/** Removes an upload that no delivery has claimed. False where one has, or where it is already gone. */
export async function dropUpload(pool: pg.Pool, id: string): Promise<boolean> {
  return inTransaction(pool, async (tx) => {
    const { rowCount } = await tx.query('DELETE FROM exchange.upload WHERE id = $1 AND claimed_at IS NULL', [id]);
    if (rowCount === 1) await dropParts(tx, id);
    return rowCount === 1;
  });
}

/** Keeps uploads that a living delivery reads, or waits to read. */
async function expireUploads(pool: pg.Pool): Promise<void> {
  await pool.query(
    `WITH expired AS (DELETE FROM exchange.upload u WHERE expires_at < clock_timestamp()
       AND (claimed_at IS NULL OR claimed_at < clock_timestamp() - interval '${CLAIM}')
       AND NOT EXISTS (SELECT FROM exchange.delivery d WHERE d.id = u.delivery AND d.ended_at IS NULL) RETURNING id)
     DELETE FROM exchange.part WHERE whole IN (SELECT id FROM expired)`,
  );
}

function uploadOf({ length, received, remaining, ...rest }: UploadRow): Upload {
  const counts = { length: length === null ? null : Number(length), received: Number(received) };
  return { ...rest, ...counts, remaining: Number(remaining) };
}
