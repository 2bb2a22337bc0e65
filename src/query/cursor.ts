import { createCipheriv, createDecipheriv, createHmac, hash } from 'node:crypto';
import type { Clock } from '../platform/clock.js';
import { Problem } from '../platform/errors.js';

const HOUR_MS = 3_600_000;
const KEPT_HOURS = 24;
const NONCE = 12;
const TAG = 16;

/** The end of a page. `sort` is the sort value as PostgreSQL writes it. */
interface Position {
  sort: string | null;
  rowId: string;
}

/**
 * A cursor is valid only for this application, dataset major, where, sort and select. The grant and its version are
 * inside the cursor.
 */
export interface CursorBinding {
  application: string;
  contract: string;
  /** Canonical text of where, sort and select. */
  query: string;
  /** `id@version` of each, and whether the rows have an order of their own. */
  grant: string;
}

/** Cursors are encrypted with A256GCM under hourly keys: they hide their values and give no rights. */
export interface Cursors {
  seal(position: Position, binding: CursorBinding): string;
  /** Throws Problem `bad-cursor` (damaged, or of another ask) or `cursor-ended` (grant changed, older than a day). */
  open(cursor: string, binding: CursorBinding): Position;
}

export function cursors(root: Buffer, clock: Clock): Cursors {
  const keyOf = (hour: number) => createHmac('sha256', root).update(`cursor ${hour}`).digest();
  return {
    seal(position, binding) {
      const hour = Math.floor(clock.now() / HOUR_MS);
      const kid = Buffer.alloc(4);
      kid.writeUInt32BE(hour);
      const nonce = clock.randomBytes(NONCE);
      const cipher = createCipheriv('aes-256-gcm', keyOf(hour), nonce).setAAD(associated(binding));
      const text = JSON.stringify([binding.grant, position.sort, position.rowId]);
      return Buffer.concat([kid, nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString(
        'base64url',
      );
    },
    open(cursor, binding) {
      const bytes = /^[A-Za-z0-9_-]{48,65536}$/.test(cursor) ? Buffer.from(cursor, 'base64url') : Buffer.alloc(0);
      if (bytes.length < 4 + NONCE + TAG || bytes.toString('base64url') !== cursor) throw badCursor();
      const hour = bytes.readUInt32BE(0);
      const age = Math.floor(clock.now() / HOUR_MS) - hour;
      if (age < 0) throw badCursor();
      const [grant, sort, rowId] = decrypt(bytes, keyOf(hour), associated(binding));
      if (age > KEPT_HOURS) throw ended('It is older than a day.');
      if (grant !== binding.grant) throw ended('The grant has changed since.');
      return { sort, rowId };
    },
  };
}

function associated(binding: CursorBinding): Buffer {
  return hash('sha256', JSON.stringify([binding.application, binding.contract, binding.query]), 'buffer');
}

function decrypt(bytes: Buffer, key: Buffer, aad: Buffer): [string, string | null, string] {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(4, 4 + NONCE))
      .setAAD(aad)
      .setAuthTag(bytes.subarray(-TAG));
    const text = Buffer.concat([decipher.update(bytes.subarray(4 + NONCE, -TAG)), decipher.final()]).toString('utf8');
    return JSON.parse(text) as [string, string | null, string];
  } catch {
    throw badCursor();
  }
}

function badCursor(): Problem {
  return new Problem('bad-cursor', 'The cursor is damaged or belongs to another query.', {
    faults: [
      {
        parameter: '_cursor',
        reason: 'not a cursor of this query',
        expected: 'next_cursor of the page before, with where, sort and select unchanged',
      },
    ],
  });
}

function ended(why: string): Problem {
  return new Problem('cursor-ended', `The cursor has ended. ${why} Start again without a cursor.`);
}
