import type { Field } from '../../catalog/contract.js';
import type { FieldType, TypeName } from '../../standard/type.js';
import { parseDate, parseDatetime, parseMonth } from './dates.js';

/**
 * From the sent to the stored value: trimmed, empty → null, full-width → ASCII except in free text, one form per value.
 * An unreadable value stays unchanged, and the schema then reports it, so that faults have one source.
 */
export type ParseValue = (value: unknown) => unknown;

/** Replaces a publisher's code that the contract does not map; no code list has it. */
export const UNMAPPED = '\u0000unmapped';

const text: ParseValue = (value) => {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  if (typeof value !== 'string') return value ?? null;
  const trimmed = value.trim();
  return trimmed === '' ? null : trimmed;
};

const FULL_WIDTH = /[\uff01-\uff5e]/;

/** Text with full-width letters, digits and marks as ASCII: 2026－01 → 2026-01. */
const ascii: ParseValue = (value) => {
  const trimmed = text(value);
  if (typeof trimmed !== 'string' || !FULL_WIDTH.test(trimmed)) return trimmed;
  return trimmed.replace(/[\uff01-\uff5e]/g, (mark) => String.fromCharCode(mark.charCodeAt(0) - 0xfee0));
};

const spelled =
  (parse: (text: string) => unknown): ParseValue =>
  (value) => {
    const plain = ascii(value);
    return typeof plain === 'string' ? (parse(plain) ?? plain) : plain;
  };

const INTEGER = /^[+-]?\d{1,10}$/;
const integer: ParseValue = (value) => {
  if (typeof value === 'number') return value;
  const plain = ascii(value);
  return typeof plain === 'string' && INTEGER.test(plain) ? Number(plain) : plain;
};

const bigInteger = spelled((plain) => (/^[+-]?\d{1,19}$/.test(plain) ? BigInt(plain).toString() : undefined));

const decimal: ParseValue = (value) => {
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  const plain = ascii(value);
  return typeof plain === 'string' && plain.startsWith('+') ? plain.slice(1) : plain;
};

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ...['true', '1', 'y', 'yes', '是'].map((word) => [word, true] as const),
  ...['false', '0', 'n', 'no', '否'].map((word) => [word, false] as const),
]);
const boolean: ParseValue = (value) => {
  if (typeof value === 'boolean') return value;
  const plain = ascii(value);
  return typeof plain === 'string' ? (BOOLEANS.get(plain.toLowerCase()) ?? plain) : plain;
};

const json = (value: unknown): unknown => {
  if (typeof value !== 'string') return value ?? null;
  if (value.trim() === '') return null;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
};

const PAIR = /^(-?\d{1,3}(?:\.\d+)?)[,， ]\s*(-?\d{1,2}(?:\.\d+)?)$/;
/** GeoJSON, or `longitude,latitude`. */
const point: ParseValue = (value) => {
  const pair = typeof value === 'string' ? PAIR.exec(value.trim()) : null;
  return pair === null ? json(value) : { type: 'Point', coordinates: [Number(pair[1]), Number(pair[2])] };
};

/** A JSON array, or values separated by ; 、 | or comma. */
const list =
  (item: ParseValue): ParseValue =>
  (value) => {
    const trimmed = typeof value === 'string' ? value.trim() : value;
    const split =
      typeof trimmed === 'string' && trimmed !== '' && !trimmed.startsWith('[')
        ? trimmed.split(/[;；、|,，]/).filter((part) => part.trim() !== '')
        : json(trimmed);
    return Array.isArray(split) ? split.map(item) : split;
  };

const PARSERS: Readonly<Record<Exclude<TypeName, 'integer' | 'list'>, ParseValue>> = {
  text,
  code: ascii,
  identifier: spelled((plain) => plain.toUpperCase()),
  decimal,
  boolean,
  date: spelled(parseDate),
  month: spelled(parseMonth),
  datetime: spelled(parseDatetime),
  point,
  geometry: json,
};

function parserOf(type: FieldType, codes: ParseValue): ParseValue {
  if (type.name === 'list')
    return list(type.of?.name === 'code' ? codes : parserOf(type.of ?? { name: 'text' }, codes));
  if (type.name === 'integer') return type.bits === 64 ? bigInteger : integer;
  if (type.name === 'boolean') return (value) => boolean(codes(value));
  return type.name === 'code' ? codes : PARSERS[type.name];
}

/**
 * The parser of a field under one heading. Under a publisher's heading every code needs the contract's mapping and none
 * is guessed; under the field's own name the standard's codes are accepted.
 */
export function valueParser(field: Field, heading: string, list: ReadonlyMap<string, unknown> | undefined): ParseValue {
  const { codes } = field;
  if (codes === undefined) return parserOf(field.type, ascii);
  const mapped = new Map(Object.entries(codes));
  const own = heading === field.name && !field.from.includes(heading);
  return parserOf(field.type, (value) => {
    const code = text(value);
    if (typeof code !== 'string') return code;
    // A boolean has no list: under the field's own name its usual words are accepted.
    if (own && (list === undefined || list.has(code))) return code;
    return mapped.get(code) ?? mapped.get(String(ascii(code))) ?? UNMAPPED;
  });
}
