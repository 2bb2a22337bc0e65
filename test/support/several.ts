import tap from 'tap';
import { runInside } from './tap.js';

// Runs the test files that FILES names one after another in this process: loading the exchange takes longer than many a file runs.
const TIMEOUT_MS = 240_000;
for (const path of process.env.FILES?.split(' ') ?? [])
  tap.test(path, { timeout: TIMEOUT_MS }, (t) =>
    runInside(t, () => import(new URL(`../../${path.replace(/\.ts$/, '.js')}`, import.meta.url).href)),
  );
