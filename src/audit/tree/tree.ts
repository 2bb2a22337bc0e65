import { EMPTY_ROOT, nodeHash } from './hash.js';

/** Hashes in a full tile, and tree levels that one tile spans (C2SP tlog-tiles). */
export const TILE_WIDTH = 256;
export const TILE_HEIGHT = 8;

export interface Tile {
  /** Tile level: 0 holds leaf hashes, 1 the roots of level-0 tiles, … */
  level: number;
  n: number;
  /** 256 × 32 bytes. */
  hashes: Buffer;
}

/** The part of an RFC 6962 tree that appending needs. Immutable. */
export interface Tree {
  size: number;
  /** Roots of the perfect subtrees, largest first: one per set bit of size. */
  edge: readonly Buffer[];
  /** Per tile level, the hashes of the tile that is not yet full. */
  pending: readonly (readonly Buffer[])[];
}

export const EMPTY_TREE: Tree = { size: 0, edge: [], pending: [] };

/** Appends leaf hashes. Returns the new tree and the tiles that became full. Costs about two hashes per leaf. */
export function extend(tree: Tree, leaves: readonly Buffer[]): { tree: Tree; tiles: Tile[] } {
  const edge = [...tree.edge];
  const pending = tree.pending.map((hashes) => [...hashes]);
  const tiles: Tile[] = [];
  let size = tree.size;
  for (const leaf of leaves) {
    let hash = leaf;
    let height = 0;
    hold(pending, 0, leaf);
    for (let left = size; left % 2 === 1; left = (left - 1) / 2) {
      hash = nodeHash(edge.pop()!, hash);
      height++;
      if (height % TILE_HEIGHT !== 0) continue;
      const level = height / TILE_HEIGHT;
      tiles.push({
        level: level - 1,
        n: Math.floor(size / TILE_WIDTH ** level),
        hashes: Buffer.concat(pending[level - 1]!),
      });
      pending[level - 1] = [];
      hold(pending, level, hash);
    }
    edge.push(hash);
    size++;
  }
  return { tree: { size, edge, pending }, tiles };
}

function hold(pending: Buffer[][], level: number, hash: Buffer): void {
  const held = pending[level];
  if (held === undefined) pending[level] = [hash];
  else held.push(hash);
}

/** A tree from the hashes of its unfinished tiles, level 0 first. */
export function treeOf(size: number, pending: readonly (readonly Buffer[])[]): Tree {
  const edge: Buffer[] = [];
  for (const hashes of pending.toReversed()) {
    let at = 0;
    for (let width = TILE_WIDTH / 2; width >= 1; width /= 2) {
      if ((hashes.length & width) === 0) continue;
      edge.push(perfectRoot(hashes.slice(at, at + width)));
      at += width;
    }
  }
  return { size, edge, pending };
}

/** Root of a tree from its right edge. */
export function rootOf(edge: readonly Buffer[]): Buffer {
  if (edge.length === 0) return EMPTY_ROOT;
  return edge.reduceRight((right, left) => nodeHash(left, right));
}

/** Root over 2^k hashes. */
export function perfectRoot(hashes: readonly Buffer[]): Buffer {
  let row = hashes;
  while (row.length > 1) {
    const above: Buffer[] = [];
    for (let i = 0; i < row.length; i += 2) above.push(nodeHash(row[i]!, row[i + 1]!));
    row = above;
  }
  return row[0]!;
}

export function splitHashes(packed: Buffer): Buffer[] {
  const hashes: Buffer[] = [];
  for (let at = 0; at < packed.length; at += 32) hashes.push(packed.subarray(at, at + 32));
  return hashes;
}
