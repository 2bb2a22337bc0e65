import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { By } from '../../access/policy/change-policy.js';
import type { Receipt } from '../../audit/entry.js';
import { enterIn, recorded } from '../../audit/recorded.js';
import type { Queryable } from '../../audit/tree/stored-tree.js';
import type { Exchange } from '../../exchange/exchange.js';
import { Problem } from '../../platform/errors.js';
import { packageRoot } from '../../platform/paths.js';
import { inTransaction } from '../../platform/postgres/in-transaction.js';
import { checkNotice } from './check-notice.js';
import type { YearNotice } from './working-days.js';

/** A year in force: as shipped, or as imported. */
export interface CalendarYear extends YearNotice {
  /** RFC 3339; null for a shipped year. */
  importedAt: string | null;
}

const SHIPPED = join(packageRoot, 'schemas', 'standard', 'v1', 'working-days.json');
let shipped: readonly YearNotice[] | undefined;

/** The years in force, in their order. An imported year takes the place of the shipped one. */
export async function readCalendar(database: Queryable): Promise<CalendarYear[]> {
  const { rows } = await database.query<Omit<CalendarYear, 'importedAt'> & { imported_at: Date }>(
    'SELECT year, source, holidays::text[], workdays::text[], imported_at FROM exchange.calendar_year',
  );
  shipped ??= JSON.parse(readFileSync(SHIPPED, 'utf8'));
  const years = new Map<number, CalendarYear>(shipped?.map((notice) => [notice.year, { ...notice, importedAt: null }]));
  for (const { imported_at, ...notice } of rows)
    years.set(notice.year, { ...notice, importedAt: imported_at.toISOString() });
  return [...years.values()].sort((a, b) => a.year - b.year);
}

/**
 * Puts the notice of a year in force, instead of an earlier one of that year, with an entry. The caller's `authorise` says who may.
 * @throws Problem unprocessable naming every fault
 */
export async function importYear(
  exchange: Pick<Exchange, 'database' | 'log' | 'policy'>,
  notice: YearNotice,
  by: By,
): Promise<{ year: CalendarYear; receipt: Receipt }> {
  const faults = checkNotice(notice);
  if (faults.length > 0) throw new Problem('unprocessable', 'The notice cannot be in force like this', { faults });
  const { year, source, holidays, workdays } = notice;
  return recorded(
    exchange.policy,
    () => by.authorise?.(),
    (_, { epoch }) =>
      inTransaction(exchange.database.app, async (tx) => {
        const { rows } = await tx.query<{ imported_at: Date }>(
          `INSERT INTO exchange.calendar_year (year, source, holidays, workdays) VALUES ($1, $2, $3::date[], $4::date[])
           ON CONFLICT (year) DO UPDATE SET source = excluded.source, holidays = excluded.holidays, workdays = excluded.workdays,
             imported_at = now()
           RETURNING imported_at`,
          [year, source, holidays, workdays],
        );
        const receipt = await enterIn(exchange.log, tx, {
          request: by.request,
          event: 'calendar.imported',
          outcome: 'success',
          actor: by.actor,
          accesses: [],
          sealed: { ask: null },
          detail: { year, source, holidays, workdays },
          epoch,
        });
        return { year: { ...notice, importedAt: rows[0]?.imported_at.toISOString() ?? null }, receipt };
      }),
  );
}
