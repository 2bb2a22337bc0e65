import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '../../src/platform/clock.js';
import { openKeyFiles } from '../../src/platform/keys/key-files.js';
import type { Keys } from '../../src/platform/keys/keys.js';

/** One for all tests: who opens a database sets its logins' passwords by this key, so that all who open it need the same. */
export const LOGIN_KEY = Buffer.alloc(32, 7);

/** Fresh keys in a temporary directory, removed when the process ends. */
export async function testKeys(clock: Clock = systemClock): Promise<Keys> {
  const directory = mkdtempSync(join(tmpdir(), 'civic-exchange-keys-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  writeFileSync(join(directory, 'database.key'), LOGIN_KEY.toString('base64url'), { mode: 0o600 });
  return keysIn(directory, clock);
}

/** The keys of a folder, made there where they are missing: no database is asked. */
export async function keysIn(directory: string, clock: Clock = systemClock): Promise<Keys> {
  return (await openKeyFiles({ directory, clock })).keys;
}
