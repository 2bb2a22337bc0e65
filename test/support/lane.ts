import { openSync } from 'node:fs';
import { join } from 'node:path';
import tap from 'tap';
import { runInside } from './tap.js';

// Runs test files one after another in this process: of those that FILES names, each that no other lane has claimed.
const TIMEOUT_MS = 240_000;
const { FILES = '', CLAIMS = '' } = process.env;

function claim(path: string): boolean {
  try {
    openSync(join(CLAIMS, path.replaceAll('/', '_')), 'wx');
    return true;
  } catch {
    return false;
  }
}

for (const path of FILES.split(' ')) {
  if (!claim(path)) continue;
  const url = new URL(`../../${path.replace(/\.ts$/, '.js')}`, import.meta.url);
  await tap.test(path, { timeout: TIMEOUT_MS }, (t) => runInside(t, () => import(url.href)));
}
