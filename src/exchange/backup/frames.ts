/** One piece of a backup: a JSON text, or bytes of COPY. */
export type Frame = { json: unknown } | { rows: Buffer };

/** Longer pieces of rows are split. */
const ROWS_BYTES = 1 << 16;
const JSON_BYTES = 1 << 22;
const HEAD_BYTES = 5;
const JSON_LETTER = 0x4a;
const ROWS_LETTER = 0x44;

/** A letter (`J` or `D`), the length as uint32, the bytes. */
export function jsonFrame(value: unknown): Buffer {
  return frame(JSON_LETTER, Buffer.from(JSON.stringify(value)));
}

export function* rowFrames(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += ROWS_BYTES) yield frame(ROWS_LETTER, bytes.subarray(at, at + ROWS_BYTES));
}

function frame(letter: number, bytes: Buffer): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head[0] = letter;
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

/** The frames of a stream, each with its own bytes. Throws Error where the stream is none or ends within a frame. */
export async function* framesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<{ frame: Frame; bytes: Buffer }> {
  let held: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    held = held.length === 0 ? Buffer.from(chunk) : Buffer.concat([held, chunk]);
    for (let end = endOf(held); end !== undefined && held.length >= end; end = endOf(held)) {
      const bytes = held.subarray(0, end);
      held = held.subarray(end);
      yield { frame: parse(bytes), bytes };
    }
  }
  if (held.length > 0) throw new Error('The backup is cut short.');
}

function endOf(held: Buffer): number | undefined {
  if (held.length < HEAD_BYTES) return undefined;
  const length = held.readUInt32BE(1);
  const most = held[0] === JSON_LETTER ? JSON_BYTES : held[0] === ROWS_LETTER ? ROWS_BYTES : -1;
  if (length > most) {
    throw new Error('It is no backup of a Civic Exchange.');
  }
  return HEAD_BYTES + length;
}

function parse(bytes: Buffer): Frame {
  const content = bytes.subarray(HEAD_BYTES);
  return bytes[0] === ROWS_LETTER ? { rows: content } : { json: JSON.parse(content.toString()) };
}
