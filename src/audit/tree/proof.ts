import { EMPTY_ROOT, nodeHash } from './hash.js';
import { perfectRoot, TILE_HEIGHT, TILE_WIDTH } from './tree.js';

/**
 * Hashes `first` … `first + count - 1` of a tile level (0: leaf hashes, 1: roots of 256 leaves, …), all in one tile. Rejects where the log is
 * shorter.
 */
export type ReadHashes = (level: number, first: number, count: number) => Promise<readonly Buffer[]>;

/** RFC 6962 §2.1.1: the audit path of leaf `index` in the tree of the first `size` leaves, lowest first. */
export async function inclusionProof(read: ReadHashes, index: number, size: number): Promise<Buffer[]> {
  if (!(index >= 0 && index < size)) throw new RangeError(`no leaf ${index} in a tree of ${size}`);
  return pathOf(read, index, 0, size);
}

async function pathOf(read: ReadHashes, index: number, begin: number, end: number): Promise<Buffer[]> {
  if (end - begin === 1) return [];
  const middle = begin + largestPowerBelow(end - begin);
  if (index < middle) return [...(await pathOf(read, index, begin, middle)), await subtree(read, middle, end)];
  return [...(await pathOf(read, index, middle, end)), await subtree(read, begin, middle)];
}

/** RFC 6962 §2.1.2: proof that the tree of `to` leaves extends the tree of `from` leaves. Empty where they are equal or `from` is 0. */
export async function consistencyProof(read: ReadHashes, from: number, to: number): Promise<Buffer[]> {
  if (!(from >= 0 && from <= to)) throw new RangeError(`no consistency from ${from} to ${to}`);
  if (from === 0 || from === to) return [];
  return subproof(read, from, 0, to, true);
}

async function subproof(read: ReadHashes, from: number, begin: number, end: number, whole: boolean): Promise<Buffer[]> {
  if (from === end) return whole ? [] : [await subtree(read, begin, end)];
  const middle = begin + largestPowerBelow(end - begin);
  if (from <= middle) {
    return [...(await subproof(read, from, begin, middle, whole)), await subtree(read, middle, end)];
  }
  return [...(await subproof(read, from, middle, end, false)), await subtree(read, begin, middle)];
}

/** Root of the tree of the first `size` leaves. */
export async function rootAt(read: ReadHashes, size: number): Promise<Buffer> {
  return size === 0 ? EMPTY_ROOT : subtree(read, 0, size);
}

/** Root over leaves begin…end. `begin` is a multiple of the smallest power of two that holds them. */
async function subtree(read: ReadHashes, begin: number, end: number): Promise<Buffer> {
  const count = end - begin;
  const power = largestPowerBelow(count + 1);
  if (power === count) return perfect(read, begin, count);
  return nodeHash(await perfect(read, begin, power), await subtree(read, begin + power, end));
}

/** Root of a perfect subtree, which one tile holds. */
async function perfect(read: ReadHashes, begin: number, count: number): Promise<Buffer> {
  const level = Math.floor(Math.log2(count) / TILE_HEIGHT);
  const unit = TILE_WIDTH ** level;
  return perfectRoot(await read(level, begin / unit, count / unit));
}

/** Largest power of two strictly below n (n ≥ 2). */
function largestPowerBelow(n: number): number {
  let power = 1;
  while (power * 2 < n) power *= 2;
  return power;
}

/** A C2SP tlog-proof: the inclusion of one entry under a checkpoint, verifiable offline. File extension `.tlog-proof`. */
export function tlogProof(proof: { index: number; hashes: readonly Buffer[]; checkpoint: string }): string {
  const lines = [
    'c2sp.org/tlog-proof@v1',
    `index ${proof.index}`,
    ...proof.hashes.map((hash) => hash.toString('base64')),
  ];
  return `${lines.join('\n')}\n\n${proof.checkpoint}`;
}
