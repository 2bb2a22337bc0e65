import type { ParseValue, ValueFault, ValueSchema } from './value-type.js';

/** Trimmed; empty is null; a whole number becomes its digits. */
export const plain: ParseValue = (value) => {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  if (typeof value !== 'string') return value ?? null;
  const trimmed = value.trim();
  return trimmed === '' ? null : trimmed;
};

const FULL_WIDTH = /[\uff01-\uff5e]/;

/** Full-width letters, digits and marks become ASCII: 2026－01 → 2026-01. */
export const ascii: ParseValue = (value) => {
  const trimmed = plain(value);
  if (typeof trimmed !== 'string' || !FULL_WIDTH.test(trimmed)) return trimmed;
  return trimmed.replace(/[\uff01-\uff5e]/g, (mark) => String.fromCharCode(mark.charCodeAt(0) - 0xfee0));
};

/** One spelling for each value; `parse` returns undefined for other text. */
export const spelled =
  (parse: (text: string) => unknown): ParseValue =>
  (value) => {
    const text = ascii(value);
    return typeof text === 'string' ? (parse(text) ?? text) : text;
  };

const UNSTORABLE: ValueFault = { rule: 'character', reason: 'has characters that cannot be stored' };

/** PostgreSQL's text can't have NUL, nor UTF-8 half a surrogate pair. */
export function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

export function mustBeStorable(text: string): ValueFault | undefined {
  return isStorable(text) ? undefined : UNSTORABLE;
}

/** Counts code points, like JSON Schema and PostgreSQL. */
export function isAtMost(text: string, characters: number): boolean {
  return text.length <= characters || (text.length <= 2 * characters && [...text].length <= characters);
}

/** Text that `isStorable` accepts, with at most so many characters. */
export function storableSchema(maxLength: number, minLength = 0): ValueSchema {
  const least = minLength === 0 ? {} : { minLength };
  return { type: 'string', ...least, maxLength, pattern: '^[^\\u0000\\ud800-\\udfff]*$' };
}

const SPECIAL = /[\\\t\n\r]/;
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

/** Text in PostgreSQL's COPY text format. Only free text and JSON need escapes. */
export function copyText(text: string): string {
  return SPECIAL.test(text) ? text.replace(/[\\\t\n\r]/g, (mark) => ESCAPES[mark] ?? mark) : text;
}

/** The text if it matches the pattern, else undefined. */
export function matching(pattern: RegExp, raw: unknown): string | undefined {
  return typeof raw === 'string' && pattern.test(raw) ? raw : undefined;
}

/**
 * The output of masks of text: `孙**`, `110101************`, `138****0000`, 32 digits of an HMAC, the name of a
 * township.
 */
export const MASKED_TEXT = {
  initial: { type: 'string', minLength: 3, maxLength: 3, pattern: '\\*\\*$' },
  'id-number': { type: 'string', maxLength: 18, pattern: '^([0-9]{6})?\\*{12}$' },
  phone: { type: 'string', maxLength: 11, pattern: '^([0-9]{3}\\*{4}[0-9]{4}|\\*{4})$' },
  division: storableSchema(100),
  pseudonym: { type: 'string', maxLength: 32, pattern: '^[0-9a-f]{32}$' },
} satisfies Record<string, ValueSchema>;
