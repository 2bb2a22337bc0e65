import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import t from 'tap';
import { packageRoot } from '../src/platform/paths.js';
import { listTree } from './support/source-files.js';

// Runs every test file below a folder (`test/long`, or by default all that `npm test` runs), compiled once, each in a plain process of its own.
// tap itself would load each file through three chained loaders, which takes longer than most files run.
const folder = process.argv[2] ?? 'test';
const TIMEOUT_MS = folder === 'test/long' ? 1_800_000 : 240_000;
const elsewhere = ['test/long/', 'test/bench/'].filter((prefix) => prefix !== `${folder}/`);

const compiler = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const compiled = spawnSync(process.execPath, [compiler, '-p', 'test'], { cwd: packageRoot, stdio: 'inherit' });
if (compiled.status !== 0) throw new Error('The tests do not compile.');

// `env -u`: tap hands its loaders on in NODE_OPTIONS too, also to the servers that a test starts.
const node = ['-u', 'NODE_OPTIONS', process.execPath, '--enable-source-maps'];
const env = { ...process.env, EXCHANGE_TEST_RUNNER: String(process.ppid) };
t.jobs = Number(process.env.TAP_JOBS ?? 2);
const files = listTree(folder).files.filter((path) => path.endsWith('.test.ts'));
for (const path of files.filter((path) => !elsewhere.some((prefix) => path.startsWith(prefix)))) {
  const script = join('dist', path.replace(/\.ts$/, '.js'));
  t.spawn('env', [...node, script], { env, cwd: packageRoot, buffered: true, timeout: TIMEOUT_MS }, path);
}
