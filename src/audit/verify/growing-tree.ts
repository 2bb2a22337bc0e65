import { EMPTY_ROOT, nodeHash } from '../tree/hash.js';

/** A tree that grows leaf by leaf in the verifier. Keeps the hashes of every tile level to compare: 32 bytes per 256 entries. */
export class GrowingTree {
  size = 0;
  /** Entries below this index are covered by a checkpoint that was right. */
  vouched = 0;
  readonly #levels: Buffer[][] = [];
  /** Perfect subtrees from the right: height and root. */
  readonly #stack: { height: number; hash: Buffer }[] = [];

  push(leaf: Buffer): void {
    let node = { height: 0, hash: leaf };
    for (let top = this.#stack.at(-1); top?.height === node.height; top = this.#stack.at(-1)) {
      this.#stack.pop();
      node = { height: node.height + 1, hash: nodeHash(top.hash, node.hash) };
      if (node.height % 8 === 0) this.level(node.height / 8).push(node.hash);
    }
    this.#stack.push(node);
    this.size++;
  }

  root(): Buffer {
    const hashes = this.#stack.map(({ hash }) => hash);
    const last = hashes.pop();
    return last === undefined ? EMPTY_ROOT : hashes.reduceRight((right, left) => nodeHash(left, right), last);
  }

  /** Level 1: roots of 256 leaves, and so on. */
  level(level: number): Buffer[] {
    let hashes = this.#levels[level];
    if (hashes === undefined) {
      hashes = [];
      this.#levels[level] = hashes;
    }
    return hashes;
  }
}
