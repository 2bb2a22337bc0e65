import { mkdirSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import Type, { type Static } from 'typebox';
import { Check } from 'typebox/value';
import { readPrivateFile, writePrivateFile } from '../../platform/private-file.js';

const shape = Type.Object({
  /** The server's base URL. */
  server: Type.String(),
  issuer: Type.String(),
  login: Type.String(),
  accessToken: Type.String(),
  /** ms since the epoch. */
  accessUntil: Type.Number(),
  refreshToken: Type.String(),
});

/** A person who has signed in at the command line. */
export type SignedIn = Static<typeof shape>;

/** In the user's own folder, mode 0600. */
const file = () => join(homedir(), '.config', 'civic-exchange', 'credentials.json');

/** Undefined where nobody is signed in. Throws Error where others can read the file. */
export function readSignedIn(): SignedIn | undefined {
  const text = readPrivateFile(file());
  if (text === undefined) return undefined;
  try {
    const found: unknown = JSON.parse(text);
    return Check(shape, found) ? found : undefined;
  } catch {
    return undefined;
  }
}

export function writeSignedIn(signedIn: SignedIn): void {
  mkdirSync(dirname(file()), { recursive: true, mode: 0o700 });
  writePrivateFile(file(), `${JSON.stringify(signedIn, null, 2)}\n`);
}

export function forgetSignedIn(): void {
  rmSync(file(), { force: true });
}
