import { Problem } from '../../platform/errors.js';

/** What a text file is written in. GB18030 contains GBK and GB 2312. */
export type Charset = 'utf-8' | 'gb18030';

const NAMES: Readonly<Record<string, Charset>> = {
  'utf-8': 'utf-8',
  utf8: 'utf-8',
  gb18030: 'gb18030',
  gbk: 'gb18030',
  gb2312: 'gb18030',
};
/** How much of the beginning is looked at where no charset is stated. */
const LOOK_BYTES = 65_536;

/** @throws Problem unsupported-media-type */
export function namedCharset(name: string | undefined): Charset | undefined {
  if (name === undefined) return undefined;
  const charset = NAMES[name.toLowerCase()];
  if (charset === undefined)
    throw new Problem('unsupported-media-type', 'The charset is not taken here: utf-8 or gb18030');
  return charset;
}

/**
 * Decodes; undefined charset → UTF-8 where the first 64 KB are valid UTF-8, else GB18030. Broken bytes become U+FFFD, by which the row
 * that has them is told apart from its neighbours.
 */
export async function* decode(bytes: AsyncIterable<Buffer>, stated: Charset | undefined): AsyncGenerator<string> {
  let decoder = stated === undefined ? undefined : new TextDecoder(stated);
  let first: Buffer = Buffer.alloc(0);
  for await (const chunk of bytes) {
    if (decoder !== undefined) {
      yield decoder.decode(chunk, { stream: true });
      continue;
    }
    first = Buffer.concat([first, chunk]);
    if (first.length < LOOK_BYTES) continue;
    decoder = new TextDecoder(detect(first));
    yield decoder.decode(first, { stream: true });
  }
  decoder ??= new TextDecoder(detect(first));
  const started = stated !== undefined || first.length >= LOOK_BYTES;
  yield started ? decoder.decode() : decoder.decode(first);
}

function detect(beginning: Buffer): Charset {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(beginning, { stream: true });
    return 'utf-8';
  } catch {
    return 'gb18030';
  }
}
