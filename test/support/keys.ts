import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/platform/clock.js';
import { type Keys, openKeys } from '../../src/platform/keys.js';

/** Fresh keys in a temporary directory, removed when the process ends. */
export async function testKeys(): Promise<Keys> {
  const directory = mkdtempSync(join(tmpdir(), 'civic-exchange-keys-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  return openKeys(directory, systemClock);
}
