import type { Fault } from '../../platform/errors.js';
import { parseDate } from '../../standard/calendar.js';
import { isWeekend, type YearNotice, yearOf } from './working-days.js';

/** Every fault of a notice; empty where it can be imported. */
export function checkNotice(notice: YearNotice): Fault[] {
  const off = new Set(notice.holidays);
  return [
    ...notice.holidays.flatMap((day, i) => fault(notice, `/holidays/${i}`, dayFault(notice.holidays, day, i))),
    ...notice.workdays.flatMap((day, i) =>
      fault(notice, `/workdays/${i}`, dayFault(notice.workdays, day, i) ?? workdayFault(day, off)),
    ),
  ];

  function dayFault(days: readonly string[], day: string, i: number): string | undefined {
    if (parseDate(day) !== day) return 'Not a date';
    // The New Year's notice moves days of the December before it: 2018-12-29 was worked by the notice of 2019.
    if (yearOf(day) !== notice.year && !day.startsWith(`${notice.year - 1}-12-`)) return 'A day of another year';
    return days.indexOf(day) === i ? undefined : 'The day appears twice';
  }
}

function workdayFault(day: string, off: ReadonlySet<string>): string | undefined {
  if (off.has(day)) return 'The day is a holiday too';
  return isWeekend(day) ? undefined : 'Monday to Friday are worked without being named';
}

function fault({ year }: YearNotice, pointer: string, reason: string | undefined): Fault[] {
  const expected = `a day of ${year}, or of December ${year - 1}, as YYYY-MM-DD`;
  return reason === undefined ? [] : [{ pointer, reason, expected }];
}
