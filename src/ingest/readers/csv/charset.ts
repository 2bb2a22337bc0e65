import { isAscii } from 'node:buffer';
import { Problem } from '../../../platform/errors.js';
import { itemAt } from '../../../platform/known.js';
import { foreign, formatOf } from '../formats.js';
import { Unreadable } from '../source.js';
import { charsetEvidence, isUtf8Line } from './charset-evidence.js';

/** Charset of a text file. GB18030 contains GBK and GB 2312. Only a byte order mark shows UTF-16. */
export type Charset = 'utf-8' | 'gb18030' | 'utf-16le' | 'utf-16be';

const NAMES: Readonly<Record<string, Charset>> = {
  'utf-8': 'utf-8',
  utf8: 'utf-8',
  gb18030: 'gb18030',
  gbk: 'gb18030',
  gb2312: 'gb18030',
};
/** Enough for a byte order mark and to distinguish a workbook from text. */
const MARK_BYTES = 8;
/** Bytes weighed from the first non-ASCII character on: the next number where these hold fewer than `ENOUGH` characters. */
const WEIGHED_BYTES = [65_536, 524_288, 4_194_304] as const;
const ENOUGH = 64;
/** A text with fewer sound characters does not contradict its sender. */
const SOUND_AT_LEAST = 8;
/** A line of GB18030 that is longer is not compared with UTF-8. */
const LINE_AT_MOST = 1_048_576;

const LINE_FEED = 0x0a;

const MARKS: readonly (readonly [Buffer, Charset])[] = [
  [Buffer.from([0xef, 0xbb, 0xbf]), 'utf-8'],
  [Buffer.from([0xff, 0xfe]), 'utf-16le'],
  [Buffer.from([0xfe, 0xff]), 'utf-16be'],
  [Buffer.from([0x84, 0x31, 0x95, 0x33]), 'gb18030'],
];

/** @throws Problem unsupported-media-type */
export function namedCharset(name: string | undefined): Charset | undefined {
  if (name === undefined) return undefined;
  const charset = NAMES[name.toLowerCase()];
  if (charset !== undefined) return charset;
  const detail = 'The charset is not taken here: utf-8 or gb18030. UTF-16 with a byte order mark needs none.';
  throw new Problem('unsupported-media-type', detail);
}

/**
 * Decodes text. Without a stated charset: by the byte order mark, else by the evidence of the characters
 * (`charset-evidence.ts`), the same however the bytes are cut. Broken bytes, and UTF-8 lines of a GB18030 text, have a
 * U+FFFD, which marks their row.
 * @param told receives the charset once it is known; not called for a text of ASCII alone
 * @throws Unreadable where the bytes are not text, or clearly not in the stated charset
 */
export async function* decode(
  bytes: AsyncIterable<Buffer>,
  stated: Charset | undefined,
  told: (charset: Charset) => void = () => undefined,
): AsyncGenerator<string> {
  const choice = new CharsetChoice(stated);
  let decoder: LineDecoder | undefined;
  for await (const chunk of bytes) {
    if (decoder === undefined) {
      const ascii = choice.take(chunk);
      if (ascii !== '') yield ascii;
      decoder = choice.decoder(false, told);
      if (decoder !== undefined) yield decoder.decode(choice.held());
    } else yield decoder.decode(chunk);
  }
  if (decoder === undefined) {
    decoder = choice.decoder(true, told);
    yield decoder?.decode(choice.held()) ?? choice.held().toString('latin1');
  }
  if (decoder !== undefined) yield decoder.end();
}

/** Holds the bytes until they show their charset. ASCII is the same in all of them but UTF-16, and passes. */
class CharsetChoice {
  readonly #stated: Charset | undefined;
  #chunks: Buffer[] = [];
  #length = 0;
  #state: 'beginning' | 'ascii' | 'weighing' = 'beginning';
  #step = 0;
  #marked: Charset | undefined;

  constructor(stated: Charset | undefined) {
    this.#stated = stated;
  }

