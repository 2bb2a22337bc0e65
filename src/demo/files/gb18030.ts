import { itemAt } from '../../platform/known.js';

/** GB18030 encoder. Node decodes it (WHATWG `gb18030`) but cannot encode, so this inverts the decoder's tables once. */
interface Tables {
  /** By UTF-16 unit: two bytes as a number, or 0. */
  two: Uint16Array;
  /** By UTF-16 unit: index of the four-byte code. */
  four: Map<number, number>;
}

let tables: Tables | undefined;

export function encodeGb18030(text: string): Buffer {
  tables ??= readTables();
  const out = Buffer.allocUnsafe(text.length * 4);
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    const pair = itemAt(tables.two, unit);
    if (unit < 0x80) {
      out[at++] = unit;
    } else if (pair !== 0) {
      out[at++] = pair >> 8;
      out[at++] = pair & 0xff;
    } else {
      const point = text.codePointAt(i)!;
      const index = point > 0xffff ? 189_000 + point - 0x10000 : tables.four.get(unit);
      if (index === undefined) throw new RangeError('A character has no code in GB18030.');
      at = writeFour(out, at, index);
      if (point > 0xffff) i++;
    }
  }
  return out.subarray(0, at);
}

function writeFour(out: Buffer, at: number, index: number): number {
  out[at] = 0x81 + Math.floor(index / 12_600);
  out[at + 1] = 0x30 + (Math.floor(index / 1_260) % 10);
  out[at + 2] = 0x81 + (Math.floor(index / 10) % 126);
  out[at + 3] = 0x30 + (index % 10);
  return at + 4;
}

function readTables(): Tables {
  const decoder = new TextDecoder('gb18030');
  const two = new Uint16Array(0x10000);
  for (let lead = 0x81; lead <= 0xfe; lead++) {
    for (let trail = 0x40; trail <= 0xfe; trail++) {
      const text = trail === 0x7f ? '' : decoder.decode(Uint8Array.of(lead, trail));
      if (text.length === 1 && text !== '\ufffd') two[text.charCodeAt(0)] = (lead << 8) | trail;
    }
  }
  const four = new Map<number, number>();
  const code = Buffer.alloc(4);
  for (let index = 0; index < 39_420; index++) {
    writeFour(code, 0, index);
    const text = decoder.decode(code);
    const unit = text.charCodeAt(0);
    if (text.length === 1 && unit !== 0xfffd && two[unit] === 0) four.set(unit, index);
  }
  return { two, four };
}
