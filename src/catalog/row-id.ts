import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import type { Keys } from '../platform/keys/keys.js';

const secrets = new WeakMap<Buffer, KeyObject>();

/**
 * The id of a row: the first 16 bytes of HMAC-SHA256(installation key, dataset ‖ 0x00 ‖ JSON of the key's values), hex. Stable over releases and
 * majors, unordered, and meaningless without the key. `name` is `police/resident`. Key values are as stored: text, or a number for a 32-bit integer.
 */
export function rowIdHex(keys: Pick<Keys, 'rowId'>, name: string, keyValues: readonly unknown[]): string {
  let secret = secrets.get(keys.rowId);
  if (secret === undefined) {
    secret = createSecretKey(keys.rowId);
    secrets.set(keys.rowId, secret);
  }
  const text = `${name}\0${JSON.stringify(keyValues)}`;
  return createHmac('sha256', secret).update(text).digest('hex').slice(0, 32);
}

/** The same as UUID text. */
export function rowId(keys: Pick<Keys, 'rowId'>, name: string, keyValues: readonly unknown[]): string {
  const hex = rowIdHex(keys, name, keyValues);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
