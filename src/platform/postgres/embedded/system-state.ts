import {
  chmodSync,
  existsSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { writePrivateFile } from '../../private-file.js';
import type { Account } from './postgres-account.js';
import { processes } from './processes.js';

/**
 * Where root keeps what PostgreSQL's account can't reach in the package or the data directory. It is root's and can't be listed; what is in it belongs
 * to the account. `<name>.json` says which data directory the folder `<name>` is for.
 */
export const SYSTEM_STATE = '/var/lib/civic-exchange';

interface Owner {
  dataDir: string;
  /** Number of the file system that the data directory is on. */
  device: number;
}

/** The path of a folder in `SYSTEM_STATE` that is kept as long as the data directory. The folder itself may not exist yet. */
export function keptFor(dataDir: string, name: string): string {
  openSystemState();
  const owner: Owner = { dataDir, device: statSync(dataDir).dev };
  writePrivateFile(join(SYSTEM_STATE, `${name}.json`), JSON.stringify(owner));
  return join(SYSTEM_STATE, name);
}

/** Throws Error where another user has made it. */
export function openSystemState(): void {
  mkdirSync(SYSTEM_STATE, { recursive: true });
  const found = lstatSync(SYSTEM_STATE);
  if (!found.isDirectory() || found.uid !== 0) throw new Error(`${SYSTEM_STATE} belongs to another user: remove it.`);
  chmodSync(SYSTEM_STATE, 0o711);
}

/** Removes the folders whose data directory is gone. One in use, and one whose data directory may only be unmounted, stays. */
export function removeDeparted(): void {
  if (process.getuid?.() !== 0 || !existsSync(SYSTEM_STATE)) return;
  const records = readdirSync(SYSTEM_STATE).filter((name) => name.endsWith('.json'));
  const departed = records.filter((name) => isGone(JSON.parse(readFileSync(join(SYSTEM_STATE, name), 'utf8'))));
  if (departed.length === 0) return;
  const inUse = processes().map(({ directory }) => `${directory}/`);
  for (const record of departed) {
    const folder = join(SYSTEM_STATE, record.slice(0, -'.json'.length));
    if (inUse.some((directory) => directory.startsWith(`${folder}/`))) continue;
    rmSync(folder, { recursive: true, force: true });
    rmSync(join(SYSTEM_STATE, record), { force: true });
  }
}

/** On the same file system nothing of it is left. A disk that is not mounted shows the file system below it. */
function isGone({ dataDir, device }: Owner): boolean {
  if (['postgres', 'keys/postgres-password'].some((name) => existsSync(join(dataDir, name)))) return false;
  let nearest = dataDir;
  while (!existsSync(nearest)) nearest = dirname(nearest);
  return statSync(nearest).dev === device;
}

/**
 * Gives the account what belongs to user `from` in the directory, the directory itself last, so that a start that was killed goes on here. What
 * belongs to others stays theirs: `from` may have linked it here.
 */
export function handOver(path: string, from: number, account: Account): void {
  if (account.uid === undefined || lstatSync(path).uid !== from) return;
  if (lstatSync(path).isDirectory()) for (const name of readdirSync(path)) handOver(join(path, name), from, account);
  lchownSync(path, account.uid, account.gid);
}
