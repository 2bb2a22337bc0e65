import { createReadStream, existsSync } from 'node:fs';
import { open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { decryptWith, encryptTo } from '../../platform/age/age.js';
import { isAlive } from '../../platform/data-directory.js';
import { errorCode } from '../../platform/errors.js';

/** A file that is written whole, but has not its name yet. */
export interface WrittenFile {
  bytes: number;
  /** Gives it its name, durably. */
  keep(): Promise<void>;
  drop(): Promise<void>;
}

const PARTIAL = /\.age\.(\d+)\.partial$/;

/** Encrypts a stream into a file of mode 0600, chunk by chunk. It has its name only once it is kept: a killed run leaves `.partial`. */
export async function writeSealed(
  path: string,
  recipients: readonly string[],
  plain: AsyncIterable<Uint8Array>,
): Promise<WrittenFile> {
  const partial = `${path}.${process.pid}.partial`;
  const file = await open(partial, 'wx', 0o600);
  const drop = () => rm(partial, { force: true });
  let bytes = 0;
  try {
    for await (const chunk of await encryptTo(recipients, plain)) {
      await file.writeFile(chunk);
      bytes += chunk.length;
    }
    await file.sync();
  } catch (error) {
    await drop();
    throw errorCode(error) === 'ENOSPC' ? new Error(`The disk of ${dirname(path)} is full: free space there.`) : error;
  } finally {
    await file.close();
  }
  return { bytes, drop, keep: () => moveDurably(partial, path) };
}

/** Throws Error with one line where it is not there, no identity fits, or it was changed or cut; of the latter also its chunks. */
export async function openSealed(path: string, identities: readonly string[]): Promise<AsyncIterable<Uint8Array>> {
  if (!existsSync(path)) throw new Error(`${path}: no such file.`);
  try {
    return intact(path, await decryptWith(identities, createReadStream(path)));
  } catch {
    throw new Error(`${path} can't be opened with this identity, or its head was changed.`);
  }
}

async function* intact(path: string, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } catch {
    throw new Error(`${path} was changed or cut after it was written.`);
  }
}

/** Removes what killed runs left. */
export async function dropPartials(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    const pid = PARTIAL.exec(basename(name))?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) await rm(join(directory, name), { force: true });
  }
}

async function moveDurably(from: string, to: string): Promise<void> {
  await rename(from, to);
  const folder = await open(dirname(to), 'r');
  await folder.sync().finally(() => folder.close());
}
