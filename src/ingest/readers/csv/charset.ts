import { Problem } from '../../../platform/errors.js';
import { foreign, formatOf } from '../formats.js';
import { Unreadable } from '../source.js';

/** Charset of a text file. GB18030 contains GBK and GB 2312. Only a byte order mark shows UTF-16. */
export type Charset = 'utf-8' | 'gb18030' | 'utf-16le' | 'utf-16be';

const NAMES: Readonly<Record<string, Charset>> = {
  'utf-8': 'utf-8',
  utf8: 'utf-8',
  gb18030: 'gb18030',
  gbk: 'gb18030',
  gb2312: 'gb18030',
};
/** Bytes examined at the beginning, unless the sender states UTF-8. */
const LOOK_BYTES = 65_536;
/** Enough for a byte order mark and to distinguish a workbook from text. */
const MARK_BYTES = 8;
/** A text with so many non-ASCII characters, all valid UTF-8, is not GB18030; with two or three it may be (联通 is). */
const SOUND_AT_LEAST = 8;

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
 * Decodes text. Without a stated charset: by the byte order mark, else UTF-8 where the first 64 KB are valid UTF-8,
 * else GB18030. Broken bytes become U+FFFD, which marks their row.
 * @throws Unreadable where the bytes are not text, or clearly not in the stated charset
 */
export async function* decode(bytes: AsyncIterable<Buffer>, stated: Charset | undefined): AsyncGenerator<string> {
  const look = stated === 'utf-8' ? MARK_BYTES : LOOK_BYTES;
  let decoder: InstanceType<typeof TextDecoder> | undefined;
  let first: Buffer = Buffer.alloc(0);
  for await (const chunk of bytes) {
    if (decoder !== undefined) {
      yield decoder.decode(chunk, { stream: true });
      continue;
    }
    first = first.length === 0 ? chunk : Buffer.concat([first, chunk]);
    if (first.length < look) continue;
    decoder = new TextDecoder(charsetOf(first, stated));
    yield decoder.decode(unmarked(first), { stream: true });
  }
  if (decoder === undefined) {
    decoder = new TextDecoder(charsetOf(first, stated));
    yield decoder.decode(unmarked(first), { stream: true });
  }
  yield decoder.decode();
}

function charsetOf(beginning: Buffer, stated: Charset | undefined): Charset {
  const format = formatOf(beginning);
  if (format !== undefined) throw foreign(format);
  const marked = MARKS.find(([mark]) => beginning.subarray(0, mark.length).equals(mark))?.[1];
  if (stated === undefined) return marked ?? detect(beginning);
  const found = marked ?? (stated === 'gb18030' && isPlainlyUtf8(beginning) ? 'utf-8' : stated);
  if (found === stated) return stated;
  const reason = `the file is said to be ${stated} and is ${found}: state that, or no charset at all`;
  throw new Unreadable(1, 'encoding', reason);
}

/** Decoders remove the byte order marks of UTF-8 and UTF-16, but not of GB18030. */
function unmarked(beginning: Buffer): Buffer {
  const mark = MARKS[3]![0];
  return beginning.subarray(0, mark.length).equals(mark) ? beginning.subarray(mark.length) : beginning;
}

function detect(beginning: Buffer): Charset {
  return utf8Of(beginning) === undefined ? 'gb18030' : 'utf-8';
}

function isPlainlyUtf8(beginning: Buffer): boolean {
  const text = utf8Of(beginning);
  return text !== undefined && (text.match(/[^\0-\x7f]/gu)?.length ?? 0) >= SOUND_AT_LEAST;
}

/** The last character may be incomplete; this is no error. */
function utf8Of(beginning: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(beginning, { stream: true });
  } catch {
    return undefined;
  }
}
