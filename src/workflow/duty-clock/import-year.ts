import type { By } from '../../access/policy/change-policy.js';
import type { Receipt } from '../../audit/entry.js';
import { enterIn, recorded } from '../../audit/recorded.js';
import type { Exchange } from '../../exchange/exchange.js';
import { Problem } from '../../platform/errors.js';
import { inTransaction } from '../../platform/postgres/in-transaction.js';
import type { CalendarYear } from './calendar.js';
import { checkNotice } from './check-notice.js';
import { recomputeClocks } from './clocks.js';
import type { YearNotice } from './working-days.js';

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
        // Clocks that start hold the table (`readCalendar`): every running clock is computed anew below.
        await tx.query('LOCK TABLE exchange.calendar_year IN EXCLUSIVE MODE');
        const { rows } = await tx.query<{ imported_at: Date }>(
          `INSERT INTO exchange.calendar_year (year, source, holidays, workdays) VALUES ($1, $2, $3::date[], $4::date[])
           ON CONFLICT (year) DO UPDATE SET source = excluded.source, holidays = excluded.holidays, workdays = excluded.workdays,
             imported_at = now()
           RETURNING imported_at`,
          [year, source, holidays, workdays],
        );
        await recomputeClocks(tx);
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
