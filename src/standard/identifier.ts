import type { FieldType } from './types/value-type.js';

/** Kinds of document (code list id-document-kind) whose number is the citizen's own: 居民身份证, 临时居民身份证, 户口簿. */
export const RESIDENT_ID_KINDS: ReadonlySet<string> = new Set(['111', '112', '113']);

/**
 * Whether a value of an identifier type is well formed. `kind` is the value of the row's `type.kindField` (ignored where the type has none): only a
 * citizen's own document must pass the checksum; another document is text of up to `type.length` characters.
 */
export function isIdentifier(type: FieldType, value: string, kind?: string | null): boolean {
  if (type.kindField !== undefined && !RESIDENT_ID_KINDS.has(kind ?? '')) {
    return value.length > 0 && value.length <= (type.length ?? 30);
  }
  return type.scheme === 'uscc' ? isUscc(value) : isResidentId(value);
}

/** A citizen's identity number, GB 11643-1999: division, birth date, sequence, check character. Upper case X. */
export function isResidentId(value: string): boolean {
  if (!/^[1-9][0-9]{16}[0-9X]$/.test(value)) return false;
  return isCalendarDate(value.slice(6, 14)) && residentIdCheck(value) === value[17];
}

const RESIDENT_WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

/** The check character of the first 17 digits, ISO 7064 MOD 11-2. */
export function residentIdCheck(digits: string): string {
  let sum = 0;
  for (let i = 0; i < 17; i++) sum += (digits.charCodeAt(i) - 48) * RESIDENT_WEIGHTS[i]!;
  return '10X98765432'[sum % 11]!;
}

/** Without I, O, S, V, Z, which look like digits (GB 32100-2015, table 1). */
const USCC_ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY';
const USCC_WEIGHTS = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];

/** A unified social credit code, GB 32100-2015: authority, kind, division (6 digits), organisation code, check character. */
export function isUscc(value: string): boolean {
  if (!/^[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}$/.test(value)) return false;
  return usccCheck(value) === value[17];
}

/** The check character of the first 17 characters, modulus 31. */
export function usccCheck(characters: string): string {
  let sum = 0;
  for (let i = 0; i < 17; i++) sum += USCC_ALPHABET.indexOf(characters[i]!) * USCC_WEIGHTS[i]!;
  return USCC_ALPHABET[(31 - (sum % 31)) % 31]!;
}

function isCalendarDate(digits: string): boolean {
  const year = Number(digits.slice(0, 4));
  const month = Number(digits.slice(4, 6));
  const day = Number(digits.slice(6, 8));
  if (month < 1 || month > 12 || day < 1) return false;
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  return day <= days[month - 1]!;
}
