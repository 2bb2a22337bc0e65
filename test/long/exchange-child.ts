import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { packageRoot } from '../../src/platform/paths.js';
import { processes } from '../../src/platform/postgres/embedded/processes.js';
import { until } from '../failure/until.js';

/** The built command line, as `npm start` runs it. */
const MAIN = 'dist/src/main.js';

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface Child {
  pid: number;
  process: ChildProcess;
  stdout(): string;
  stderr(): string;
  /** Waits until its output contains this; rejects where it ends first. */
  said(pattern: RegExp): Promise<void>;
  ended: Promise<Ended>;
}

export interface Spawning {
  env?: Record<string, string>;
  account?: { uid: number; gid: number };
  cwd?: string;
}

/** Builds the project once for the test file. Compiled tests were built with it. */
export function build(): void {
  if (extname(import.meta.url) === '.js') return;
  const built = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'src'], {
    cwd: packageRoot,
    encoding: 'utf8',
  });
  if (built.status !== 0) throw new Error(built.stdout);
}

/** A temporary directory that PostgreSQL's user can traverse, removed at the end of the test. */
export function temporary(t: { teardown(handler: () => unknown): unknown }): string {
  const directory = mkdtempSync(join(tmpdir(), 'civic-exchange-long-'));
  spawnSync('chmod', ['711', directory]);
  t.teardown(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }));
  return directory;
}

export function exchange(args: readonly string[], options: Spawning = {}): Child {
  return child(process.execPath, [join(packageRoot, MAIN), ...args], options);
}

/** Runs a command to its end. */
export function run(args: readonly string[], options: Spawning = {}): Promise<Ended> {
  return exchange(args, options).ended;
}

/** Commands that a person pastes into a terminal in the project's directory. */
export function bash(text: string): Promise<Ended> {
  return child('bash', ['-c', text], {}).ended;
}

export function child(command: string, args: readonly string[], { env = {}, account, cwd }: Spawning): Child {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(NODE_OPTIONS|TAP|_TAPJS|EXCHANGE_|DATABASE_)/.test(name),
  );
  const options: SpawnOptions = {
    cwd: cwd ?? packageRoot,
    env: { ...Object.fromEntries(kept), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...account,
  };
  const started = spawn(command, [...args], options);
  let stdout = '';
  let stderr = '';
  started.stdout!.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  started.stderr!.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<Ended>((resolve, reject) => {
    started.once('error', reject).once('close', (code) => resolve({ code, stdout, stderr }));
  });
  return {
    pid: started.pid!,
    process: started,
    stdout: () => stdout,
    stderr: () => stderr,
    ended,
    said: (pattern) =>
      until(
        `it says ${pattern}`,
        () => {
          if (pattern.test(stdout)) return true;
          if (started.exitCode !== null || started.signalCode !== null) throw new Error(`It ended: ${stdout}${stderr}`);
          return false;
        },
        240_000,
      ),
  };
}

/** Processes of a PostgreSQL whose cluster is in the directory: postmaster and children, and the shell that keeps it. */
export function postgresOf(dataDir: string): number[] {
  const cluster = join(dataDir, 'postgres/cluster');
  return processes()
    .filter(({ directory, commandLine }) => directory === cluster || commandLine.includes(cluster))
    .map(({ pid }) => pid);
}
