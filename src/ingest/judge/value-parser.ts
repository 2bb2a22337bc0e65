import type { Field } from '../../catalog/contract.js';
import { typeOf } from '../../standard/type.js';
import { UNMAPPED } from '../../standard/types/code.js';
import { ascii, plain } from '../../standard/types/plain-text.js';
import type { ParseValue } from '../../standard/types/value-type.js';

/**
 * How a field's values are read under one heading. Under a heading of the publisher every code goes through the contract's mapping, and one
 * that isn't mapped is never guessed; under the field's own name the standard's codes are taken as they are.
 */
export function valueParser(
  { codes, from, name, type }: Field,
  heading: string,
  list?: ReadonlyMap<string, unknown>,
): ParseValue {
  if (codes === undefined) return typeOf(type).parser(type, ascii);
  const mapped = new Map(Object.entries(codes));
  const own = heading === name && !from.includes(heading);
  return typeOf(type).parser(type, (value) => {
    const code = plain(value);
    if (typeof code !== 'string') return code;
    // A boolean has no list: under the field's own name its usual words are taken.
    if (own && (list === undefined || list.has(code))) return code;
    return mapped.get(code) ?? mapped.get(String(ascii(code))) ?? UNMAPPED;
  });
}
