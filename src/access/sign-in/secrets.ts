import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto';
import type { Clock } from '../../platform/clock.js';
import type { Keys } from '../../platform/keys/keys.js';

/** What needs the keys of people's sign-in, which are not in the database. */
export interface Secrets {
  /** AES-256-GCM, bound to `about`: what is sealed for one account or enrolment opens for no other. */
  seal(about: string, text: string): Buffer;
  /** Undefined for what was not sealed here, or about something else. */
  open(about: string, sealed: Buffer): string | undefined;
  /** HMAC-SHA-256: nobody who writes rows by hand can make one. */
  digest(about: string, text: string): Buffer;
}

const NONCE = 12;
const TAG = 16;

/** The keys follow from the authorization server's key for cookies (HKDF, RFC 5869). */
export function signInSecrets({ keys, clock }: { keys: Pick<Keys, 'cookies'>; clock: Clock }): Secrets {
  const derived = (info: string) => Buffer.from(hkdfSync('sha256', keys.cookies, '', `civic-exchange ${info}`, 32));
  const sealing = derived('sign-in seal');
  const digesting = derived('sign-in digest');
  return {
    seal(about, text) {
      const nonce = clock.randomBytes(NONCE);
      const cipher = createCipheriv('aes-256-gcm', sealing, nonce).setAAD(Buffer.from(about));
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), body]);
    },
    open(about, sealed) {
      try {
        const cipher = createDecipheriv('aes-256-gcm', sealing, sealed.subarray(0, NONCE), { authTagLength: TAG });
        cipher.setAAD(Buffer.from(about)).setAuthTag(sealed.subarray(NONCE, NONCE + TAG));
        return Buffer.concat([cipher.update(sealed.subarray(NONCE + TAG)), cipher.final()]).toString('utf8');
      } catch {
        return undefined;
      }
    },
    digest: (about, text) => createHmac('sha256', digesting).update(`${about}\0${text}`).digest(),
  };
}
