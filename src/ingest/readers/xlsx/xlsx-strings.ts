import { Unreadable } from '../source.js';
import { damaged, type Package } from './xlsx-package.js';
import { readWhole } from './xlsx-xml.js';

/** The shared texts of a workbook by index, whole or only the beginning. Undefined where there is no such index. */
export type SharedStrings = (index: number, bytesAtMost?: number) => string | undefined;

const BYTES_AT_MOST = 64 * 1024 * 1024;
const TEXTS_AT_MOST = 4_000_000;
const BLOCK_BYTES = 1024 * 1024;
/** Excel's own limit is 32,767. */
export const CELL_TEXT_AT_MOST = 100_000;

/**
 * Reads the shared strings into blocks of UTF-8: a tenth of the memory of JavaScript strings, and outside the heap.
 * @throws Unreadable where there are too many to hold
 */
export async function readSharedStrings(parts: Package, name: string | undefined): Promise<SharedStrings> {
  if (name === undefined) return () => undefined;
  const texts = new TextBlocks();
  let text = '';
  let listening = false;
  let phonetic = false;
  await readWhole(parts.part(name), {
    open(tag) {
      if (tag === 'si') text = '';
      else if (tag === 'rPh') phonetic = true;
      else if (tag === 't') listening = !phonetic;
    },
    close(tag) {
      if (tag === 'si') texts.add(text);
      else if (tag === 'rPh') phonetic = false;
      else if (tag === 't') listening = false;
    },
    text(piece) {
      if (!listening) return;
      if (text.length + piece.length > CELL_TEXT_AT_MOST) throw damaged('a text is longer than a cell can be');
      text += piece;
    },
  });
  return (index, bytesAtMost) => texts.at(index, bytesAtMost);
}

class TextBlocks {
  #blocks: Buffer[] = [Buffer.allocUnsafeSlow(BLOCK_BYTES)];
  /** Start of each text: block · BLOCK_BYTES + offset. */
  #starts = new Uint32Array(1_024);
  #lengths = new Uint32Array(1_024);
  #count = 0;
  #end = 0;

  add(text: string): void {
    const length = Buffer.byteLength(text);
    if (this.#end + length > BYTES_AT_MOST || this.#count >= TEXTS_AT_MOST) {
      throw new Unreadable(1, 'size', 'the workbook has too many different texts: send it in parts, or as CSV');
    }
    if ((this.#end % BLOCK_BYTES) + length > BLOCK_BYTES) this.#end = Math.ceil(this.#end / BLOCK_BYTES) * BLOCK_BYTES;
    const block = Math.floor(this.#end / BLOCK_BYTES);
    this.#blocks[block] ??= Buffer.allocUnsafeSlow(BLOCK_BYTES);
    this.#blocks[block].write(text, this.#end % BLOCK_BYTES);
    if (this.#count === this.#starts.length) this.#grow();
    this.#starts[this.#count] = this.#end;
    this.#lengths[this.#count++] = length;
    this.#end += length;
  }

  at(index: number, bytesAtMost = Number.POSITIVE_INFINITY): string | undefined {
    if (!Number.isInteger(index) || index < 0 || index >= this.#count) return undefined;
    const start = this.#starts[index]!;
    const from = start % BLOCK_BYTES;
    const length = Math.min(this.#lengths[index]!, bytesAtMost);
    return length === 0 ? '' : this.#blocks[Math.floor(start / BLOCK_BYTES)]!.toString('utf8', from, from + length);
  }

  #grow(): void {
    this.#starts = doubled(this.#starts);
    this.#lengths = doubled(this.#lengths);
  }
}

function doubled(numbers: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const next = new Uint32Array(numbers.length * 2);
  next.set(numbers);
  return next;
}
