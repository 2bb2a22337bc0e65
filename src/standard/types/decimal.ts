import { ascii, matching } from './plain-text.js';
import {
  EQUALITY,
  type FieldType,
  ORDER,
  type ParseValue,
  QUOTED,
  type ValueFault,
  type ValueType,
} from './value-type.js';

/** Digits before and after the point in a filter: as many as a contract can declare. */
const MOST = 38;
const OPERAND = `^-?[0-9]{1,${MOST}}(\\.[0-9]{1,${MOST}})?$`;
const IS_OPERAND = new RegExp(OPERAND);

/** As PostgreSQL writes it: no leading zeros or plus, and all digits of the scale. Undefined if it does not fit. */
function stored(text: string, { precision = 18, scale = 2 }: FieldType): string | undefined {
  const parts = /^([+-]?)0*(\d*)(?:\.(\d*?)0*)?$/.exec(text);
  if (parts === null || !/\d/.test(text)) return undefined;
  const [, sign, whole = '', fraction = ''] = parts;
  if (whole.length > precision - scale || fraction.length > scale) return undefined;
  const digits = scale === 0 ? whole || '0' : `${whole || '0'}.${fraction.padEnd(scale, '0')}`;
  return sign === '-' && /[1-9]/.test(digits) ? `-${digits}` : digits;
}

/** 1.5e-7 → 0.00000015, by the digits alone. Other text is unchanged. */
export function withoutExponent(text: string): string {
  const parts = /^([+-]?)(\d{1,99})(?:\.(\d{0,99}))?[eE]([+-]?\d{1,2})$/.exec(text);
  if (parts === null) return text;
  const [, sign = '', whole = '', fraction = '', exponent] = parts;
  const digits = `${'0'.repeat(99)}${whole}${fraction}${'0'.repeat(99)}`;
  const point = 99 + whole.length + Number(exponent);
  return `${sign}${digits.slice(0, point).replace(/^0+(?=\d)/, '')}.${digits.slice(point)}`;
}

const parser =
  (type: FieldType): ParseValue =>
  (value) => {
    const plain = typeof value === 'number' && Number.isFinite(value) ? withoutExponent(String(value)) : ascii(value);
    return typeof plain === 'string' ? (stored(plain, type) ?? plain) : plain;
  };

/**
 * A number of `precision` digits, `scale` of them after the point. It is a string of digits in JSON, because most
 * clients read JSON numbers as doubles. Deliveries may have JSON numbers: their digits are read as sent.
 */
export const decimal: ValueType = {
  title: '小数',
  example: () => '12.5',
  expected: () => 'a decimal number such as 12.50, in a body as a string',

  parameters: ['precision!', 'scale!'],
  declared(parameter) {
    const match = /^([1-9][0-9]?),([0-9]{1,2})$/.exec(parameter ?? '');
    const [precision, scale] = [Number(match?.[1]), Number(match?.[2])];
    return scale <= precision ? { precision, scale } : undefined;
  },
  column: ({ precision = 18, scale = 2 }) => `numeric(${precision},${scale})`,

  parser,
  stored(type) {
    const { precision = 18, scale = 2 } = type;
    const fault: ValueFault = {
      rule: 'precision',
      reason: `not a number of at most ${precision} digits, ${scale} after the point`,
    };
    return { type: 'string', must: (value: string) => (stored(value, type) === undefined ? fault : undefined) };
  },
  copy: (value: string) => value,

  json: () => QUOTED,
  graphql: () => 'String',
  masks: {},
  schema({ precision = 18, scale = 2 }) {
    const whole = Math.max(1, precision - scale);
    const pattern = `^-?[0-9]{1,${whole}}${scale === 0 ? '' : `\\.[0-9]{${scale}}`}$`;
    return { type: 'string', maxLength: 1 + whole + (scale === 0 ? 0 : 1 + scale), pattern };
  },

  operators: [...EQUALITY, ...ORDER],
  operand(raw, type) {
    const text = matching(IS_OPERAND, raw);
    return text === undefined ? undefined : (stored(text, type) ?? text);
  },
  operandSchema: () => ({ type: 'string', maxLength: 2 * MOST + 2, pattern: OPERAND }),

  sortable: true,
  scope: false,
  subject: false,
  compared: 'exactly',
  spreadsheetText: false,
};
