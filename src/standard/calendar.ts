/**
 * Date formats that publishers send (`standard.md`): 2026-01-31, 20260131, 2026-1-31, 2026/1/31, 2026.1.31, 2026年1月31日,
 * and Excel serials of five digits (1927 to 2173; four digits look like a year and are refused). Each function returns
 * the one stored form, or undefined.
 */
export function parseDate(text: string): string | undefined {
  const canonical = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  if (canonical !== null) return isDate(+canonical[1]!, +canonical[2]!, +canonical[3]!) ? text : undefined;
  const parts =
    /^(\d{4})(\d\d)(\d\d)$/.exec(text) ??
    /^(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?:[T ]0{1,2}:00(?::00(?:\.0+)?)?)?$/.exec(text)?.filter((_, i) => i !== 2) ??
    /^(\d{4})年(\d{1,2})月(\d{1,2})日$/.exec(text);
  if (parts) return format(+parts[1]!, +parts[2]!, +parts[3]!);
  return /^[1-9]\d{4}(?:\.0)?$/.test(text) ? fromSerial(Number(text)) : undefined;
}

/** 2026-01, 202601, 2026-1, 2026/1, 2026.1, 2026年1月. */
export function parseMonth(text: string): string | undefined {
  const parts =
    /^(\d{4})(\d\d)$/.exec(text) ?? /^(\d{4})[-/.](\d{1,2})$/.exec(text) ?? /^(\d{4})年(\d{1,2})月$/.exec(text);
  if (parts === null) return undefined;
  return format(+parts[1]!, +parts[2]!, 1)?.slice(0, 7);
}

const DATETIME =
  /^(\d{4}[-/.年]?\d{1,2}[-/.月]?\d{1,2}日?)[Tt ]\s*(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s*(Z|z|[+-]\d\d(?::?\d\d)?)?$/;
const FIRST_MS = Date.parse('0001-01-01T00:00:00.000Z');
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z');

/**
 * RFC 3339, also with an offset of hours alone (ISO 8601; PostgreSQL writes +08), or a date and time without zone, which is China's. In
 * UTC, `2026-01-31T00:00:00.000Z`: milliseconds are kept, finer parts cut. Undefined where the year is none of 1 to 9999 in UTC.
 */
export function parseInstant(text: string): string | undefined {
  const parts = DATETIME.exec(text);
  if (parts === null) return undefined;
  const [, day = '', hour = '', minute = '', second = '00', fraction = '', zone] = parts;
  const date = parseDate(day);
  if (date === undefined || +hour > 23 || +minute > 59 || +second > 59) return undefined;
  const local = `${date}T${hour.padStart(2, '0')}:${minute}:${second}`;
  const offset = offsetOf(zone ?? chinaOffset(local));
  if (offset === undefined) return undefined;
  const ms = Date.parse(`${local}.${fraction.slice(0, 3).padEnd(3, '0')}${offset}`);
  return ms >= FIRST_MS && ms <= LAST_MS ? new Date(ms).toISOString() : undefined;
}

/** `Z`, or hours and minutes up to 14:59, as far as there are any on earth. */
function offsetOf(zone: string): string | undefined {
  if (zone === 'Z' || zone === 'z') return 'Z';
  const [, sign, hours = '', minutes = '00'] = /^([+-])(\d\d):?(\d\d)?$/.exec(zone) ?? [];
  return +hours > 14 || +minutes > 59 ? undefined : `${sign}${hours}:${minutes}`;
}

/** China's summers: clocks went an hour on at 2:00 of the first day and back at 2:00 of the last (国办发〔1986〕; IANA, rule PRC). */
const SUMMERS: Readonly<Record<string, readonly [string, string]>> = {
  1986: ['05-04', '09-14'],
  1987: ['04-12', '09-13'],
  1988: ['04-17', '09-11'],
  1989: ['04-16', '09-17'],
  1990: ['04-15', '09-16'],
  1991: ['04-14', '09-15'],
};

/**
 * Offset of a wall clock in China. The hour that comes twice is the first one, in summer time; the hour that never was counts as standard
 * time, as IANA's rules have it. Before 1949 zones were local and few records have a time, so all of that is +08:00.
 */
function chinaOffset(local: string): string {
  const summer = SUMMERS[local.slice(0, 4)];
  if (summer === undefined) return '+08:00';
  const inYear = local.slice(5);
  return inYear >= `${summer[0]}T03:00:00` && inYear < `${summer[1]}T02:00:00` ? '+09:00' : '+08:00';
}

function format(year: number, month: number, day: number): string | undefined {
  if (!isDate(year, month, day)) return undefined;
  return `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
}

/** A day of the Gregorian calendar, years 1 to 9999. */
export function isDate(year: number, month: number, day: number): boolean {
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  if (day <= 28) return true;
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return day <= (month === 2 ? (leap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31);
}

/** Excel counts days from 1899-12-30 for every date after its nonexistent 1900-02-29. */
function fromSerial(serial: number): string {
  return new Date(Date.UTC(1899, 11, 30) + serial * 86_400_000).toISOString().slice(0, 10);
}

/** The day from which a person is no longer under 14; undefined after the year 9999. */
export function fourteenth(born: string): string | undefined {
  const year = Number(born.slice(0, 4)) + 14;
  if (year > 9999) return undefined;
  const day = `${String(year).padStart(4, '0')}${born.slice(4)}`;
  return isDate(year, +born.slice(5, 7), +born.slice(8, 10)) ? day : `${String(year).padStart(4, '0')}-03-01`;
}
