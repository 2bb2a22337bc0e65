import { spawn } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { waitFor } from '../../src/platform/postgres/embedded/wait-for.js';
import { serverFile } from './run.js';

// One PostgreSQL for the whole run, held by a process of its own: this process must end before the tests begin.
const file = serverFile(process.ppid);
rmSync(file, { force: true });
const script = fileURLToPath(new URL('./holder.ts', import.meta.url));
const holder = spawn(process.execPath, [...process.execArgv, script, String(process.ppid)], {
  detached: true,
  env: { ...process.env, _TAPJS_PROCESSINFO_COVERAGE_: '0' },
  stdio: ['ignore', 'ignore', 'inherit'],
});
const ended = () => holder.exitCode !== null;
await waitFor(() => existsSync(file) || ended(), 180_000);
if (!existsSync(file)) throw new Error('The PostgreSQL of the test run did not start.');
holder.unref();
