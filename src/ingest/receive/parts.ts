import type pg from 'pg';
import { Problem } from '../../platform/errors.js';

/** Maximal bytes of one stored part: the memory that an upload needs, and what a broken connection can lose. */
const PART_BYTES = 4 * 1024 * 1024;

/** Reads and writes parts: a pool, or the connection of a transaction. */
export type Parts = Pick<pg.ClientBase, 'query'>;

export interface Appending {
  /** Position in the whole. */
  offset: number;
  limitBytes: number;
  /** Stores one part at the offset. */
  store(bytes: Buffer, offset: number): Promise<void>;
}

/**
 * Stores a body part by part as it comes, also the parts before a broken connection. Returns the offset behind the last
 * byte.
 * @throws Problem too-large (nothing beyond the limit is stored), bad-body where the connection broke, or what `store`
 * throws
 */
export async function storeParts(
  body: AsyncIterable<Buffer>,
  { offset, limitBytes, store }: Appending,
): Promise<number> {
  let at = offset;
  let held: Buffer[] = [];
  let size = 0;
  const flush = async () => {
    if (size === 0) return;
    const bytes = Buffer.concat(held, size);
    [held, size] = [[], 0];
    for (let from = 0; from < bytes.length; from += PART_BYTES) {
      const part = bytes.subarray(from, from + PART_BYTES);
      await store(part, at);
      at += part.length;
    }
  };
  try {
    for await (const chunk of body) {
      if (at + size + chunk.length > limitBytes) throw new Problem('too-large');
      held.push(chunk);
      size += chunk.length;
      if (size >= PART_BYTES) await flush();
    }
  } catch (error) {
    if (error instanceof Problem) throw error;
    await flush();
    throw new Problem('bad-body', 'The body broke off; what came of it is kept.', { cause: error });
  }
  await flush();
  return at;
}

export async function insertPart(parts: Parts, whole: string, { offset, bytes }: { offset: number; bytes: Buffer }) {
  await parts.query('INSERT INTO exchange.part (whole, "offset", bytes) VALUES ($1, $2, $3)', [whole, offset, bytes]);
}

/**
 * The bytes of a whole in order, one part in memory at a time.
 * @throws Problem unavailable where bytes are missing, because another process deleted them
 */
export async function* readParts(parts: Parts, whole: string, lengthBytes?: number): AsyncGenerator<Buffer> {
  for (let offset = 0; ; ) {
    const { rows } = await parts.query<{ bytes: Buffer }>(
      'SELECT bytes FROM exchange.part WHERE whole = $1 AND "offset" = $2',
      [whole, offset],
    );
    const part = rows[0];
    if (part === undefined) {
      if (lengthBytes === undefined || lengthBytes === offset) return;
      throw new Problem('unavailable', 'Not all of it is stored any more. Send it again.', { retryAfter: 1 });
    }
    yield part.bytes;
    offset += part.bytes.length;
  }
}

export async function dropParts(parts: Parts, whole: string): Promise<void> {
  await parts.query('DELETE FROM exchange.part WHERE whole = $1', [whole]);
}
