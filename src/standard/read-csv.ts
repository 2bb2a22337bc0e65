import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';

/** The lines of a CSV file of the standard, by heading. */
export function readCsv(file: string): Record<string, string>[] {
  return parse<Record<string, string>>(readFileSync(file), { columns: true, bom: true, skip_empty_lines: true });
}
