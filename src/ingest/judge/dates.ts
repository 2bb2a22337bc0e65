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

/**
 * RFC 3339, also with an offset in hours only (ISO 8601; PostgreSQL writes +08). A date and time without zone is in
 * Asia/Shanghai. Finer parts than milliseconds are cut.
 */
export function parseDatetime(text: string): string | undefined {
  const parts = DATETIME.exec(text);
  if (parts === null) return undefined;
  const [, day, hour, minute, second = '00', fraction = '', zone = '+08:00'] = parts;
  const date = parseDate(day!);
  const offset = /^([+-])(\d\d):?(\d\d)?$/.exec(zone);
  if (date === undefined || +hour! > 23 || +minute! > 59 || +second > 59) return undefined;
  if (offset !== null && (+offset[2]! > 14 || Number(offset[3] ?? 0) > 59)) return undefined;
  const suffix = offset === null ? 'Z' : `${offset[1]}${offset[2]}:${offset[3] ?? '00'}`;
  return `${date}T${hour!.padStart(2, '0')}:${minute}:${second}.${fraction.slice(0, 3).padEnd(3, '0')}${suffix}`;
}

function format(year: number, month: number, day: number): string | undefined {
  if (!isDate(year, month, day)) return undefined;
  return `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
}

/** A day of the Gregorian calendar, years 1 to 9999. */
function isDate(year: number, month: number, day: number): boolean {
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
