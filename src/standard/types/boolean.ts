import { ascii } from './plain-text.js';
import { bare, EQUALITY, type ValueType } from './value-type.js';

const WORDS: ReadonlyMap<string, boolean> = new Map([
  ...['true', '1', 'y', 'yes', '是'].map((word) => [word, true] as const),
  ...['false', '0', 'n', 'no', '否'].map((word) => [word, false] as const),
]);

function parse(value: unknown): unknown {
  if (typeof value === 'boolean') return value;
  const text = ascii(value);
  return typeof text === 'string' ? (WORDS.get(text.toLowerCase()) ?? text) : text;
}

/** True or false. Deliveries have usual words; JSON has `true` and `false`. */
export const boolean: ValueType = {
  title: '是/否',
  example: () => '是',
  expected: () => 'true or false',

  parameters: [],
  declared: bare,
  column: () => 'boolean',

  parser: (_, codes) => (value) => parse(codes(value)),
  stored: () => ({ type: 'boolean' }),
  copy: (value: boolean) => (value ? 't' : 'f'),

  json: () => ({
    write: (text) => `(${text} === 't' ? 'true' : 'false')`,
    read: (text) => `${text} === 't'`,
  }),
  graphql: () => 'Boolean',
  masks: {},
  schema: () => ({ type: 'boolean' }),

  operators: EQUALITY,
  operand: (raw) => (typeof raw === 'boolean' ? raw : undefined),
  fromText: (text) => (text === 'true' ? true : text === 'false' ? false : text),
  operandSchema: () => ({ type: 'boolean' }),

  codes: new Map([
    ['true', '是'],
    ['false', '否'],
  ]),
  sortable: false,
  scope: false,
  subject: false,
  compared: 'exactly',
  spreadsheetText: true,
};
