import { hash } from 'node:crypto';

/** RFC 6962 §2.1. The only code that writer and verifier share. */

export const HASH_BYTES = 32;
/** `SHA-256("")`. */
export const EMPTY_ROOT = hash('sha256', '', 'buffer');

export function sha256(data: Buffer): Buffer {
  return hash('sha256', data, 'buffer');
}

/** `SHA-256(0x00 ‖ bytes)`. */
export function leafHash(bytes: Buffer): Buffer {
  const input = Buffer.allocUnsafe(bytes.length + 1);
  input[0] = 0;
  bytes.copy(input, 1);
  return sha256(input);
}

const pair = Buffer.alloc(1 + 2 * HASH_BYTES, 1);

/** `SHA-256(0x01 ‖ left ‖ right)`. */
export function nodeHash(left: Buffer, right: Buffer): Buffer {
  left.copy(pair, 1);
  right.copy(pair, 1 + HASH_BYTES);
  return sha256(pair);
}
