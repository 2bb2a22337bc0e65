import Type from 'typebox';
import { shanghaiDate } from '../../platform/clock.js';
import { Problem } from '../../platform/errors.js';
import { parseDate } from '../../standard/calendar.js';
import { readCalendar } from '../../workflow/duty-clock/calendar.js';
import { DUTIES, DUTY_NAMES } from '../../workflow/duty-clock/duties.js';
import { importYear } from '../../workflow/duty-clock/import-year.js';
import { dueDate, workingDaysOf, type YearNotice } from '../../workflow/duty-clock/working-days.js';
import { bodySchema } from '../http/body-schema.js';
import { withReceipt } from '../http/request.js';
import { json, type Operation, operation } from '../operation.js';
import { byCaller } from '../platform/platform-call.js';
import { boolean, choice, closed, instant, integer, list, orNull, text, title } from '../shapes.js';

const PATH = '/api/v1/calendar';

const date = Type.String({ format: 'date', maxLength: 10 });
const days = (most: number) => list(date, most);
const year = closed(
  {
    year: integer(2025, 2099),
    source: text(200),
    holidays: days(120),
    workdays: days(60),
    importedAt: orNull(instant),
  },
  { $id: 'CalendarYear' },
);
const notice = Type.Unsafe<YearNotice>({ ...bodySchema('working-days'), $id: 'YearNotice' });
const due = closed(
  {
    duty: choice(DUTY_NAMES),
    title,
    article: integer(1, 55),
    from: date,
    workingDays: integer(1, 60),
    due: date,
    provisional: boolean,
    extendedAtMost: orNull(date),
  },
  { $id: 'DueDate' },
);

/** The working days by which deadlines are counted. Everyone reads them; operators and the authority import a year. */
export const calendarOperations: readonly Operation[] = [
  operation({
    method: 'GET',
    path: PATH,
    id: 'listCalendarYears',
    tag: 'workflow',
    who: ['application', 'person'],
    summary: 'Holidays and make-up days of the years in force',
    replies: { 200: json('The years, in their order.', closed({ data: list(year, 100) })) },
    problems: [400],
    handler: async ({ exchange }) => ({ data: await readCalendar(exchange.database.app) }),
  }),
  operation({
    method: 'PUT',
    path: PATH,
    id: 'importCalendarYear',
    tag: 'workflow',
    who: ['operator', 'authority-reviewer'],
    summary: 'Put the yearly notice of the State Council in force',
    description:
      'For operators and reviewers of the authority. Send the whole notice. It takes the place of an earlier one of the same year.',
    body: notice,
    replies: { 200: json('The year as it is in force now.', closed({ data: year }), ['Exchange-Receipt']) },
    problems: [400, 403, 413, 415, 422],
    async handler({ exchange }, { request, reply, body }) {
      const imported = await importYear(exchange, body, byCaller(exchange, request));
      withReceipt(reply, imported.receipt);
      return { data: imported.year };
    },
  }),
  operation({
    method: 'GET',
    path: `${PATH}/due`,
    id: 'getDueDate',
    tag: 'workflow',
    who: ['application', 'person'],
    summary: 'When a duty that starts on a day is due, and when at the latest with an extension',
    query: closed({ duty: choice(DUTY_NAMES), from: Type.Optional(date) }),
    replies: { 200: json('The due date.', closed({ data: due })) },
    problems: [400],
    async handler({ exchange }, { query }) {
      const { duty, from = shanghaiDate(exchange.clock.now()) } = query();
      if (parseDate(from) !== from) throw notADay();
      const { article, title: names, workingDays, extension } = DUTIES[duty];
      const calendar = workingDaysOf(await readCalendar(exchange.database.app));
      const extended = dueDate(calendar, { from, workingDays: workingDays + extension });
      return {
        data: {
          duty,
          title: names,
          article,
          from,
          workingDays,
          ...dueDate(calendar, { from, workingDays }),
          extendedAtMost: extension === 0 ? null : extended.due,
        },
      };
    },
  }),
];

function notADay(): Problem {
  return new Problem('bad-value', undefined, {
    faults: [{ parameter: 'from', reason: 'not a date', expected: 'YYYY-MM-DD' }],
  });
}
