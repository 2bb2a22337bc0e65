import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, constants, existsSync, openSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../../errors.js';
import { type Account, OUR_SHELL, POSTGRES_ENVIRONMENT } from './postgres-account.js';
import type { ClusterPlace } from './postgres-cluster.js';
import { type Process, processes } from './processes.js';
import { waitFor } from './wait-for.js';

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
  // The account owns the folder: root must not follow a link that it put there.
  const log = openSync(
    place.log,
    constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY | constants.O_NOFOLLOW,
    0o600,
  );
  try {
    return spawn('/bin/sh', ['-c', KEEPER, OUR_SHELL, ...command], {
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
export const SOCKET = '.s.PGSQL.5432';

/**
 * Shuts down a PostgreSQL of an earlier run that is still there, and kills what a killed one left: its children keep the shared memory. The caller holds
 * the lock of the data directory, so nobody else uses it.
 */
export async function endPostgres(place: ClusterPlace): Promise<void> {
  const pid = postmasterPid(place);
  if (pid !== undefined && isPostgresOf(pid, place)) {
    const signals = ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const;
    for (const signal of signals) {
      process.kill(pid, signal);
      if (await waitFor(() => !isPostgresOf(pid, place), 10_000)) break;
    }
  }
  for (const child of childrenOf(place)) killIfThere(child.pid);
  await waitFor(() => childrenOf(place).length === 0, 10_000);
}

function childrenOf(place: ClusterPlace): Process[] {
  return processes().filter(
    ({ directory, executable }) => directory === place.cluster && executable.includes('/native/bin/postgres'),
  );
}

export function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error;
  }
}

/**
 * PostgreSQL takes a number in these files for a running server while any process has it, a killed postmaster that nobody has waited for included.
 * PostgreSQL does not run.
 */
export function removeLocks(place: ClusterPlace, socketDir: string): void {
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
