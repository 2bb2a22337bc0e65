import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Account, POSTGRES_ENVIRONMENT } from './postgres-binaries.js';
import type { ClusterPlace } from './postgres-cluster.js';

/**
 * Runs PostgreSQL and waits for it; meanwhile it reads a pipe whose other end only our process holds. When that end closes, by `stop()` or because
 * our process ends in any way (kill -9 included), it shuts PostgreSQL down. No PostgreSQL is left behind.
 */
const KEEPER = `
exec 3<&0
"$@" </dev/null 3<&- &
postgres=$!
{ read -r line <&3; kill -INT "$postgres"; } &
reader=$!
exec 3<&-
wait "$postgres"
code=$?
kill "$reader" 2>/dev/null
exit "$code"
`;

/** Neither statement text nor DETAIL (it quotes key values) gets into PostgreSQL's log. */
const SETTINGS = {
  listen_addresses: '',
  port: '5432',
  unix_socket_permissions: '0700',
  max_connections: '120',
  shared_buffers: '192MB',
  effective_cache_size: '1GB',
  work_mem: '16MB',
  maintenance_work_mem: '128MB',
  max_wal_size: '2GB',
  checkpoint_timeout: '10min',
  random_page_cost: '1.1',
  max_parallel_workers_per_gather: '0',
  jit: 'off',
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
  password_encryption: 'scram-sha-256',
  TimeZone: 'UTC',
  log_timezone: 'UTC',
  log_error_verbosity: 'terse',
  log_min_error_statement: 'panic',
  log_parameter_max_length: '0',
  log_parameter_max_length_on_error: '0',
  log_statement: 'none',
};

const LOG_LIMIT_BYTES = 8 * 1024 * 1024;

/** Detached, so that a Ctrl-C for us does not reach PostgreSQL while we still use it. */
export function launch(place: ClusterPlace, native: string, account: Account, socketDir: string): ChildProcess {
  if (existsSync(place.log) && statSync(place.log).size > LOG_LIMIT_BYTES) renameSync(place.log, `${place.log}.1`);
  const settings = { ...SETTINGS, unix_socket_directories: `"${socketDir.replaceAll('"', '""')}"` };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const command = [join(native, 'bin/postgres'), '-D', place.cluster, ...flags];
  const log = openSync(place.log, 'a', 0o600);
  try {
    return spawn('/bin/sh', ['-c', KEEPER, 'exchange-postgres', ...command], {
      ...account,
      cwd: place.home,
      env: POSTGRES_ENVIRONMENT,
      detached: true,
      stdio: ['pipe', log, log],
    });
  } finally {
    closeSync(log);
  }
}

/** The file of the socket, by the port that the connection URL names. */
const SOCKET = '.s.PGSQL.5432';

/**
 * Cleans up after an earlier run: shuts down a PostgreSQL of ours that still runs, removes its pid file and the lock of its socket. PostgreSQL takes
 * a number in these files for a running server while any process has it, a killed postmaster that nobody has waited for included. The caller holds
 * the lock of the data directory, so nobody else uses it.
 */
export async function clearRemains(place: ClusterPlace, socketDir: string): Promise<void> {
  const pid = postmasterPid(place);
  if (pid !== undefined && isPostgresOf(pid, place)) {
    const signals = ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const;
    for (const signal of signals) {
      process.kill(pid, signal);
      if (await waitFor(() => !isPostgresOf(pid, place), 10_000)) break;
    }
  }
  const remains = [join(place.cluster, 'postmaster.pid'), join(socketDir, SOCKET), join(socketDir, `${SOCKET}.lock`)];
  for (const file of remains) rmSync(file, { force: true });
}

export function postmasterPid(place: ClusterPlace): number | undefined {
  const pidFile = join(place.cluster, 'postmaster.pid');
  if (!existsSync(pidFile)) return undefined;
  const pid = Number.parseInt(readFileSync(pidFile, 'utf8'), 10);
  return pid > 1 ? pid : undefined;
}

/** Process numbers are reused: only a process on this cluster counts. */
function isPostgresOf(pid: number, place: ClusterPlace): boolean {
  return commandLine(pid).includes(place.cluster);
}

function commandLine(pid: number): string {
  try {
    if (existsSync('/proc/self/cmdline')) return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
  return spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout ?? '';
}

/** True as soon as the condition holds, false after the deadline. */
export async function waitFor(condition: () => boolean | Promise<boolean>, deadlineMs: number): Promise<boolean> {
  const end = performance.now() + deadlineMs;
  while (performance.now() < end) {
    if (await condition()) return true;
    await pause(20);
  }
  return condition();
}
