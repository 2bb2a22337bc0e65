import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { errorCode } from '../../errors.js';
import { privateFile } from '../../private-file.js';
import { postgresAccount } from './postgres-account.js';
import { postgresBinaries } from './postgres-binaries.js';
import { type ClusterPlace, checkVersion, clusterPlace, initialise, own, socketDirectory } from './postgres-cluster.js';
import { endPostgres, killIfThere, launch, postmasterPid, removeLocks, SOCKET } from './postgres-process.js';
import { waitFor } from './wait-for.js';

export interface PostgresOptions {
  dataDir: string;
  /** The account that root's PostgreSQL runs as. Undefined: `civic-exchange-db`. */
  postgresUser?: string | undefined;
}

export interface EmbeddedPostgres {
  /** To the database `exchange`, as a superuser of the cluster, over the unix socket. Contains the password. */
  url: string;
  /** Path of the unix socket. */
  socket: string;
  /** Process id of the postmaster. */
  pid: number;
  /** Resolves when the postmaster has ended, for whatever reason. */
  ended: Promise<void>;
  /** Ends it at once, as a crash does. */
  kill(): void;
  stop(): Promise<void>;
}

const START_MS = 60_000;
const STOP_MS = 30_000;

/**
 * Starts a real PostgreSQL in the data directory, private to this process: no TCP, a socket directory of mode 0700, a password in `<data-dir>/keys`.
 * The caller holds the lock of the data directory. It stops when this process ends, however it ends.
 */
export async function startPostgres(options: PostgresOptions): Promise<EmbeddedPostgres> {
  const dataDir = resolve(options.dataDir);
  const account = await postgresAccount(options.postgresUser);
  const native = postgresBinaries(account, dataDir);
  const secret = passwordFile(dataDir);
  mkdirSync(dirname(secret), { recursive: true, mode: 0o700 });
  const place = clusterPlace(dataDir, account, !existsSync(secret));
  const password = privateFile(secret, () => randomBytes(24).toString('base64url'));
  await endPostgres(place);
  own(place, account);
  const socketDir = socketDirectory(place, account);
  if (!existsSync(place.cluster)) initialise(place, native, account, password);
  checkVersion(place, native);
  removeLocks(place, socketDir);
  const urlOf = (database: string) => urlAt(socketDir, password, database);
  const keeper = await launchUntilReady(() => launch(place, native, account, socketDir), place, urlOf('postgres'));
  const pid = postmasterPid(place)!;
  return {
    url: urlOf('exchange'),
    socket: join(socketDir, SOCKET),
    pid,
    ended: hasEnded(keeper) ? Promise.resolve() : once(keeper, 'exit').then(() => {}),
    kill: () => {
      killIfThere(pid);
      keeper.kill('SIGKILL');
    },
    stop: () => stop(keeper, place, socketDir),
  };
}

/** The URL of the PostgreSQL that another process runs on this data directory, at the socket directory that its `run.json` names. */
export function runningUrl(dataDir: string, socketDir: string): string {
  return urlAt(socketDir, readFileSync(passwordFile(dataDir), 'utf8'), 'exchange');
}

function urlAt(socketDir: string, password: string, database: string): string {
  return `postgres://exchange:${password}@localhost/${database}?host=${encodeURIComponent(socketDir)}&port=5432`;
}

function passwordFile(dataDir: string): string {
  return join(dataDir, 'keys/postgres-password');
}

/** For a moment after its postmaster is killed, the last children hold the shared memory: retry for a limited time. */
async function launchUntilReady(
  launchOnce: () => ChildProcess,
  place: ClusterPlace,
  url: string,
): Promise<ChildProcess> {
  const end = performance.now() + START_MS;
  for (;;) {
    const keeper = launchOnce();
    try {
      await ready(keeper, place, url);
      return keeper;
    } catch (error) {
      keeper.stdin?.end();
      const passes = /pre-existing shared memory block/.test(String(error));
      if (!passes || performance.now() > end) throw error;
      await pause(250);
    }
  }
}

/** Waits until it answers (recovery after a crash takes time), and creates the database `exchange` at the first start. */
async function ready(keeper: ChildProcess, place: ClusterPlace, url: string): Promise<void> {
  let ended = false;
  let refusal: unknown;
  keeper.once('error', () => (ended = true)).once('exit', () => (ended = true));
  // A broken pipe after PostgreSQL ends is expected: the exit event reports the end.
  keeper.stdin?.on('error', () => {});
  const attempt = async () => {
    refusal = await createDatabase(url).catch((error: unknown) => error);
    return refusal === undefined || ended || isWrongPassword(refusal);
  };
  await waitFor(attempt, START_MS);
  if (refusal === undefined) return;
  const reason = isWrongPassword(refusal) ? 'keys/postgres-password belongs to another cluster' : lastFatal(place);
  throw new Error(`The embedded PostgreSQL did not start: ${reason ?? 'no reason given'} (log: ${place.log})`);
}

function isWrongPassword(error: unknown): boolean {
  return errorCode(error) === '28P01';
}

async function createDatabase(url: string): Promise<undefined> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    const found = await client.query(`SELECT FROM pg_database WHERE datname = 'exchange'`);
    if (found.rowCount === 0) await client.query('CREATE DATABASE exchange');
    return undefined;
  } finally {
    await client.end().catch(() => {});
  }
}

function lastFatal(place: ClusterPlace): string | undefined {
  if (!existsSync(place.log)) return undefined;
  const lines = readFileSync(place.log, 'utf8').trim().split('\n').slice(-20);
  return lines.findLast((line) => /FATAL|PANIC|could not|error/i.test(line))?.replace(/^.*?(FATAL|PANIC):\s*/, '');
}

async function stop(keeper: ChildProcess, place: ClusterPlace, socketDir: string): Promise<void> {
  keeper.stdin?.end();
  if (await waitFor(() => hasEnded(keeper), STOP_MS)) return;
  await endPostgres(place);
  removeLocks(place, socketDir);
}

function hasEnded(keeper: ChildProcess): boolean {
  return keeper.exitCode !== null || keeper.signalCode !== null;
}
