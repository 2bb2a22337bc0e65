import { createCipheriv, createDecipheriv, createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto';
import type { Clock } from '../platform/clock.js';
import type { Keys } from '../platform/keys/keys.js';
import type { Sealed } from './entry.js';

/**
 * A sealed part as stored: `0x01 ‖ yyyymm (uint32) ‖ wrapped data key (12 iv, 32, 16 tag) ‖ 12 iv ‖ ciphertext ‖ 16 tag`, all AES-256-GCM. The
 * entry's salt is additional data, so a blob fits only its own entry. `sealedDigest = SHA-256(salt ‖ blob)` is over the stored bytes: with a digest
 * over the plaintext the holder of a receipt (who has the blind) could test guesses of the true reason.
 */
const VERSION = 1;
const HEADER = 1 + 4 + 12 + 32 + 16;
const IV = 12;
const TAG = 16;
const SALT = 16;
const KEY_LIFE_MS = 3_600_000;
const KEY_USES = 1 << 24;

/** What auditors see of a sealed part. `rows` are row_ids in base64, packed per access. @internal */
export interface OpenedSealed extends Omit<Sealed, 'rows'> {
  /** base64. */
  blind: string;
  rows?: string[];
}

interface SealedPart {
  blob: Buffer;
  digest: string;
}

/** Seals for one process. Its data key changes hourly and with the month; the month's key wraps it. */
export interface Sealer {
  /** HMAC(K_month, request): 32 bytes. */
  blind(request: string): Buffer;
  /** The stored blob, and SHA-256(salt ‖ blob) in base64. The salt has 16 bytes. */
  seal(sealed: Sealed, blind: Buffer, salt: Buffer): SealedPart;
}

export function openSealer(keys: Keys, clock: Clock): Sealer {
  let current: DataKey | undefined;
  const dataKey = (): DataKey => {
    const now = clock.now();
    if (current === undefined || now >= current.until || now < current.since || current.uses >= KEY_USES)
      current = makeDataKey(keys, clock);
    return current;
  };
  return {
    blind: (request) => createHmac('sha256', dataKey().monthKey).update(request).digest(),
    seal: (sealed, blind, salt) => sealWith(dataKey(), plaintext(sealed, blind), salt),
  };
}

interface DataKey {
  key: KeyObject;
  monthKey: KeyObject;
  header: Buffer;
  /** 12 bytes: zeros and the counter. */
  iv: Buffer;
  since: number;
  until: number;
  uses: number;
}

function makeDataKey(keys: Keys, clock: Clock): DataKey {
  const since = clock.now();
  const month = new Date(since).toISOString().slice(0, 7);
  const monthKey = keys.month(month);
  const raw = clock.randomBytes(32);
  const header = Buffer.alloc(HEADER);
  header[0] = VERSION;
  header.writeUInt32BE(Number(month.replace('-', '')), 1);
  const iv = clock.randomBytes(IV);
  iv.copy(header, 5);
  const wrap = createCipheriv('aes-256-gcm', monthKey, iv).setAAD(header.subarray(0, 5));
  wrap.update(raw).copy(header, 5 + IV);
  wrap.final();
  wrap.getAuthTag().copy(header, 5 + IV + 32);
  const nextMonth = Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5)), 1);
  const until = Math.min(since + KEY_LIFE_MS, nextMonth);
  return {
    key: createSecretKey(raw),
    monthKey: createSecretKey(monthKey),
    header,
    iv: Buffer.alloc(IV),
    since,
    until,
    uses: 0,
  };
}

/** The salt precedes the blob in one buffer, so that one call hashes both. */
function sealWith(data: DataKey, text: string, salt: Buffer): SealedPart {
  data.iv.writeUIntBE(++data.uses, 6, 6); // a counter: only this process uses the key
  const cipher = createCipheriv('aes-256-gcm', data.key, data.iv).setAAD(salt);
  const body = cipher.update(text, 'utf8');
  cipher.final();
  const whole = Buffer.allocUnsafe(SALT + HEADER + IV + body.length + TAG);
  salt.copy(whole);
  data.header.copy(whole, SALT);
  data.iv.copy(whole, SALT + HEADER);
  body.copy(whole, SALT + HEADER + IV);
  cipher.getAuthTag().copy(whole, whole.length - TAG);
  return { blob: whole.subarray(SALT), digest: hash('sha256', whole, 'base64') };
}

function plaintext(sealed: Sealed, blind: Buffer): string {
  const rows = sealed.rows?.map((ids) => ids.toString('base64'));
  return JSON.stringify({ ...sealed, rows, blind: blind.toString('base64') });
}

/** Opens a sealed part with the month's key. Throws where the blob was altered or belongs to another entry, or where the key is gone. @internal */
export function openSealed(keys: Keys, blob: Buffer, salt: Buffer): OpenedSealed {
  if (blob.length < HEADER + IV + TAG || blob[0] !== VERSION) throw new Error('not a sealed part of a known version');
  const yyyymm = String(blob.readUInt32BE(1));
  const monthKey = keys.month(`${yyyymm.slice(0, 4)}-${yyyymm.slice(4)}`);
  const unwrap = createDecipheriv('aes-256-gcm', monthKey, blob.subarray(5, 5 + IV), { authTagLength: TAG });
  unwrap.setAAD(blob.subarray(0, 5)).setAuthTag(blob.subarray(HEADER - TAG, HEADER));
  const key = Buffer.concat([unwrap.update(blob.subarray(5 + IV, HEADER - TAG)), unwrap.final()]);
  const open = createDecipheriv('aes-256-gcm', key, blob.subarray(HEADER, HEADER + IV), { authTagLength: TAG });
  open.setAAD(salt).setAuthTag(blob.subarray(blob.length - TAG));
  const text = Buffer.concat([open.update(blob.subarray(HEADER + IV, blob.length - TAG)), open.final()]);
  return JSON.parse(text.toString()) as OpenedSealed;
}
