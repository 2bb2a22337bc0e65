import { ascii, matching, spelled } from './plain-text.js';
import { bare, EQUALITY, type FieldType, ORDER, QUOTED, RAW, type ValueFault, type ValueType } from './value-type.js';

const INT32 = { minimum: -2_147_483_648, maximum: 2_147_483_647 };
const OUT_OF_RANGE: ValueFault = { rule: 'range', reason: 'not a whole number of the range' };

/** A pattern of the numbers from 0 to `most`, which has two digits or more: 42 → `[0-9]|[1-3][0-9]|4[0-2]`. */
function upTo(most: string): string {
  const places = [...most].map(Number);
  const same = places.map((digit, i) => {
    const first = i === 0 ? 1 : 0;
    const last = i === places.length - 1 ? digit : digit - 1;
    return last < first ? [] : [`${most.slice(0, i)}[${first}-${last}]${more(places.length - 1 - i)}`];
  });
  return [`[0-9]${places.length > 2 ? `{1,${places.length - 1}}` : ''}`, ...same.flat()].join('|');
}

function more(digits: number): string {
  return digits === 0 ? '' : digits === 1 ? '[0-9]' : `[0-9]{${digits}}`;
}

/** A 64-bit integer in decimal digits. */
const INT64 = `^(${upTo('9223372036854775807')}|-(${upTo('9223372036854775808')}))$`;
const IS_INT64 = new RegExp(INT64);

const parse32 = (value: unknown): unknown => {
  if (typeof value === 'number') return value;
  const text = ascii(value);
  return typeof text === 'string' && /^[+-]?\d{1,10}$/.test(text) ? Number(text) : text;
};
const parse64 = spelled((text) => (/^[+-]?\d{1,40}$/.test(text) ? BigInt(text).toString() : undefined));

const schema = ({ bits }: FieldType) =>
  bits === 64
    ? { type: 'string', format: 'int64', maxLength: 20, pattern: INT64 }
    : { type: 'integer', format: 'int32', ...INT32 };

/** A whole number. 32 bits: a JSON number. 64 bits: always a string of digits, so that no client rounds it. */
export const integer: ValueType = {
  title: '整数',
  example: () => '1',
  expected: ({ bits }) =>
    bits === 64 ? 'a whole number of at most 64 bits' : 'a whole number from -2147483648 to 2147483647',

  parameters: ['bits'],
  declared: bare,
  column: ({ bits }) => (bits === 64 ? 'bigint' : 'integer'),

  parser: ({ bits }) => (bits === 64 ? parse64 : parse32),
  stored: ({ bits }) =>
    bits === 64
      ? { type: 'string', must: (value: string) => (IS_INT64.test(value) ? undefined : OUT_OF_RANGE) }
      : { type: 'integer', ...INT32 },
  copy: String,

  json: ({ bits }) =>
    bits === 64 ? { ...QUOTED, write: (text) => `'"' + ${text} + '"'` } : { ...RAW, read: (text) => `Number(${text})` },
  graphql: ({ bits }) => (bits === 64 ? 'String' : 'Int'),
  masks: {},
  schema,

  operators: [...EQUALITY, ...ORDER],
  operand(raw, { bits }) {
    if (bits === 64) {
      const text = matching(IS_INT64, raw);
      return text === undefined ? undefined : BigInt(text).toString();
    }
    const fits = Number.isInteger(raw) && Number(raw) >= INT32.minimum && Number(raw) <= INT32.maximum;
    return fits ? Number(raw) : undefined;
  },
  fromText: (text, { bits }) => (bits !== 64 && /^-?\d{1,10}$/.test(text) ? Number(text) : text),
  operandSchema: schema,

  sortable: true,
  scope: false,
  subject: false,
  compared: 'exactly',
  spreadsheetText: false,
};