  /** Returns the text that needs no choice. */
  take(chunk: Buffer): string {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    if (this.#state === 'beginning' && this.#length >= MARK_BYTES) this.#begin();
    return this.#state === 'ascii' && this.#marked === undefined ? this.#passAscii() : '';
  }

  /** Undefined while more bytes are needed, or where all are ASCII. */
  decoder(ended: boolean, told: (charset: Charset) => void): LineDecoder | undefined {
    if (ended && this.#state === 'beginning') this.#begin();
    const charset = this.#marked ?? this.#weigh(ended);
    if (charset === undefined) return undefined;
    told(charset);
    return new LineDecoder(charset);
  }

  /** All bytes that were taken and not returned as text. */
  held(): Buffer {
    const [only] = this.#chunks;
    if (only !== undefined && this.#chunks.length === 1) return only;
    const all = Buffer.concat(this.#chunks);
    this.#hold(all);
    return all;
  }

  #hold(bytes: Buffer): void {
    this.#chunks = [bytes];
    this.#length = bytes.length;
  }

  #begin(): void {
    this.#state = 'ascii';
    const beginning = this.held();
    const format = formatOf(beginning);
    if (format !== undefined) throw foreign(format);
    this.#marked = MARKS.find(([mark]) => beginning.subarray(0, mark.length).equals(mark))?.[1];
    if (this.#marked !== undefined) this.#compare(this.#marked);
    this.#hold(unmarked(beginning));
  }

  #passAscii(): string {
    const bytes = this.held();
    let first = 0;
    if (isAscii(bytes)) first = bytes.length;
    else while (bytes.readUInt8(first) < 0x80) first++;
    if (first < bytes.length) this.#state = 'weighing';
    this.#hold(bytes.subarray(first));
    return bytes.toString('latin1', 0, first);
  }

  #weigh(ended: boolean): Charset | undefined {
    for (; this.#step < WEIGHED_BYTES.length; this.#step++) {
      const size = itemAt(WEIGHED_BYTES, this.#step);
      const last = this.#length <= size;
      if (last && !ended) return undefined;
      const { charset, soundUtf8, characters } = charsetEvidence(this.held().subarray(0, size), last);
      if (characters === 0) return undefined;
      if (!last && characters < ENOUGH && this.#step + 1 < WEIGHED_BYTES.length) continue;
      if (this.#stated !== 'gb18030' || soundUtf8 >= SOUND_AT_LEAST) this.#compare(charset);
      return this.#stated ?? charset;
    }
    return undefined;
  }

  #compare(found: Charset): void {
    const stated = this.#stated ?? found;
    if (found === stated) return;
    const reason = `the file is said to be ${stated} and is ${found}: state that, or no charset at all`;
    throw new Unreadable(1, 'encoding', reason);
  }
}

/** Decodes a stream; in GB18030 it marks the lines that are UTF-8. No character of GB18030 contains a line feed. */
class LineDecoder {
  readonly #decoder: InstanceType<typeof TextDecoder>;
  readonly #byLine: boolean;
  #rest: Buffer = Buffer.alloc(0);

  constructor(charset: Charset) {
    this.#decoder = new TextDecoder(charset);
    this.#byLine = charset === 'gb18030';
  }

  decode(chunk: Buffer): string {
    if (!this.#byLine) return this.#decoder.decode(chunk, { stream: true });
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const end = bytes.lastIndexOf(LINE_FEED) + 1;
    const whole = bytes.length - end > LINE_AT_MOST ? bytes.length : end;
    this.#rest = bytes.subarray(whole);
    return this.#lines(bytes.subarray(0, whole));
  }

  end(): string {
    return this.#lines(this.#rest) + this.#decoder.decode();
  }

  #lines(bytes: Buffer): string {
    let text = '';
    let done = 0;
    for (let at = 0, end = 0; at < bytes.length; at = end) {
      const feed = bytes.indexOf(LINE_FEED, at);
      end = feed < 0 ? bytes.length : feed + 1;
      const line = bytes.subarray(at, feed < 0 ? end : feed);
      if (!isUtf8Line(line)) continue;
      text += `${this.#decoder.decode(bytes.subarray(done, at), { stream: true })}\ufffd${line.toString('utf8')}`;
      done = at + line.length;
    }
    return text + this.#decoder.decode(bytes.subarray(done), { stream: true });
  }
}

/** Decoders remove the byte order marks of UTF-8 and UTF-16, but not of GB18030. */
function unmarked(beginning: Buffer): Buffer {
  const mark = MARKS[3]![0];
  return beginning.subarray(0, mark.length).equals(mark) ? beginning.subarray(mark.length) : beginning;
}
