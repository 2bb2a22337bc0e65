import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { packageRoot } from '../src/platform/paths.js';
import { listTree } from './support/source-files.js';

// Runs every test file below a folder (`test/long`, or by default all that `npm test` runs), compiled once.
// tap itself would load each file through three chained loaders, which takes longer than most files run.
const folder = process.argv[2] ?? 'test';
const long = folder === 'test/long';
const TIMEOUT_MS = long ? 1_800_000 : 900_000;
/** Processes that share the files of `npm test`: loading the exchange takes longer than many a file. One more than cores, as they wait for PostgreSQL. */
const LANES = availableParallelism() + 1;
const elsewhere = ['test/long/', 'test/bench/'].filter((prefix) => prefix !== `${folder}/`);

const compiler = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const compiled = spawnSync(process.execPath, [compiler, '-p', 'test'], { cwd: packageRoot, stdio: 'inherit' });
if (compiled.status !== 0) throw new Error('The tests do not compile.');

// `env -u`: tap hands its loaders on in NODE_OPTIONS too, also to the servers that a test starts.
const node = ['-u', 'NODE_OPTIONS', process.execPath, '--enable-source-maps'];
const env = { ...process.env, EXCHANGE_TEST_RUNNER: String(process.ppid) };
const options = { cwd: packageRoot, buffered: true, timeout: TIMEOUT_MS };

t.jobs = long ? 2 : LANES;
const files = listTree(folder)
  .files.filter((path) => path.endsWith('.test.ts'))
  .filter((path) => !elsewhere.some((prefix) => path.startsWith(prefix)));
if (long) {
  for (const path of files)
    t.spawn('env', [...node, join('dist', path.replace(/\.ts$/, '.js'))], { ...options, env }, path);
} else {
  const rooted = files.filter((path) =>
    /^import t\b.* from 'tap'/m.test(readFileSync(join(packageRoot, path), 'utf8')),
  );
  if (rooted.length > 0) throw new Error(`Take t from test/support/tap.ts, not from tap: ${rooted.join(', ')}`);
  const claims = mkdtempSync(join(tmpdir(), 'civic-exchange-claims-'));
  t.teardown(() => rmSync(claims, { recursive: true }));
  const shared = { ...env, FILES: files.join(' '), CLAIMS: claims };
  for (let lane = 1; lane <= LANES; lane++)
    t.spawn('env', [...node, 'dist/test/support/lane.js'], { ...options, env: shared }, `lane ${lane}`);
}
