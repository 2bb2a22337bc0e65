import { Broken } from './broken.js';
import type { BegunHistory } from './entry.js';
import type { GrowingTree } from './growing-tree.js';
import type { SignedCheckpoint } from './note.js';

/**
 * Compares signed checkpoints with the tree while it grows. Where the log goes on under a new origin, checkpoints of the older one hold up to its
 * beginning; those beyond it signed entries that are lost.
 */
export class Histories {
  /** The newest checkpoint: of all the entries, and of the origin under which the log goes on. */
  readonly last: SignedCheckpoint;
  readonly checkpoints: number;
  /** Most entries that were signed under an older origin, where some of them are lost. */
  lost: number | undefined;
  #origin: string | undefined;
  readonly #ended = new Map<string, number>();
  readonly #due: SignedCheckpoint[];
  readonly #kept: ReadonlySet<SignedCheckpoint>;

  /** @param kept those that were kept elsewhere: what they signed must be there */
  constructor(
    last: SignedCheckpoint,
    { found, kept }: { found: readonly SignedCheckpoint[]; kept: readonly SignedCheckpoint[] },
  ) {
    this.last = last;
    this.checkpoints = found.length + kept.length;
    this.#due = [...found, ...kept].sort((a, b) => a.size - b.size);
    this.#kept = new Set(kept);
  }

  /** An entry begins a new origin; the tree has all entries before it. Throws Broken. */
  begin({ name, previous }: BegunHistory, tree: GrowingTree): void {
    const index = tree.size;
    if (previous.size !== index || previous.root !== tree.root().toString('base64'))
      throw new Broken('the new origin goes on from other entries than those before it', index);
    if (this.#origin !== undefined && this.#origin !== previous.name)
      throw new Broken(`the new origin names another one before it than ${this.#origin}`, index);
    this.#ended.set(previous.name, index);
    this.#origin = name;
  }

  /** Throws Broken where the tree, at this size, has another root than was signed. */
  settle(tree: GrowingTree): void {
    for (; this.#due[0]?.size === tree.size; this.#due.shift()) this.#compare(this.#due[0], tree);
  }

  /** After the last entry. Throws Broken. */
  end(): void {
    const { origin, size } = this.last;
    if (this.#origin !== undefined && this.#origin !== origin)
      throw new Broken(`the log goes on as ${this.#origin}, and the newest checkpoint is of ${origin}`);
    for (const beyond of this.#due) {
      const what = this.#kept.has(beyond) ? 'a checkpoint that was kept' : 'an older checkpoint';
      if (!this.#ended.has(beyond.origin))
        throw new Broken(`the log ends here, and ${what} covers ${beyond.size} entries`, size);
      this.#lose(beyond);
    }
  }

  #compare(checkpoint: SignedCheckpoint, tree: GrowingTree): void {
    const { origin, size, root } = checkpoint;
    if (this.#ended.has(origin)) {
      this.#lose(checkpoint);
    } else if (tree.root().equals(root)) {
      tree.vouched = size;
    } else {
      // Entries and tiles changed together, so the exact one is unknown: report the first that no good checkpoint vouches for.
      throw new Broken(`the entries do not give the root that was signed for size ${size}`, tree.vouched);
    }
  }

  #lose(beyond: SignedCheckpoint): void {
    if (this.#kept.has(beyond)) {
      const from = this.#ended.get(beyond.origin);
      throw new Broken(`a new origin begins here, and a checkpoint that was kept covers ${beyond.size} entries`, from);
    }
    this.lost = Math.max(this.lost ?? 0, beyond.size);
  }
}
