import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, Problem } from '../../platform/errors.js';

/** Where bodies wait that are read from their end (zip, Parquet): a folder of the data directory, and new names. */
export interface Spool {
  directory: string;
  /** A unique name. */
  name(): string;
}

/** A body on disk without a name: it disappears when it is closed, and when the process ends for any reason. */
export interface Spooled {
  size: number;
  /** Exactly these bytes; fewer only at the end of the file. */
  read(start: number, length: number): Promise<Buffer<ArrayBuffer>>;
  /** File descriptor, open until `close`. */
  fd: number;
  close(): Promise<void>;
}

/**
 * Writes a body to a file that only this process can reach. The body itself checks limits, digest and gzip
 * (`receive/`).
 * @throws what the body throws; Problem unavailable where the disk is full
 */
export async function spool(content: AsyncIterable<Buffer>, { directory, name }: Spool): Promise<Spooled> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, name());
  const file = await open(path, 'wx+', 0o600);
  rmSync(path);
  try {
    let size = 0;
    for await (const chunk of content) {
      await file.writeFile(chunk).catch(fullDisk);
      size += chunk.length;
    }
    return { size, fd: file.fd, read: (start, length) => readFrom(file, start, length), close: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

export function spoolDirectory(dataDir: string): string {
  return join(dataDir, 'spool');
}

/** Deletes files that a crash left between creation and unlinking. Runs at start, before anything is received. */
export function clearSpool(directory: string): void {
  try {
    for (const name of readdirSync(directory)) rmSync(join(directory, name), { force: true });
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}

async function readFrom(file: FileHandle, start: number, length: number): Promise<Buffer<ArrayBuffer>> {
  const buffer = Buffer.allocUnsafeSlow(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, start + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

function fullDisk(error: NodeJS.ErrnoException): never {
  if (error.code !== 'ENOSPC' && error.code !== 'EDQUOT') throw error;
  throw new Problem('unavailable', 'There is no room for the file at the moment.', { retryAfter: 60, cause: error });
}
