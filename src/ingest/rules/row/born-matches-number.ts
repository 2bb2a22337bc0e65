import { typeOf } from '../../../standard/type.js';
import type { RowRule } from '../rule.js';
import { residentNumber } from './numbered-person.js';

/** Digits 7–14 are the date of birth. Some real pairs differ: early registers assigned wrong numbers, which remain. */
export const bornMatchesNumber: RowRule = {
  kind: 'row',
  name: 'born-matches-number',
  title: { zh: '出生日期与证件号码一致', en: 'The day of birth is that of the number' },
  severity: 'warning',
  dimension: 'accuracy',
  basis: 'GB 11643-1999 第 7–14 位',
  tests(contract) {
    const numberOf = residentNumber(contract);
    const bornAt = [...contract.fields.keys()].indexOf('born');
    const born = contract.fields.get('born');
    if (numberOf === undefined || born === undefined || typeOf(born.type).calendar !== 'day') return [];
    return [
      {
        field: 'born',
        violated(values) {
          const born = values[bornAt];
          const number = numberOf(values);
          return typeof born === 'string' && number !== undefined && !sameDay(born, number);
        },
      },
    ];
  },
};

/** Positions of the eight digits in `1990-01-31`. */
const DIGITS = [0, 1, 2, 3, 5, 6, 8, 9];

function sameDay(born: string, number: string): boolean {
  for (let i = 0; i < 8; i++) if (born.charCodeAt(DIGITS[i]!) !== number.charCodeAt(6 + i)) return false;
  return true;
}
