import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Queryable } from '../../audit/tree/stored-tree.js';
import { packageRoot } from '../../platform/paths.js';
import type { YearNotice } from './working-days.js';

/** A year in force: as shipped, or as imported. */
export interface CalendarYear extends YearNotice {
  /** RFC 3339; null for a shipped year. */
  importedAt: string | null;
}

const SHIPPED = join(packageRoot, 'schemas', 'standard', 'v1', 'working-days.json');
let shipped: readonly YearNotice[] | undefined;

/** The years in force, in their order. An imported year takes the place of the shipped one. With `hold` no year is imported before the transaction ends. */
export async function readCalendar(database: Queryable, hold = false): Promise<CalendarYear[]> {
  const { rows } = await database.query<Omit<CalendarYear, 'importedAt'> & { imported_at: Date }>(
    'SELECT year, source, holidays::text[], workdays::text[], imported_at FROM exchange.calendar_year' +
      (hold ? ' FOR SHARE' : ''),
  );
  shipped ??= JSON.parse(readFileSync(SHIPPED, 'utf8'));
  const years = new Map<number, CalendarYear>(shipped?.map((notice) => [notice.year, { ...notice, importedAt: null }]));
  for (const { imported_at, ...notice } of rows)
    years.set(notice.year, { ...notice, importedAt: imported_at.toISOString() });
  return [...years.values()].sort((a, b) => a.year - b.year);
}
