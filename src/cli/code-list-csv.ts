import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import { CommandError, EXIT } from './exit-code.js';

export interface CsvCode {
  code: string;
  title: { zh: string; en?: string };
  retired?: boolean;
}

const RETIRED: ReadonlyMap<string, boolean> = new Map([
  ['', false],
  ['false', false],
  ['0', false],
  ['否', false],
  ['true', true],
  ['1', true],
  ['是', true],
]);

/** `lists/event-category.csv` → `event-category` */
export function listNameOf(file: string): string {
  return basename(file).replace(/\.csv$/i, '');
}

/** Columns `code`, `title_zh` (or `name`, as in shipped lists), optional `title_en` and `retired`. Throws CommandError naming the line. */
export function codesFromCsv(file: string): CsvCode[] {
  return linesOf(file).map((line, i) => {
    const zh = line.title_zh ?? line.name ?? '';
    const en = line.title_en ?? '';
    const retired = RETIRED.get((line.retired ?? '').trim().toLowerCase());
    const { code = '' } = line;
    if (code === '' || zh === '' || retired === undefined) {
      const what = code === '' ? 'code' : zh === '' ? 'title_zh' : 'retired';
      throw new CommandError(EXIT.usage, `${file}:${i + 2}: ${what} is missing or not readable.`);
    }
    return { code, title: { zh, ...(en === '' ? {} : { en }) }, ...(retired ? { retired } : {}) };
  });
}

function linesOf(file: string): Record<string, string>[] {
  try {
    return parse(readFileSync(file), { columns: true, bom: true, skip_empty_lines: true, trim: true }) as Record<
      string,
      string
    >[];
  } catch {
    throw new CommandError(EXIT.usage, `${file} is not a readable CSV file in UTF-8.`);
  }
}

export function csvOfCodes(codes: readonly CsvCode[]): string {
  const rows = codes.map(({ code, title, retired }) => [code, title.zh, title.en ?? '', retired ? 'true' : '']);
  return stringify([['code', 'title_zh', 'title_en', 'retired'], ...rows]);
}
