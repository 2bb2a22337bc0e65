import {
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { errorCode } from './errors.js';

/** Writes a file that only its owner can read (0600), completely or not at all, also across a crash. Throws the system's error. */
export function writePrivateFile(path: string, content: string): void {
  renameSync(writeBeside(path, content), path);
  syncFolder(path);
}

/**
 * The content of the file; creates it from `make()` where it is absent. Of two processes that create it at once one wins, and both use its content.
 */
export function privateFile(path: string, make: () => string): string {
  const found = readPrivateFile(path);
  if (found !== undefined) return found;
  const half = writeBeside(path, make());
  try {
    linkSync(half, path);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  } finally {
    rmSync(half, { force: true });
  }
  syncFolder(path);
  return readFileSync(path, 'utf8');
}

/** Undefined where the file is absent. Throws Error where others than the owner can read it: then it is no longer secret. */
export function readPrivateFile(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) return undefined;
  if ((found.mode & 0o077) !== 0) throw new Error(`${path} is open to other users: run chmod 600 '${path}'.`);
  return readFileSync(path, 'utf8');
}

/**
 * What to do with a secret's file that the operator gives, where others can read it or its owner can change it; undefined where it is safe: it belongs
 * to us with mode 0600 or less, or to root with 0640 or less, as PostgreSQL takes its `ssl_key_file`. A system without owners is not judged.
 */
export function remedyForOpen(path: string): string | undefined {
  const ourselves = process.getuid?.();
  if (ourselves === undefined) return undefined;
  const { uid, mode } = statSync(path);
  if (uid !== 0 && uid !== ourselves) return `it belongs to another user: run chown ${ourselves}`;
  const most = uid === 0 ? 0o640 : 0o600;
  return (mode & 0o777 & ~most) === 0 ? undefined : `it is open to other users: run chmod ${most.toString(8)}`;
}

function writeBeside(path: string, content: string): string {
  const half = `${path}.${process.pid}.new`;
  const file = openSync(half, 'w', 0o600);
  try {
    const bytes = Buffer.from(content);
    for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  return half;
}

/** Without it a power cut can take back the file's name. */
function syncFolder(path: string): void {
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
