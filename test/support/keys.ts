import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/platform/clock.js';
import { type Keys, openKeys } from '../../src/platform/keys.js';

/** One for all tests: who opens a database sets its logins' passwords by this key, so that all who open it need the same. */
export const LOGIN_KEY = Buffer.alloc(32, 7);

/** Fresh keys in a temporary directory, removed when the process ends. */
export async function testKeys(): Promise<Keys> {
  const directory = mkdtempSync(join(tmpdir(), 'civic-exchange-keys-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  writeFileSync(join(directory, 'database.key'), LOGIN_KEY.toString('base64url'), { mode: 0o600 });
  return openKeys(directory, systemClock);
}
