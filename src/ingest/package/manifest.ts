import { hash } from 'node:crypto';
import { CompactSign, compactVerify, decodeProtectedHeader, importJWK, type JWK } from 'jose';
import { BadPackage } from './bad-package.js';

const TYPE = 'civic-exchange-package';

/** What the sender states about a package, and signs. */
export interface Manifest {
  /** `police/resident/v1` */
  contract: string;
  mode: 'snapshot' | 'delta';
  /** client_id of the sending application. */
  sender: string;
  /** From 1, per sender and contract. */
  number: number;
  /** SHA-256 (hex) of the previous signed manifest; null for the first. */
  previous: string | null;
  /** RFC 3339 UTC. */
  created: string;
  /** age recipient of the receiving exchange. */
  recipient: string;
  file: string;
  /** As in `Content-Type`. */
  mediaType: string;
  encoding: 'identity' | 'gzip';
  /** Bytes and SHA-256 (hex) of the content. */
  size: number;
  sha256: string;
}

/** A compact JWS by the sender's registered key. `key`: private JWK with kid. */
export async function signManifest(manifest: Manifest, key: JWK): Promise<string> {
  const alg = key.alg ?? 'ES256';
  return new CompactSign(Buffer.from(JSON.stringify(manifest)))
    .setProtectedHeader({ alg, typ: TYPE, ...(key.kid === undefined ? {} : { kid: key.kid }) })
    .sign(await importJWK(key, alg));
}

/** SHA-256 (hex) of the signed manifest; the next manifest holds it. */
export function manifestDigest(signed: string): string {
  return hash('sha256', signed, 'hex');
}

/** Reads a signed manifest before the signature is checked. Throws BadPackage. */
export function readManifest(signed: string): Manifest {
  const [, payload = ''] = signed.split('.');
  return checked(Buffer.from(payload, 'base64url').toString());
}

/** Throws BadPackage where the signature is not by one of the sender's keys. */
export async function verifyManifest(
  signed: string,
  keys: readonly Readonly<Record<string, unknown>>[],
): Promise<void> {
  const { kid, typ } = headerOf(signed);
  const key = keys.find((each) => each.kid === kid) as JWK | undefined;
  if (key === undefined) {
    throw new BadPackage(`It is signed by a key that is not registered (${kid ?? 'no kid'}).`, 'refused');
  }
  if (typ !== TYPE) throw new BadPackage('What is signed is no manifest.', 'refused');
  const alg = key.alg ?? 'ES256';
  await compactVerify(signed, await importJWK(key, alg), { algorithms: [alg] }).catch(() => {
    throw new BadPackage('Its signature does not hold.', 'refused');
  });
}

function headerOf(signed: string): { kid?: string; typ?: string } {
  try {
    return decodeProtectedHeader(signed);
  } catch {
    throw new BadPackage('Its manifest is not signed.');
  }
}

const FORMS: Readonly<Record<keyof Manifest, (value: unknown) => boolean>> = {
  contract: matches(/^[a-z][a-z0-9-]*\/[a-z][a-z0-9-]*\/v[1-9]\d*$/),
  mode: (value) => value === 'snapshot' || value === 'delta',
  sender: matches(/^[A-Za-z0-9._-]{1,64}$/),
  number: (value) => isSize(value) && value > 0,
  previous: (value) => value === null || matches(/^[0-9a-f]{64}$/)(value),
  created: matches(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
  recipient: matches(/^age1[a-z0-9]{1,200}$/),
  file: (value) => typeof value === 'string' && value.length <= 255,
  mediaType: (value) => typeof value === 'string' && value.length <= 200,
  encoding: (value) => value === 'identity' || value === 'gzip',
  size: isSize,
  sha256: matches(/^[0-9a-f]{64}$/),
};

/** A whole number from 0 on. */
function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function matches(form: RegExp): (value: unknown) => boolean {
  return (value) => typeof value === 'string' && form.test(value);
}

function checked(text: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new BadPackage('Its manifest is not readable.');
  }
  const manifest = (value ?? {}) as Record<string, unknown>;
  const wrong = Object.entries(FORMS).find(([name, holds]) => !holds(manifest[name]));
  if (wrong !== undefined) throw new BadPackage(`Its manifest has no sound ${wrong[0]}.`);
  return manifest as unknown as Manifest;
}
