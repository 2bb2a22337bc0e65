import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Bytes at a path of the running server. Rejects on any status except 200. */
export type Fetch = (path: string) => Promise<Buffer>;

/**
 * Copies the log up to its newest checkpoint into a tlog-tiles directory: `checkpoint`, `vkey`, `checkpoints/<size>` (of a later origin
 * `<size>.<number>`), `tile/…`. Updates an earlier export there and keeps its checkpoints, so that the verifier compares them.
 * @returns number of entries
 */
export async function downloadLog(fetch: Fetch, directory: string): Promise<number> {
  const checkpoint = await fetch('/audit/v1/checkpoint');
  const size = Number(checkpoint.toString().split('\n')[1]);
  if (!Number.isSafeInteger(size)) throw new Error('the server gave no checkpoint');
  const copy = async (path: string): Promise<void> => save(directory, path, await fetch(`/audit/v1/${path}`));
  for (let unit = 1, level = 0; unit <= size; unit *= 256, level++) {
    const hashes = Math.floor(size / unit);
    for (const path of tilePaths(hashes)) await copy(`tile/${level}/${path}`);
  }
  for (const path of tilePaths(size)) await copy(`tile/entries/${path}`);
  await copy('vkey');
  await save(directory, 'checkpoint', checkpoint);
  await save(directory, `checkpoints/${size}${originSuffix(checkpoint)}`, checkpoint);
  return size;
}

/** Two origins may sign one size: neither checkpoint replaces the other. */
function originSuffix(checkpoint: Buffer): string {
  const number = /^[^\n]*\/([1-9]\d*)\n/.exec(checkpoint.toString())?.[1];
  return number === undefined ? '' : `.${number}`;
}

/** Names of the tiles for a number of hashes: full ones, then at most one partial. */
function* tilePaths(hashes: number): Generator<string> {
  for (let n = 0; n * 256 < hashes; n++) {
    const digits = String(n).padStart(Math.ceil(String(n).length / 3) * 3, '0');
    const path = digits.replace(/\d{3}(?=\d)/g, 'x$&/');
    const width = Math.min(256, hashes - n * 256);
    yield width === 256 ? path : `${path}.p/${width}`;
  }
}

async function save(directory: string, path: string, bytes: Buffer): Promise<void> {
  const file = join(directory, path);
  // A full tile replaces the directory of its partial forms (`.p`).
  if (path.startsWith('tile/') && !path.includes('.p/')) await rm(`${file}.p`, { recursive: true, force: true });
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, bytes);
}
