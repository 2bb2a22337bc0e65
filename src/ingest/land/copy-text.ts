import type { FieldType } from '../../standard/type.js';

const SPECIAL = /[\\\t\n\r]/;
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

/** One text value in PostgreSQL's COPY text format; NULL is \N. */
export function copyText(value: string | null): string {
  if (value === null) return '\\N';
  return SPECIAL.test(value) ? value.replace(/[\\\t\n\r]/g, (mark) => ESCAPES[mark]!) : value;
}

/** Writes a valid value of the type. Only free text can hold what COPY would misread. */
export function copyWriter(type: FieldType): (value: unknown) => string {
  switch (type.name) {
    case 'text':
    case 'identifier':
    case 'code':
      return (value) => copyText(value as string | null);
    case 'point':
    case 'geometry':
    case 'list':
      return (value) => copyText(value === null ? null : JSON.stringify(value));
    case 'boolean':
      return (value) => (value === null ? '\\N' : value === true ? 't' : 'f');
    default:
      return (value) => (value === null ? '\\N' : String(value));
  }
}

/** A row's text as PostgreSQL can hold it: NUL as ␀, half a surrogate pair as U+FFFD. */
export function storableText(text: string): string {
  const shown = text.includes('\0') ? text.replaceAll('\0', '␀') : text;
  return shown.isWellFormed() ? shown : shown.toWellFormed();
}
