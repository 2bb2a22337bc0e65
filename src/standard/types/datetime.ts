import { parseInstant } from '../calendar.js';
import { isDay } from './date.js';
import { spelled } from './plain-text.js';
import { bare, EQUALITY, ORDER, type ValueFault, type ValueType } from './value-type.js';

const FAULT: ValueFault = { rule: 'date', reason: 'not a date and time in an accepted spelling' };
const DAY = '(?!0000)[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])';
const CLOCK = '([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]';
/** Stored and sent in UTC, to the millisecond. */
const STORED = `^${DAY}T${CLOCK}(\\.[0-9]{1,3})?Z$`;
/** Any offset that exists on earth, and microseconds, as PostgreSQL compares. No leap second, no lower case. */
const OPERAND = `^${DAY}T${CLOCK}(\\.[0-9]{1,6})?(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])$`;
const IS_STORED = new RegExp(STORED);
const IS_OPERAND = new RegExp(OPERAND);

/** An instant (RFC 3339) in the years 1 to 9999 in UTC. It leaves in UTC, whatever its offset was. */
export const datetime: ValueType = {
  title: '日期时间',
  example: () => '2026-01-31 08:00',
  expected: () => 'an RFC 3339 time such as 2026-01-31T08:00:00Z',

  parameters: [],
  declared: bare,
  column: () => 'timestamptz(3)',

  parser: () => spelled(parseInstant),
  stored: () => ({
    type: 'string',
    must: (value: string) => (IS_STORED.test(value) && isDay(value.slice(0, 10)) ? undefined : FAULT),
  }),
  copy: (value: string) => value,

  json: () => ({ write: (text) => `'"' + time(${text}) + '"'`, read: (text) => `time(${text})` }),
  graphql: () => 'String',
  masks: {},
  schema: () => ({ type: 'string', format: 'date-time', maxLength: 24, pattern: STORED }),

  operators: [...EQUALITY, ...ORDER],
  operand(raw) {
    if (typeof raw !== 'string' || !IS_OPERAND.test(raw) || !isDay(raw.slice(0, 10))) return undefined;
    return /\.\d{4}/.test(raw) ? raw : (parseInstant(raw) ?? raw);
  },
  operandSchema: () => ({ type: 'string', format: 'date-time', maxLength: 32, pattern: OPERAND }),

  sortable: true,
  scope: false,
  subject: false,
  calendar: 'instant',
  compared: 'never',
  spreadsheetText: false,
};
