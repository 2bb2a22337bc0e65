import { isDate, parseDate } from '../calendar.js';
import { spelled } from './plain-text.js';
import { bare, EQUALITY, ORDER, QUOTED, type ValueFault, type ValueType } from './value-type.js';

const FAULT: ValueFault = { rule: 'date', reason: 'not a date of the calendar in an accepted spelling' };
const DATE = '^(?!0000)[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$';
const IS_DATE = new RegExp(DATE);

const schema = () => ({ type: 'string', format: 'date', maxLength: 10, pattern: DATE });

/** Whether it is a calendar day of the years 1 to 9999, as RFC 3339 writes it. */
export function isDay(raw: string): boolean {
  return IS_DATE.test(raw) && isDate(+raw.slice(0, 4), +raw.slice(5, 7), +raw.slice(8, 10));
}

/** A day of the Gregorian calendar, years 1 to 9999, without a zone. */
export const date: ValueType = {
  title: '日期',
  example: () => '2026-01-31',
  expected: () => 'a date such as 2026-01-31',

  parameters: [],
  declared: bare,
  column: () => 'date',

  parser: () => spelled(parseDate),
  stored: () => ({ type: 'string', must: (value: string) => (isDay(value) ? undefined : FAULT) }),
  copy: (value: string) => value,

  json: () => QUOTED,
  graphql: () => 'String',
  masks: { year: { type: 'string', format: 'date', maxLength: 10, pattern: '^(?!0000)[0-9]{4}-01-01$' } },
  schema,

  operators: [...EQUALITY, ...ORDER],
  operand: (raw) => (typeof raw === 'string' && isDay(raw) ? raw : undefined),
  operandSchema: schema,

  sortable: true,
  scope: false,
  subject: false,
  calendar: 'day',
  compared: 'exactly',
  spreadsheetText: false,
};
