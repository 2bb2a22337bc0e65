import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HASH_BYTES, leafHash } from '../tree/hash.js';
import { Broken } from './broken.js';
import { openEntry } from './entry.js';
import { GrowingTree } from './growing-tree.js';
import { Histories } from './histories.js';
import { openOfLog, parseVerifierKey } from './note.js';

export interface VerifiedExport {
  origin: string;
  size: number;
  root: Buffer;
  checkpoints: number;
  /** Where the log goes on under a new origin: most entries that an older one signed and that are lost. */
  lost: number | undefined;
  /** Times of the first and last entry. */
  from: string | undefined;
  to: string | undefined;
}

/**
 * Verifies an export (tlog-tiles layout) using only its files: signatures, form and order of all entries, every tile, and that all checkpoints belong
 * to one history. Throws Broken.
 * @param vkey the trusted key; without it the export's own, which proves only that the export agrees with itself
 * @param kept checkpoints that were kept elsewhere: they show a log that was cut or written anew, with its own key too
 */
export async function verifyExport(
  directory: string,
  vkey?: string,
  kept: readonly string[] = [],
): Promise<VerifiedExport> {
  const histories = await openHistories(directory, vkey, kept);
  const { origin, size, root } = histories.last;
  const tree = new GrowingTree();
  let from: string | undefined;
  let to: string | undefined;
  histories.settle(tree);
  for (let first = 0; first < size; first += 256) {
    const width = Math.min(256, size - first);
    const hashes = await tileHashes(directory, { level: 0, n: first / 256, width });
    const packed = await file(directory, tileFile('entries', first / 256, width), first);
    for (const bytes of entriesOf(packed, first, width)) {
      const index = tree.size;
      const { time, began } = attempt(index, openEntry, bytes);
      if (to !== undefined && time < to) throw new Broken('the entry is older than the one before it', index);
      from ??= time;
      to = time;
      const leaf = leafHash(bytes);
      if (hashes[index - first]?.equals(leaf) !== true)
        throw new Broken('the entry and its leaf hash do not agree', index);
      if (began !== undefined) histories.begin(began, tree);
      tree.push(leaf);
      histories.settle(tree);
    }
  }
  histories.end();
  await verifyUpperTiles(directory, tree, size);
  return { origin, size, root, checkpoints: histories.checkpoints, lost: histories.lost, from, to };
}

/** The bytes of the entries from an index on. @param size of the export */
export async function* exportedEntries(directory: string, from: number, size: number): AsyncGenerator<Buffer> {
  for (let first = from - (from % 256); first < size; first += 256) {
    const width = Math.min(256, size - first);
    const packed = await file(directory, tileFile('entries', first / 256, width), first);
    let index = first;
    for (const bytes of entriesOf(packed, first, width)) if (index++ >= from) yield bytes;
  }
}

async function openHistories(directory: string, vkey: string | undefined, kept: readonly string[]): Promise<Histories> {
  const key = attempt(undefined, parseVerifierKey, vkey ?? (await text(directory, 'vkey')));
  const notes = new Set([await text(directory, 'checkpoint')]);
  const older = await readdir(join(directory, 'checkpoints')).catch(() => []);
  for (const name of older) notes.add(await text(directory, 'checkpoints', name));
  const open = (note: string) => attempt(undefined, (n) => openOfLog(n, key), note);
  const checkpoints = [...notes].map(open);
  const [last] = checkpoints;
  if (last === undefined) throw new Broken('the checkpoint is missing');
  return new Histories(last, { found: checkpoints, kept: kept.map(open) });
}

/** C2SP entry bundle: uint16 lengths. Yields one at a time, so that the first bad entry is named, not a later effect of it. */
function* entriesOf(packed: Buffer, first: number, width: number): Generator<Buffer> {
  let at = 0;
  for (let index = first; index < first + width; index++) {
    if (at + 2 > packed.length) throw new Broken('the entry is missing', index);
    const end = at + 2 + packed.readUInt16BE(at);
    if (end > packed.length) throw new Broken('the entry is cut short', index);
    yield packed.subarray(at + 2, end);
    at = end;
  }
  if (at !== packed.length) throw new Broken('the bundle holds more than its entries', first + width - 1);
}

async function verifyUpperTiles(directory: string, tree: GrowingTree, size: number): Promise<void> {
  for (let level = 1, unit = 256; unit <= size; level++, unit *= 256) {
    const own = tree.level(level);
    for (let n = 0; n * 256 < own.length; n++) {
      const width = Math.min(256, own.length - n * 256);
      const hashes = await tileHashes(directory, { level, n, width });
      const wrong = hashes.findIndex((hash, i) => own[n * 256 + i]?.equals(hash) !== true);
      if (wrong >= 0) throw new Broken(`tile ${level}/${n} does not agree with the entries`, (n * 256 + wrong) * unit);
    }
  }
}

async function tileHashes(
  directory: string,
  { level, n, width }: { level: number; n: number; width: number },
): Promise<Buffer[]> {
  const index = n * 256 ** (level + 1);
  const packed = await file(directory, tileFile(String(level), n, width), index);
  if (packed.length !== width * HASH_BYTES) {
    const whole = Math.min(Math.floor(packed.length / HASH_BYTES), width);
    throw new Broken(`tile ${level}/${n} has not ${width} hashes`, index + whole * 256 ** level);
  }
  return Array.from({ length: width }, (_, i) => packed.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES));
}

function tileFile(kind: string, n: number, width: number): string[] {
  const digits = String(n).padStart(Math.ceil(String(n).length / 3) * 3, '0');
  const elements = Array.from(digits.matchAll(/\d{3}/g), ([element]) => element);
  const path = elements.map((element, i) => (i < elements.length - 1 ? `x${element}` : element));
  if (width === 256) return ['tile', kind, ...path];
  return ['tile', kind, ...path.slice(0, -1), `${path.at(-1)}.p`, String(width)];
}

async function file(directory: string, path: string[], index: number | undefined): Promise<Buffer> {
  try {
    return await readFile(join(directory, ...path));
  } catch {
    throw new Broken(`${path.join('/')} is missing`, index);
  }
}

async function text(directory: string, ...path: string[]): Promise<string> {
  return (await file(directory, path, undefined)).toString();
}

function attempt<A, B>(index: number | undefined, work: (value: A) => B, value: A): B {
  try {
    return work(value);
  } catch (error) {
    throw new Broken(error instanceof Error ? error.message : String(error), index);
  }
}
