import { Unreadable } from '../source.js';

/** A Thrift struct by field number: integers, booleans, bytes, structs; lists and maps are skipped. */
export type ThriftStruct = Map<number, number | boolean | Buffer | ThriftStruct | undefined>;

const DEPTH_AT_MOST = 10;

/**
 * Reads one struct in Thrift's compact protocol from the start of the bytes.
 * @throws Unreadable where it is incomplete
 */
export function readStruct(bytes: Buffer): { fields: ThriftStruct; length: number } {
  const reader = new CompactReader(bytes);
  return { fields: reader.struct(0), length: reader.at };
}

class CompactReader {
  at = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  struct(depth: number): ThriftStruct {
    if (depth > DEPTH_AT_MOST) throw broken();
    const fields: ThriftStruct = new Map();
    for (let id = 0; ; ) {
      const head = this.#byte();
      if (head === 0) return fields;
      const delta = head >> 4;
      id = delta === 0 ? zigzag(this.#varint()) : id + delta;
      fields.set(id, this.#value(head & 15, depth));
    }
  }

  #value(type: number, depth: number): number | boolean | Buffer | ThriftStruct | undefined {
    switch (type) {
      case 1:
      case 2:
        return type === 1;
      case 3:
        return this.#byte();
      case 4:
      case 5:
      case 6:
        return zigzag(this.#varint());
      case 7:
        return this.#take(8);
      case 8:
        return this.#take(this.#varint());
      case 9:
      case 10:
        return this.#list(depth);
      case 12:
        return this.struct(depth + 1);
      default:
        throw broken();
    }
  }

  /** Skips the elements: lists say nothing about a page. In a list a boolean is a byte. */
  #list(depth: number): undefined {
    const head = this.#byte();
    const size = head >> 4 === 15 ? this.#varint() : head >> 4;
    const type = head & 15;
    if (size > this.#bytes.length) throw broken();
    for (let i = 0; i < size; i++) {
      if (type === 1 || type === 2) this.#byte();
      else this.#value(type, depth + 1);
    }
    return undefined;
  }

  #byte(): number {
    const byte = this.#bytes[this.at++];
    if (byte === undefined) throw broken();
    return byte;
  }

  #take(length: number): Buffer {
    if (length > this.#bytes.length - this.at) throw broken();
    this.at += length;
    return this.#bytes.subarray(this.at - length, this.at);
  }

  /** A double is exact enough: no size exceeds 2^53. */
  #varint(): number {
    let value = 0;
    for (let shift = 0; shift < 10; shift++) {
      const byte = this.#byte();
      value += (byte & 127) * 128 ** shift;
      if (byte < 128) return value;
    }
    throw broken();
  }
}

function zigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

function broken(): Unreadable {
  return new Unreadable(1, 'format', 'a page of the Parquet file cannot be read: write it again, and send it again');
}
