import { decryptWith, encryptTo } from '../../platform/age/age.js';
import { BadPackage } from './bad-package.js';

const MAGIC = 'civic-exchange-package/1';
/** Limit for the first line and for the signed manifest; both are far shorter. */
const LINE_AT_MOST = 16_384;

/** Streams a package of any size. `signed`: the manifest as JWS. */
export async function* sealPackage(sealed: {
  recipient: string;
  signed: string;
  content: AsyncIterable<Buffer>;
}): AsyncGenerator<Uint8Array> {
  const plain = async function* () {
    yield Buffer.from(`${sealed.signed}\n`);
    yield* sealed.content;
  };
  const encrypted = await encryptTo([sealed.recipient], plain());
  yield Buffer.from(`${MAGIC} ${sealed.recipient}\n`);
  yield* encrypted;
}

export interface Opened {
  signed: string;
  /** Throws BadPackage where the package ends too early or was changed. */
  content: AsyncGenerator<Buffer>;
}

/** @throws BadPackage where it is not a package, is for another exchange, or was changed before its manifest ends */
export async function openPackage(
  bytes: AsyncIterable<Uint8Array>,
  { identity, recipient }: { identity: string; recipient: string },
): Promise<Opened> {
  const outer = await firstLine(bytes, 'It is not a package of a Civic Exchange');
  const [magic, to] = outer.line.split(' ');
  if (magic !== MAGIC) throw new BadPackage('It is not a package of a Civic Exchange.');
  if (to !== recipient) {
    throw new BadPackage(
      `It was sealed for ${to?.slice(0, 80)}; the package key of this exchange is ${recipient}.`,
      'refused',
    );
  }
  const plain = await decryptWith([identity], outer.rest).catch(() => {
    throw new BadPackage('It cannot be opened with the package key of this exchange, or its head was changed.');
  });
  const inner = await firstLine(intact(plain), 'It has no manifest');
  return { signed: inner.line, content: inner.rest };
}

/** Every error of the age layer has one meaning: the bytes are not the sealed ones, in order and complete. */
async function* intact(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } catch {
    throw new BadPackage('It was changed or cut short after it was sealed.');
  }
}

async function firstLine(
  chunks: AsyncIterable<Uint8Array>,
  otherwise: string,
): Promise<{ line: string; rest: AsyncGenerator<Buffer> }> {
  const iterator = chunks[Symbol.asyncIterator]();
  let held = Buffer.alloc(0);
  for (let end = -1; end < 0; ) {
    const next = await iterator.next();
    if (next.done || held.length > LINE_AT_MOST) throw new BadPackage(`${otherwise}.`);
    held = Buffer.concat([held, next.value]);
    end = held.indexOf(0x0a);
    if (end < 0) continue;
    const [line, first] = [held.subarray(0, end).toString('utf8'), held.subarray(end + 1)];
    const rest = async function* () {
      if (first.length > 0) yield first;
      for (let more = await iterator.next(); !more.done; more = await iterator.next()) yield Buffer.from(more.value);
    };
    return { line, rest: rest() };
  }
  throw new BadPackage(`${otherwise}.`);
}
