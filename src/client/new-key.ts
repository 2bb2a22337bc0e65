import { generateKeyPairSync } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import type { PrivateJwk } from './private-jwk.js';

/** A new ES256 key of an application; its kid is the thumbprint (RFC 7638). */
export async function newPrivateJwk(): Promise<PrivateJwk> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = privateKey.export({ format: 'jwk' }) as Record<string, string>;
  return { ...jwk, kid: await calculateJwkThumbprint(jwk), alg: 'ES256', use: 'sig' };
}

/** The members that may be registered: a private member must never leave. */
export function publicPart(key: PrivateJwk): Record<string, string> {
  const { d: _secret, ...rest } = key;
  return rest;
}
