import { createHmac, createPrivateKey, generateKeyPairSync, type JsonWebKey, type KeyObject } from 'node:crypto';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { calculateJwkThumbprint } from 'jose';
import type { Clock } from '../clock.js';

/** One kind of key: its file, how it is made and read, and what the database may know of it. */
export interface KeyForm<T> {
  /** `row-id`: its name in the database and in messages. */
  name: string;
  /** `row-id.key`, in the folder of the keys. */
  file: string;
  /** What the file must hold, for messages. */
  expected: string;
  make(clock: Clock): Promise<string> | string;
  /** Undefined or an error: the text is not such a key. The error may quote the key, so nobody prints it. */
  parse(text: string): Promise<T | undefined> | T | undefined;
  /** Reveals nothing of the key: RFC 7638 thumbprint of its public half, or an HMAC-SHA-256 by the key, of 128 bits; base64url. */
  fingerprint(key: T): Promise<string> | string;
}

export type TokenSigner = JsonWebKey & { kid: string };

const SECRET_BYTES = 32;
const FINGERPRINT_BYTES = 16;

/** 32 random bytes in base64url. */
export function newSecret(clock: Clock): string {
  return clock.randomBytes(SECRET_BYTES).toString('base64url');
}

export function secretForm(name: string): KeyForm<Buffer> {
  return {
    name,
    file: `${name}.key`,
    expected: `${SECRET_BYTES} bytes in base64url`,
    make: newSecret,
    parse: (text) => {
      const bytes = Buffer.from(text.trim(), 'base64url');
      return bytes.length === SECRET_BYTES ? bytes : undefined;
    },
    fingerprint: (key) => keyedHash(key, name),
  };
}

export const CHECKPOINT_SIGNER: KeyForm<KeyObject> = {
  name: 'checkpoint-signer',
  file: 'checkpoint-signer.pem',
  expected: 'an Ed25519 private key in PKCS #8 PEM',
  make: () => generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  parse: (pem) => {
    const key = createPrivateKey(pem);
    return key.asymmetricKeyType === 'ed25519' ? key : undefined;
  },
  fingerprint: (key) => calculateJwkThumbprint(key.export({ format: 'jwk' })),
};

export const TOKEN_SIGNER: KeyForm<TokenSigner> = {
  name: 'token-signer',
  file: 'token-signer.json',
  expected: 'a private JWK on P-256',
  make: () => JSON.stringify(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' })),
  parse: async (text) => {
    const jwk = JSON.parse(text) as JsonWebKey & { kid?: string };
    createPrivateKey({ key: jwk, format: 'jwk' });
    if (jwk.crv !== 'P-256') return undefined;
    return { ...jwk, kid: jwk.kid ?? (await calculateJwkThumbprint(jwk)), alg: 'ES256', use: 'sig' };
  },
  fingerprint: (jwk) => calculateJwkThumbprint(jwk),
};

export const PACKAGE: KeyForm<string> = {
  name: 'package',
  file: 'package.key',
  expected: 'an age identity (AGE-SECRET-KEY-1…)',
  make: () => generateX25519Identity(),
  parse: async (text) => {
    await identityToRecipient(text.trim());
    return text.trim();
  },
  fingerprint: (identity) => keyedHash(identity, 'package'),
};

function keyedHash(key: string | Buffer, name: string): string {
  const digest = createHmac('sha256', key).update(`civic-exchange fingerprint of the key ${name}`).digest();
  return digest.subarray(0, FINGERPRINT_BYTES).toString('base64url');
}
