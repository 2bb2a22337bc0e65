import { type BareItem, parseDictionary, parseItem, serializeDictionary } from 'structured-headers';
import { Problem } from './errors.js';

/** The value of a header that is one item of a structured field (RFC 9651), without its parameters; undefined for anything else. */
export function itemIn(header: string | string[] | undefined): BareItem | undefined {
  try {
    return parseItem(String(header))[0];
  } catch {
    return undefined;
  }
}

/** `sha-256=:…:`, as in `Content-Digest` and `Repr-Digest` (RFC 9530). */
export function writeDigest(sha256: Buffer): string {
  return serializeDictionary({ 'sha-256': sha256 });
}

/**
 * The SHA-256 that a `Content-Digest` or `Repr-Digest` header states, or undefined without one.
 * @throws Problem bad-header where the header is there but has no valid sha-256
 */
export function statedDigest(header: string | string[] | undefined, name = 'Content-Digest'): Buffer | undefined {
  if (header === undefined) return undefined;
  const bytes = sha256In([header].flat().join(', '));
  if (bytes instanceof ArrayBuffer && bytes.byteLength === 32) return Buffer.from(bytes);
  throw new Problem('bad-header', undefined, {
    faults: [{ parameter: name, reason: 'no valid sha-256 in it', expected: 'sha-256=:base64:' }],
  });
}

function sha256In(dictionary: string): unknown {
  try {
    return parseDictionary(dictionary).get('sha-256')?.[0];
  } catch {
    return undefined;
  }
}
