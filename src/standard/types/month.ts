import { parseMonth } from '../calendar.js';
import { matching, spelled } from './plain-text.js';
import { bare, EQUALITY, ORDER, QUOTED, type ValueFault, type ValueType } from './value-type.js';

const FAULT: ValueFault = { rule: 'date', reason: 'not a month in an accepted spelling' };
const MONTH = '^(?!0000)[0-9]{4}-(0[1-9]|1[0-2])$';
const IS_MONTH = new RegExp(MONTH);

const schema = () => ({ type: 'string', maxLength: 7, pattern: MONTH });

/** A month in the years 1 to 9999. */
export const month: ValueType = {
  title: '月份',
  example: () => '2026-01',
  expected: () => 'a month such as 2026-01',

  parameters: [],
  declared: bare,
  column: () => 'text COLLATE "C"',

  parser: () => spelled(parseMonth),
  stored: () => ({ type: 'string', must: (value: string) => (IS_MONTH.test(value) ? undefined : FAULT) }),
  copy: (value: string) => value,

  json: () => QUOTED,
  graphql: () => 'String',
  masks: {},
  schema,

  operators: [...EQUALITY, ...ORDER],
  operand: (raw) => matching(IS_MONTH, raw),
  operandSchema: schema,

  sortable: true,
  scope: false,
  subject: false,
  calendar: 'month',
  compared: 'exactly',
  spreadsheetText: true,
};
