import { spawnSync } from 'node:child_process';
import { hash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Account, POSTGRES_ENVIRONMENT, SYSTEM_STATE } from './postgres-binaries.js';

/** Where the cluster of one installation is. `home` belongs to the PostgreSQL user and holds everything it writes. */
export interface ClusterPlace {
  home: string;
  cluster: string;
  log: string;
}

/** Linux allows 107 bytes for a socket's path, macOS 103, and PostgreSQL adds its file name. */
const SOCKET_DIRECTORY_BYTES = 90;

function placeAt(home: string): ClusterPlace {
  return { home, cluster: join(home, 'cluster'), log: join(home, 'postgres.log') };
}

/**
 * In the data directory where `account` can reach it, else in `/var/lib/civic-exchange/<hash of the data directory>`. An existing cluster stays where
 * it is. `fresh` (this data directory has no password yet) sets the cluster of another installation aside.
 */
export function clusterPlace(dataDir: string, account: Account, fresh: boolean): ClusterPlace {
  const inside = placeAt(join(dataDir, 'postgres'));
  const outside = placeAt(join(SYSTEM_STATE, digest(dataDir)));
  if (fresh && existsSync(outside.cluster)) renameSync(outside.home, `${outside.home}.${Date.now()}`);
  if (existsSync(inside.cluster)) return own(inside, account);
  if (existsSync(outside.cluster)) return own(outside, account);
  return reaches(own(inside, account).home, account) ? inside : own(outside, account);
}

function digest(text: string): string {
  return hash('sha256', text, 'hex').slice(0, 12);
}

function own(place: ClusterPlace, account: Account): ClusterPlace {
  mkdirSync(place.home, { recursive: true });
  chmodSync(place.home, 0o700);
  give(place.home, account);
  return place;
}

function give(path: string, account: Account): void {
  if (account.uid !== undefined) chownSync(path, account.uid, account.gid);
}

/** Asks the system: modes alone don't show what ACLs, mounts and parents allow. */
function reaches(directory: string, account: Account): boolean {
  const script = 'cd "$1" && : > .probe && rm .probe';
  const options = { ...account, cwd: '/', env: POSTGRES_ENVIRONMENT };
  return spawnSync('/bin/sh', ['-c', script, 'sh', directory], options).status === 0;
}

/** A private directory for the socket, with a path short enough for the system. */
export function socketDirectory(place: ClusterPlace, account: Account): string {
  const near = join(place.home, 'socket');
  const directories = [near, join(tmpdir(), `cx-${digest(near)}`), `/tmp/cx-${digest(near)}`];
  const directory = directories.find((path) => Buffer.byteLength(path) < SOCKET_DIRECTORY_BYTES);
  if (!directory) throw new Error('No directory for the PostgreSQL socket has a short enough path.');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const found = lstatSync(directory);
  const uid = account.uid ?? process.getuid?.();
  // In a shared /tmp another user may have created it first: never use a directory that is not ours.
  if (!found.isDirectory() || (found.uid !== uid && found.uid !== process.getuid?.())) {
    throw new Error(`${directory} belongs to another user: remove it.`);
  }
  chmodSync(directory, 0o700);
  give(directory, account);
  return directory;
}

/** Runs initdb in a second directory and renames it when it is complete: a killed first start leaves no half cluster. */
export function initialise(place: ClusterPlace, native: string, account: Account, password: string): void {
  const half = join(place.home, 'cluster.new');
  const passwordFile = join(place.home, 'password.new');
  rmSync(half, { recursive: true, force: true });
  rmSync(passwordFile, { force: true });
  writeFileSync(passwordFile, password, { mode: 0o600, flag: 'wx' });
  give(passwordFile, account);
  const flags = ['-D', half, '-U', 'exchange', `--pwfile=${passwordFile}`, '--auth=scram-sha-256', '--no-instructions'];
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  try {
    const options = { ...account, cwd: place.home, env: POSTGRES_ENVIRONMENT, encoding: 'utf8' } as const;
    const result = spawnSync(join(native, 'bin/initdb'), [...flags, ...locale], options);
    if (result.status !== 0) throw new Error(`initdb failed: ${lastLine(result.stderr ?? String(result.error))}`);
  } finally {
    rmSync(passwordFile, { force: true });
  }
  renameSync(half, place.cluster);
}

/** Refuses a cluster of another major version, with a clearer message than PostgreSQL's. */
export function checkVersion(place: ClusterPlace, native: string): void {
  const cluster = readFileSync(join(place.cluster, 'PG_VERSION'), 'utf8').trim();
  const ours = readFileSync(join(native, '../package.json'), 'utf8').match(/"version":\s*"(\d+)/)?.[1];
  if (cluster !== ours) throw new Error(`The data was written by PostgreSQL ${cluster}, this package brings ${ours}.`);
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
