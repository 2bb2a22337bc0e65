import { HASH_BYTES, nodeHash } from '../tree/hash.js';

const half = (n: number): number => Math.floor(n / 2);

/** RFC 9162 §2.1.3.2: whether the tree with this root has the leaf at this index. */
export function includes(
  leaf: Buffer,
  proof: readonly Buffer[],
  at: { index: number; size: number; root: Buffer },
): boolean {
  if (!(at.index >= 0 && at.index < at.size)) return false;
  let fn = at.index;
  let sn = at.size - 1;
  let hash = leaf;
  for (const other of proof) {
    if (sn === 0 || other.length !== HASH_BYTES) return false;
    if (fn % 2 === 1 || fn === sn) {
      hash = nodeHash(other, hash);
      while (fn % 2 === 0 && fn !== 0) {
        fn = half(fn);
        sn = half(sn);
      }
    } else {
      hash = nodeHash(hash, other);
    }
    fn = half(fn);
    sn = half(sn);
  }
  return sn === 0 && hash.equals(at.root);
}

interface TreeHead {
  size: number;
  root: Buffer;
}

/** RFC 9162 §2.1.4.2: whether the newer tree begins with the older one. */
export function extendsTree(older: TreeHead, newer: TreeHead, proof: readonly Buffer[]): boolean {
  if (older.size > newer.size) return false;
  if (older.size === newer.size) return proof.length === 0 && older.root.equals(newer.root);
  if (older.size === 0) return proof.length === 0;
  const path = isPowerOfTwo(older.size) ? [older.root, ...proof] : [...proof];
  let fn = older.size - 1;
  let sn = newer.size - 1;
  for (; fn % 2 === 1; fn = half(fn)) sn = half(sn);
  const [seed, ...rest] = path;
  if (seed === undefined) return false;
  let fr = seed;
  let sr = seed;
  for (const other of rest) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      fr = nodeHash(other, fr);
      sr = nodeHash(other, sr);
      while (fn % 2 === 0 && fn !== 0) {
        fn = half(fn);
        sn = half(sn);
      }
    } else {
      sr = nodeHash(sr, other);
    }
    fn = half(fn);
    sn = half(sn);
  }
  return sn === 0 && fr.equals(older.root) && sr.equals(newer.root);
}

function isPowerOfTwo(n: number): boolean {
  return Number.isInteger(Math.log2(n));
}
