import { generateKeyPairSync, type KeyObject } from 'node:crypto';

/** A fresh ES256 pair. */
export function newKey(): { publicKey: KeyObject; privateKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

/** The public key as an application registers it. */
export function publicJwk(kid: string, key: KeyObject = newKey().publicKey): Record<string, unknown> {
  return { ...key.export({ format: 'jwk' }), kid };
}
