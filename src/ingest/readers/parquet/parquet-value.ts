import type { ParquetParsers } from 'hyparquet';
import { Unreadable } from '../source.js';
import { type ParquetColumn, shown } from './parquet-schema.js';

/** 77 digits: more than any database has. */
const DECIMAL_BYTES = 32;

/** Converts dates and instants to text at once. Invalid UTF-8 keeps U+FFFD, which marks it as broken. */
export const PARSERS: ParquetParsers = {
  timestampFromMilliseconds: (millis) => instant(Number(millis)),
  timestampFromMicroseconds: (micros) => instant(Number(micros / 1_000n)),
  timestampFromNanoseconds: (nanos) => instant(Number(nanos / 1_000_000n)),
  dateFromDays: (days) => instant(days * 86_400_000)?.slice(0, 10),
  stringFromBytes: text,
  jsonFromBytes: text,
  geometryFromBytes: (bytes) => bytes,
  geographyFromBytes: (bytes) => bytes,
  uuidFromBytes: (bytes) => bytes && hex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
};

const decoder = new TextDecoder();
function text(bytes: Uint8Array | undefined): string | undefined {
  return bytes && decoder.decode(bytes);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

/** Undefined where there is none; outside the calendar's years, the number itself. */
function instant(millis: number): string | undefined {
  if (Number.isNaN(millis)) return undefined;
  return Math.abs(millis) > 8.64e15 ? String(millis) : new Date(millis).toISOString();
}

/**
 * A value as text, boolean or null. An instant without a zone is the wall clock, and is read as Beijing time.
 * @throws Unreadable where a decimal has no number
 */
export function textOf(value: unknown, column: ParquetColumn, line: number): unknown {
  if (value === undefined || value === null) return null;
  if (column.scale !== undefined) return decimalText(wholeOf(value, column, line), column.scale);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (value instanceof Uint8Array) return column.text ? text(value) : hex(value);
  if (typeof value === 'string' && !column.utc && value.endsWith('Z')) return value.slice(0, -1);
  return value;
}

function decimalText(whole: bigint, scale: number): string {
  const digits = (whole < 0n ? -whole : whole).toString().padStart(scale + 1, '0');
  const point = digits.length - scale;
  return (whole < 0n ? '-' : '') + digits.slice(0, point) + (scale > 0 ? `.${digits.slice(point)}` : '');
}

/** Parquet stores a decimal as an integer: 32 or 64 bits, or big-endian bytes in two's complement, which may be padded. */
function wholeOf(value: unknown, { name }: ParquetColumn, line: number): bigint {
  if (typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value))) return BigInt(value);
  if (value instanceof Uint8Array && value.length > 0 && value.length <= DECIMAL_BYTES)
    return BigInt.asIntN(value.length * 8, BigInt(`0x${hex(value)}`));
  const reason = `the column ${shown(name)} is a decimal, and row ${line} has no number in it: write the column as text`;
  throw new Unreadable(line, 'decimal', reason);
}
