import { normalBuilding } from './house-code.js';

/** The text of an address before a building's number, and the number in normal form. */
export interface NamedBuilding {
  before: string;
  building: string;
}

const NUMERAL = '[A-Z]?[0-9]+|[A-Z]|[零〇一二三四五六七八九十百壹贰叁肆伍陆柒捌玖拾佰]+';
const MARKED = new RegExp(`第?([东西南北]?(?:${NUMERAL}))(?:[号#]楼|[幢栋座])`, 'gu');

export function plainText(address: string): string {
  return address.normalize('NFKC').replace(/\s+/gu, '').toUpperCase();
}

/** `…盛世康城小区3#楼1单元201室` → before `…盛世康城小区`, building `3`. Undefined without a building, or with several. */
export function buildingIn(plain: string): NamedBuilding | undefined {
  const [match, ...more] = plain.matchAll(MARKED);
  if (match?.[1] === undefined || match.index === 0 || more.length > 0) return undefined;
  const building = normalBuilding(match[1]);
  return building === undefined ? undefined : { before: plain.slice(0, match.index), building };
}

/** The longest end of the text that is a key for `find`. */
export function longestEnd<T>(
  text: string,
  lengths: { least: number; most: number },
  find: (end: string) => T | undefined,
): T | undefined {
  for (let length = Math.min(lengths.most, text.length); length >= lengths.least; length--) {
    const found = find(text.slice(-length));
    if (found !== undefined) return found;
  }
  return undefined;
}
