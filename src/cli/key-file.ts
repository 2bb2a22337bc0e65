import { newPrivateJwk } from '../client/new-key.js';
import type { PrivateJwk } from '../client/private-jwk.js';
import { privateFile } from '../platform/private-file.js';
import { CommandError, EXIT } from './exit-code.js';

/** The private JWK in the file; where there is none, a new one is made and written (mode 0600). Throws CommandError for a file with something else. */
export async function keyFile(path: string): Promise<PrivateJwk> {
  const made = `${JSON.stringify(await newPrivateJwk(), null, 2)}\n`;
  return parseKey(
    path,
    privateFile(path, () => made),
  );
}

/** Throws CommandError without the parser's message, which may quote the key. */
export function parseKey(path: string, text: string): PrivateJwk {
  try {
    const jwk = JSON.parse(text) as PrivateJwk;
    if (typeof jwk.d === 'string' && typeof jwk.kid === 'string') return jwk;
  } catch {
    // reported below
  }
  throw new CommandError(EXIT.usage, `${path} is not a readable private JWK.`);
}
