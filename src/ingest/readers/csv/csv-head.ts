import { itemAt } from '../../../platform/known.js';
import { findHeader, HEAD_ROWS, type Header } from '../header.js';
import type { KnownHeadings } from '../known-headings.js';
import { countQuotes, type Line } from '../lines.js';
import { Unreadable } from '../source.js';
import { splitRecord } from './csv-record.js';

const DELIMITERS = [',', '\t', ';', '|', '，'] as const;
const HEADINGS_AT_MOST = 1_000;

/** What the beginning of a CSV file shows. */
export interface CsvHead {
  headings: readonly string[];
  delimiter: string;
  /** Index of the line that follows the header. */
  next: number;
}

/** True once there are enough lines to find the header. */
export function isHead(lines: readonly Line[]): boolean {
  return lines.length > HEAD_ROWS;
}

/**
 * The header and the delimiter that fit the contract best. Where no line names a field: the first line and its most
 * frequent delimiter. Undefined without lines.
 */
export function readHead(lines: readonly Line[], known: KnownHeadings | undefined): CsvHead | undefined {
  const records = recordsOf(lines);
  const first = records[0];
  if (first === undefined) return undefined;
  const fitting = known === undefined ? undefined : fittingHeader(records, known);
  const record = fitting === undefined ? first : itemAt(records, fitting.header.at);
  checkRecord(record);
  const { headings, delimiter } = fitting ?? plainHeader(record);
  if (headings.length > HEADINGS_AT_MOST) throw new Unreadable(record.number, 'columns', 'more than 1,000 columns');
  const repeated = headings.find((heading, i) => heading !== '' && headings.indexOf(heading) !== i);
  if (repeated !== undefined) throw new Unreadable(record.number, 'columns', 'a heading appears twice');
  return { headings, delimiter, next: record.next };
}

/** A line of the beginning, or several where a quoted heading has line breaks. */
interface HeadRecord {
  number: number;
  text: string;
  cut: boolean;
  next: number;
}

function recordsOf(lines: readonly Line[]): HeadRecord[] {
  const records: HeadRecord[] = [];
  for (let at = 0; at < lines.length && records.length < HEAD_ROWS; ) {
    const { number, cut, text: first } = itemAt(lines, at++);
    let text = first;
    if (text.trim() === '') continue;
    const single = { number, text, cut, next: at };
    while (countQuotes(text) % 2 === 1 && at < lines.length && !cut) text += `\n${itemAt(lines, at++).text}`;
    // An unclosed quote belongs to its line only: a title may have one.
    const closed = countQuotes(text) % 2 === 0;
    if (!closed) at = single.next;
    records.push(closed ? { number, text, cut, next: at } : single);
  }
  return records;
}

function fittingHeader(
  records: readonly HeadRecord[],
  known: KnownHeadings,
): { header: Header; headings: string[]; delimiter: string } | undefined {
  let best: { header: Header; headings: string[]; delimiter: string } | undefined;
  for (const delimiter of DELIMITERS) {
    const rows = records.map(({ text, cut }) => (cut ? [] : (splitRecord(text, delimiter) ?? [])));
    const header = findHeader(rows, known);
    if (header === undefined) continue;
    const { headings, fits } = header;
    const better = best === undefined || fits - best.header.fits || headings.length - best.headings.length;
    if (better === true || Number(better) > 0) best = { header, headings, delimiter };
  }
  return best;
}

function plainHeader({ number, text }: HeadRecord): { headings: string[]; delimiter: string } {
  const count = (delimiter: string) => splitRecord(text, delimiter)?.length ?? 0;
  const delimiter = DELIMITERS.reduce<string>((best, next) => (count(next) > count(best) ? next : best), ',');
  const headings = splitRecord(text, delimiter)?.map((heading) => heading.trim());
  if (headings === undefined) throw new Unreadable(number, 'quote', 'a quote of the header is not closed');
  return { headings, delimiter };
}

function checkRecord({ number, text, cut }: HeadRecord): void {
  if (cut) throw new Unreadable(number, 'row-size', 'the header is longer than a megabyte');
  if (text.includes('\ufffd')) throw new Unreadable(number, 'encoding', 'the header has broken characters');
  if (text.includes('\0')) throw new Unreadable(number, 'character', 'the header has NUL characters');
}
