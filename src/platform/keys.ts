import { createPrivateKey, generateKeyPairSync, type JsonWebKey, type KeyObject } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { calculateJwkThumbprint } from 'jose';
import type { Clock } from './clock.js';
import { privateFile } from './private-file.js';

/**
 * The secrets of an installation: created at first start in `<data-dir>/keys` (directory 0700, files 0600), or given by `EXCHANGE_…_FILE`. Never in
 * the database, the logs or the repository.
 */
export interface Keys {
  /** Ed25519: signs checkpoints. */
  checkpointSigner: KeyObject;
  /** ES256 private key (JWK with kid) of the authorization server. */
  tokenSigner: JsonWebKey & { kid: string };
  /** 32 bytes each. */
  cursor: Buffer;
  rowId: Buffer;
  linkage: Buffer;
  etag: Buffer;
  cookies: Buffer;
  /** The passwords of the database's logins follow from it. */
  database: Buffer;
  /** age identity (X25519): opens packages from offline networks. */
  package: string;
  /** 32 bytes for one month (`2026-11`), created at first use. */
  month(yearMonth: string): Buffer;
  /** The folder of the keys; the checkpoint signer keeps its state file there. */
  directory: string;
}

/** The keys that `EXCHANGE_…_FILE` can give; each value is a path. */
const KEY_NAMES = [
  'checkpointSigner',
  'tokenSigner',
  'cursor',
  'rowId',
  'linkage',
  'etag',
  'cookies',
  'database',
  'package',
] as const;
export type KeyFiles = Partial<Record<(typeof KEY_NAMES)[number], string | undefined>>;

const FILE_NAMES: Record<(typeof KEY_NAMES)[number], string> = {
  checkpointSigner: 'checkpoint-signer.pem',
  tokenSigner: 'token-signer.json',
  cursor: 'cursor.key',
  rowId: 'row-id.key',
  linkage: 'linkage.key',
  etag: 'etag.key',
  cookies: 'cookies.key',
  database: 'database.key',
  package: 'package.key',
};

/**
 * Opens the keys of the installation and creates missing ones. Forms: checkpoint signer PKCS #8 PEM (Ed25519), token signer a private JWK (P-256),
 * package an age identity, the others 32 bytes in base64url. Throws Error naming a file that is malformed or that other users can read.
 */
export async function openKeys(directory: string, clock: Clock, given: KeyFiles = {}): Promise<Keys> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  chmodSync(directory, 0o700);
  const text = (name: (typeof KEY_NAMES)[number], make: () => string): string => {
    const path = given[name];
    return path === undefined ? privateFile(join(directory, FILE_NAMES[name]), make) : readFileSync(path, 'utf8');
  };
  const newSecret = () => clock.randomBytes(SECRET_BYTES).toString('base64url');
  const secret = (name: (typeof KEY_NAMES)[number]) => decodeSecret(name, text(name, newSecret));
  const newPackage = await generateX25519Identity();
  const newToken = JSON.stringify(await newTokenSigner());
  return {
    checkpointSigner: parseCheckpointSigner(text('checkpointSigner', newCheckpointSigner)),
    tokenSigner: await parseTokenSigner(text('tokenSigner', () => newToken)),
    cursor: secret('cursor'),
    rowId: secret('rowId'),
    linkage: secret('linkage'),
    etag: secret('etag'),
    cookies: secret('cookies'),
    database: secret('database'),
    package: await parsePackage(text('package', () => newPackage)),
    month: monthKeys(directory, newSecret),
    directory,
  };
}

/** The public half of the package key, for display; undefined before the first start. Throws Error where the file is malformed. */
export async function packageRecipient(directory: string, given: KeyFiles): Promise<string | undefined> {
  const path = given.package ?? join(directory, FILE_NAMES.package);
  return existsSync(path) ? identityToRecipient(await parsePackage(readFileSync(path, 'utf8'))) : undefined;
}

const SECRET_BYTES = 32;
const YEAR_MONTH = /^\d{4}-(0[1-9]|1[0-2])$/;

/** `audit.md`: deleting its file destroys a month's key, so only the process that uses it keeps it in memory. */
function monthKeys(directory: string, newSecret: () => string): (yearMonth: string) => Buffer {
  const cache = new Map<string, Buffer>();
  return (yearMonth) => {
    const known = cache.get(yearMonth);
    if (known) return known;
    if (!YEAR_MONTH.test(yearMonth)) throw new Error('A month is written YYYY-MM.');
    const name = `month-${yearMonth}.key`;
    const key = decodeSecret(name, privateFile(join(directory, name), newSecret));
    cache.set(yearMonth, key);
    return key;
  };
}

function decodeSecret(name: string, text: string): Buffer {
  const bytes = Buffer.from(text.trim(), 'base64url');
  if (bytes.length !== SECRET_BYTES) throw new Error(`The key ${name} is not ${SECRET_BYTES} bytes in base64url.`);
  return bytes;
}

function newCheckpointSigner(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function parseCheckpointSigner(pem: string): KeyObject {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch {
    // reported below without the parser's message, which may quote the key
  }
  throw new Error('The key checkpointSigner is not an Ed25519 private key in PKCS #8 PEM.');
}

async function parsePackage(text: string): Promise<string> {
  const identity = text.trim();
  try {
    await identityToRecipient(identity);
    return identity;
  } catch {
    // reported below without the parser's message, which may quote the key
  }
  throw new Error('The key package is not an age identity (AGE-SECRET-KEY-1…).');
}

async function newTokenSigner(): Promise<Keys['tokenSigner']> {
  const jwk = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
  return { ...jwk, kid: await calculateJwkThumbprint(jwk), alg: 'ES256', use: 'sig' };
}

async function parseTokenSigner(text: string): Promise<Keys['tokenSigner']> {
  try {
    const jwk = JSON.parse(text) as JsonWebKey & { kid?: string };
    createPrivateKey({ key: jwk, format: 'jwk' });
    if (jwk.crv === 'P-256')
      return { ...jwk, kid: jwk.kid ?? (await calculateJwkThumbprint(jwk)), alg: 'ES256', use: 'sig' };
  } catch {
    // reported below without the parser's message, which may quote the key
  }
  throw new Error('The key tokenSigner is not a private JWK on P-256.');
}
