import { generateSecret, generateURI, verifySync } from 'otplib';
import type { Clock } from '../../platform/clock.js';
import type { Database } from '../../platform/postgres/database.js';
import type { Secrets } from './secrets.js';

const STEP_SECONDS = 30;
const RECOVERY_CODES = 10;
/** Crockford's alphabet in small letters: no letter looks like another. */
const LETTERS = '0123456789abcdefghjkmnpqrstvwxyz';
const RECOVERY = /^[0-9a-hjkmnp-tv-z]{10}$/;
const TOTP = /^[0-9]{6}$/;

/** A new TOTP secret (RFC 6238), base32. */
export const newTotpSecret = (): string => generateSecret();

/** What an authenticator app reads from the QR code. */
export function totpUri(login: string, secret: string, issuer: string): string {
  return generateURI({ issuer, label: login, secret });
}

/** The step of 30 seconds to which a code belongs; the one before and after are accepted, for clocks that are off. */
export function stepOf(secret: string, code: string, clock: Clock): number | undefined {
  if (!TOTP.test(code)) return undefined;
  const epoch = Math.floor(clock.now() / 1_000);
  const found = verifySync({ secret, token: code, epoch, epochTolerance: STEP_SECONDS });
  return found.valid && 'timeStep' in found ? Number(found.timeStep) : undefined;
}

export interface Spending {
  login: string;
  /** TOTP secret. */
  secret: string;
  code: string;
}

/** Uses up a TOTP code or a recovery code: true once for each, also where two requests send it at the same time. */
export async function spendCode(
  { database, clock, secrets }: { database: Database; clock: Clock; secrets: Secrets },
  { login, secret, code }: Spending,
): Promise<boolean> {
  const typed = code.replaceAll(/[\s-]/g, '').toLowerCase();
  const step = stepOf(secret, typed, clock);
  if (step !== undefined) {
    const text = 'UPDATE exchange.credential SET totp_step = $2 WHERE login = $1 AND totp_step < $2';
    return (await database.app.query(text, [login, step])).rowCount === 1;
  }
  if (!RECOVERY.test(typed)) return false;
  const text =
    'UPDATE exchange.credential SET recovery = array_remove(recovery, $2) WHERE login = $1 AND $2 = ANY (recovery)';
  return (await database.app.query(text, [login, recoveryDigest(secrets, login, typed)])).rowCount === 1;
}

/** Ten codes of 50 random bits as a person keeps them: `a1b2c-d3e4f`. */
export function newRecoveryCodes(clock: Clock): string[] {
  return Array.from({ length: RECOVERY_CODES }, () => {
    const letters = [...clock.randomBytes(10)].map((byte) => LETTERS.charAt(byte % LETTERS.length)).join('');
    return `${letters.slice(0, 5)}-${letters.slice(5)}`;
  });
}

export function recoveryDigest(secrets: Secrets, login: string, code: string): Buffer {
  return secrets.digest(`recovery ${login}`, code.replace('-', ''));
}
