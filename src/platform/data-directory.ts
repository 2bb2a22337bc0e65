import {
  accessSync,
  constants,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { errorCode } from './errors.js';
import { readPrivateFile, writePrivateFile } from './private-file.js';

/** Where a running server is, for commands on the same machine: `<data-dir>/run.json`, mode 0600. */
export interface RunningServer {
  pid: number;
  baseUrl: string;
  node: string;
  /** RFC 3339. */
  startedAt: string;
  /** Directory of the embedded PostgreSQL's socket. */
  postgresSocket?: string;
}

export class DataDirectoryError extends Error {
  readonly reason: 'not-writable' | 'open' | 'in-use';

  constructor(reason: DataDirectoryError['reason'], message: string) {
    super(message);
    this.name = 'DataDirectoryError';
    this.reason = reason;
  }
}

/**
 * Creates the data directory and takes its lock; the returned function releases it. Throws DataDirectoryError: `not-writable`, `open` to other
 * users, or `in-use` by a running server. Takes over a lock whose owner is gone (kill -9, power cut).
 */
export function lockDataDirectory(dataDir: string): () => void {
  makeWritable(dataDir);
  refuseOpen(dataDir);
  const lock = join(dataDir, 'lock');
  for (let attempt = 0; attempt < 3; attempt++) {
    if (takeLock(lock)) return () => rmSync(lock, { force: true });
    const owner = lockOwner(lock);
    if (owner !== undefined) {
      throw new DataDirectoryError('in-use', `${dataDir} is in use by another server (process ${owner}).`);
    }
    rmSync(lock, { force: true });
  }
  throw new DataDirectoryError('in-use', `${dataDir} is being taken by another server.`);
}

function makeWritable(dataDir: string): void {
  try {
    // Others may traverse it (as root, PostgreSQL runs as another user) but not list it; every file in it is 0600 or 0700.
    makeDirectory(dataDir);
    accessSync(dataDir, constants.W_OK | constants.X_OK);
    const probe = join(dataDir, `.probe-${process.pid}`);
    writeFileSync(probe, '');
    rmSync(probe);
  } catch (error) {
    throw new DataDirectoryError(
      'not-writable',
      `The data directory ${dataDir} cannot be written (${errorCode(error)}).`,
    );
  }
}

/**
 * Whoever can write in it can put keys and a database there. A group may write that is one of ours: container platforms give volumes that way. A
 * system without owners is not judged.
 */
function refuseOpen(dataDir: string): void {
  const ourselves = process.getuid?.();
  if (ourselves === undefined) return;
  for (const path of [dataDir, join(dataDir, 'keys')].filter(existsSync)) {
    const { uid, gid, mode } = statSync(path);
    const isOurs = uid === ourselves || uid === 0;
    if (!isOurs) {
      throw new DataDirectoryError('open', `${path} belongs to another user: run chown ${ourselves} '${path}'.`);
    }
    const groups = process.getgroups?.() ?? [];
    if ((mode & 0o002) !== 0 || ((mode & 0o020) !== 0 && !groups.includes(gid))) {
      throw new DataDirectoryError('open', `Other users can write in ${path}: run chmod go-w '${path}'.`);
    }
  }
}

/** Level by level: Node's recursive mkdir never returns where the system gives ENOENT for a child of an existing directory (/proc). */
function makeDirectory(path: string): void {
  if (existsSync(path)) return;
  makeDirectory(dirname(path));
  mkdirSync(path, { mode: 0o711 });
}

/** The lock names the process and its start time: another process may have the number by now. */
function takeLock(lock: string): boolean {
  const mine = `${lock}.${process.pid}`;
  writeFileSync(mine, `${process.pid} ${birthOf(process.pid)}`, { mode: 0o600 });
  try {
    linkSync(mine, lock);
    return true;
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
    return false;
  } finally {
    rmSync(mine, { force: true });
  }
}

function lockOwner(lock: string): number | undefined {
  const [pid, birth] = existsSync(lock) ? readFileSync(lock, 'utf8').split(' ') : [];
  const owner = Number(pid);
  return isAlive(owner) && birthOf(owner) === birth ? owner : undefined;
}

export function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

/** Clock ticks from boot to the start of a process (proc(5), field 22). Only Linux has it; elsewhere the result is the same for all. */
function birthOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '-';
  } catch {
    return '-';
  }
}

export function writeRun(dataDir: string, run: RunningServer): void {
  writePrivateFile(join(dataDir, 'run.json'), JSON.stringify(run));
}

export function removeRun(dataDir: string): void {
  rmSync(join(dataDir, 'run.json'), { force: true });
}

/** Undefined where no server runs on this data directory. */
export function readRun(dataDir: string): RunningServer | undefined {
  const text = readPrivateFile(join(dataDir, 'run.json'));
  if (text === undefined) return undefined;
  const run = JSON.parse(text) as RunningServer;
  return isAlive(run.pid) ? run : undefined;
}
