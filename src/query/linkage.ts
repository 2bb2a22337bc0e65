import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';
import { LRUCache } from 'lru-cache';

/** Encrypts row numbers and values for a grant's linkage: no other grant can use them, and a renewal keeps them. */
export interface Linkage {
  /** Encrypts packed row numbers (16 bytes each), block by block. */
  seal(rowIds: Buffer): Buffer;
  /** `_id` → row number as UUID text; undefined if it is not an `_id` of this linkage. */
  open(id: string): string | undefined;
  /** Seed of the order of rows, an int8 as text. It may be read: an order says nothing without the row numbers. */
  orderSeed: string;
  /** HMAC-SHA-256 key (RFC 2104), padded for SQL: PostgreSQL has SHA-256 but no HMAC. */
  innerPad: Buffer;
  outerPad: Buffer;
}

const HELD = 10_000;

/** Derives linkages from the installation's key. Caches a bounded number. */
export function linkages(installationKey: Buffer): (linkage: string) => Linkage {
  const held = new LRUCache<string, Linkage>({ max: HELD });
  return (name) => {
    let linkage = held.get(name);
    if (linkage === undefined) {
      linkage = derive(installationKey, name);
      held.set(name, linkage);
    }
    return linkage;
  };
}

function derive(installationKey: Buffer, name: string): Linkage {
  const key = createHmac('sha256', installationKey).update('id\0').update(name).digest().subarray(0, 16);
  // One AES block per row, without chaining: that is ECB without padding, and one cipher object serves for ever.
  const cipher = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
  const decipher = createDecipheriv('aes-128-ecb', key, null).setAutoPadding(false);
  const pseudonymKey = createHmac('sha256', installationKey).update('pseudonym\0').update(name).digest();
  const padded = Buffer.concat([pseudonymKey, Buffer.alloc(32)]);
  return {
    seal: (rowIds) => cipher.update(rowIds),
    open: (id) => {
      // 22 characters hold 132 bits; the last four bits of ours are zero.
      if (!/^[A-Za-z0-9_-]{21}[AQgw]$/.test(id)) return undefined;
      const bytes = Buffer.from(id, 'base64url');
      return uuidText(decipher.update(bytes));
    },
    orderSeed: createHmac('sha256', installationKey)
      .update('order\0')
      .update(name)
      .digest()
      .readBigInt64BE()
      .toString(),
    innerPad: Buffer.from(padded.map((byte) => byte ^ 0x36)),
    outerPad: Buffer.from(padded.map((byte) => byte ^ 0x5c)),
  };
}

function uuidText(bytes: Buffer): string {
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Packs the row numbers (UUID text) of one column; rows without one are left out. */
export function packRowIds(rows: readonly (readonly (string | null)[])[], column: number): Buffer {
  const packed = Buffer.allocUnsafe(rows.length * 16);
  let at = 0;
  for (const row of rows) {
    const uuid = row[column];
    if (typeof uuid !== 'string') continue;
    packed.write(
      uuid.slice(0, 8) + uuid.slice(9, 13) + uuid.slice(14, 18) + uuid.slice(19, 23) + uuid.slice(24),
      at,
      'hex',
    );
    at += 16;
  }
  return packed.subarray(0, at);
}
