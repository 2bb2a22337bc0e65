import type { TypeDocument } from '../../catalog/contract-document.js';
import type { FieldType } from '../../standard/type.js';
import type { ColumnProfile } from './look/column-profile.js';
import type { ValueShape } from './look/shapes.js';

/** Shapes that are a type, the most telling first. */
const TYPES: readonly [ValueShape, TypeDocument][] = [
  ['resident-id', { type: 'identifier', scheme: 'resident-id' }],
  ['uscc', { type: 'identifier', scheme: 'uscc' }],
  ['datetime', { type: 'datetime' }],
  ['date', { type: 'date' }],
  ['point', { type: 'point' }],
  ['geometry', { type: 'geometry' }],
  ['boolean', { type: 'boolean' }],
];
/** Of nearly all values: a rejected row in fifty is the publisher's to mend. */
const SURE = 0.98;
const LENGTHS = [10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000];
/** A later value may be longer than those seen. */
const ROOM = 1.5;
const INT32_DIGITS = 9;

/** The type of a column beyond the standard, by its values. Codes of its own are text: their list is a person's decision. */
export function guessType(profile: ColumnProfile): TypeDocument {
  const is = (shape: ValueShape) => profile.filled > 0 && profile.share(shape) >= SURE;
  const found = TYPES.find(([shape]) => is(shape))?.[1];
  if (found !== undefined) return found;
  const { whole, fraction } = profile.digits;
  // 202601 counts as a month only where it can be no number: with a hyphen or 年.
  if (is('month') && !is('integer')) return { type: 'month' };
  if (is('integer') && !is('phone') && !is('division')) {
    return whole > INT32_DIGITS ? { type: 'integer', bits: '64' } : { type: 'integer' };
  }
  if (is('decimal') && fraction > 0) {
    return { type: 'decimal', precision: String(Math.min(18, whole + fraction + 2)), scale: String(fraction) };
  }
  return { type: 'text', length: String(LENGTHS.find((length) => length >= profile.longest * ROOM) ?? LENGTHS.at(-1)) };
}

/** A type of the standard as a contract declares it for a field of its own. */
export function typeDocument({ name, length, precision, scale, bits, list, scheme, of }: FieldType): TypeDocument {
  return {
    type: name,
    ...(length === undefined || scheme !== undefined ? {} : { length: String(length) }),
    ...(precision === undefined ? {} : { precision: String(precision) }),
    ...(scale === undefined ? {} : { scale: String(scale) }),
    ...(bits === undefined ? {} : { bits: String(bits) }),
    ...(list === undefined ? {} : { list }),
    ...(scheme === undefined ? {} : { scheme }),
    ...(of === undefined ? {} : { of: typeDocument(of) }),
  };
}

/** `text:50`, `decimal:8,2`, `code`, as `elements.csv` writes a type. */
export function typeText({ type = 'text', length, precision, scale, list, scheme, of }: TypeDocument): string {
  const parameter =
    of === undefined ? (scheme ?? list ?? length ?? (precision && `${precision},${scale}`)) : typeText(of);
  return parameter === undefined ? type : `${type}:${parameter}`;
}
