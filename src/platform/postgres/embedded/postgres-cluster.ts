import { spawnSync } from 'node:child_process';
import { hash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Account, OUR_SHELL, POSTGRES_ENVIRONMENT } from './postgres-account.js';
import { handOver, keptFor, removeDeparted, SYSTEM_STATE } from './system-state.js';

/** Where the cluster of one installation is. `home` belongs to the PostgreSQL user and holds everything it writes. */
export interface ClusterPlace {
  dataDir: string;
  home: string;
  cluster: string;
  log: string;
}

/** Linux allows 107 bytes for a socket's path, macOS 103, and PostgreSQL adds its file name. */
const SOCKET_DIRECTORY_BYTES = 90;

function placeAt(dataDir: string, home: string): ClusterPlace {
  return { dataDir, home, cluster: join(home, 'cluster'), log: join(home, 'postgres.log') };
}

/**
 * Where the cluster is, or for a first start where it will be: in the data directory if `account` can reach it, else in `SYSTEM_STATE`. `fresh`: the
 * data directory has no password yet. Throws Error where the password of an existing cluster is missing.
 */
export function clusterPlace(dataDir: string, account: Account, fresh: boolean): ClusterPlace {
  removeDeparted();
  const inside = placeAt(dataDir, join(dataDir, 'postgres'));
  const name = digest(dataDir);
  const outside = placeAt(dataDir, join(SYSTEM_STATE, name));
  const isOurs = existsSync(inside.home);
  if (fresh && !isOurs && existsSync(outside.cluster)) renameSync(outside.home, `${outside.home}.${Date.now()}`);
  const existing = [inside, outside].find(({ cluster }) => existsSync(cluster));
  if (existing && fresh) {
    throw new Error(`${join(dataDir, 'keys/postgres-password')} is missing, but its database exists: restore it.`);
  }
  if (existing === outside) keptFor(dataDir, name);
  if (existing) return existing;
  own(inside, account);
  return reaches(inside.home, account) ? inside : placeAt(dataDir, keptFor(dataDir, name));
}

function digest(text: string): string {
  return hash('sha256', text, 'hex').slice(0, 12);
}

/**
 * Makes the place, which only `account` may enter. A cluster of an earlier account is handed over: closed to that account first, and with the rules of
 * entry that we made. PostgreSQL does not run.
 */
export function own(place: ClusterPlace, account: Account): void {
  mkdirSync(place.home, { recursive: true, mode: 0o700 });
  chmodSync(place.home, 0o700);
  if (account.uid === undefined) return;
  chownSync(place.home, account.uid, account.gid);
  const earlier = existsSync(place.cluster) ? lstatSync(place.cluster).uid : account.uid;
  if (earlier === account.uid) return;
  const rules = join(place.cluster, 'pg_hba.conf');
  rmSync(rules, { force: true });
  writeFileSync(rules, 'local all all scram-sha-256\n', { mode: 0o600, flag: 'wx' });
  chownSync(rules, account.uid, account.gid);
  const others = readdirSync(place.home).filter((name) => name !== 'cluster');
  for (const name of [...others, 'cluster']) handOver(join(place.home, name), earlier, account);
}

function give(path: string, account: Account): void {
  if (account.uid !== undefined) chownSync(path, account.uid, account.gid);
}

/** Asks the system: modes alone don't show what ACLs, mounts and parents allow. */
function reaches(directory: string, account: Account): boolean {
  const script = 'cd "$1" && : > .probe && rm .probe';
  const options = { ...account, cwd: '/', env: POSTGRES_ENVIRONMENT };
  return spawnSync('/bin/sh', ['-c', script, OUR_SHELL, directory], options).status === 0;
}

/** A private directory for the socket, with a path short enough for the system. */
export function socketDirectory(place: ClusterPlace, account: Account): string {
  const near = join(place.home, 'socket');
  const name = `cx-${digest(near)}`;
  const isShort = (path: string) => Buffer.byteLength(path) < SOCKET_DIRECTORY_BYTES;
  const shorter = () =>
    account.uid === undefined ? [join(tmpdir(), name), `/tmp/${name}`] : [keptFor(place.dataDir, name)];
  const directory = isShort(near) ? near : shorter().find(isShort);
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
