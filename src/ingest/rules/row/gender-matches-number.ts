import type { RowRule } from '../rule.js';
import { residentNumber } from './numbered-person.js';

const MALE = '1';
const FEMALE = '2';

/** The 17th digit is odd for men and even for women; unknown and unspecified genders contradict nothing. */
export const genderMatchesNumber: RowRule = {
  kind: 'row',
  name: 'gender-matches-number',
  title: { zh: '性别与证件号码一致', en: 'The gender is that of the number' },
  severity: 'warning',
  dimension: 'accuracy',
  basis: 'GB 11643-1999 第 17 位',
  tests(contract) {
    const numberOf = residentNumber(contract);
    const genderAt = [...contract.fields.keys()].indexOf('gender');
    if (numberOf === undefined || contract.fields.get('gender')?.type.list !== 'GB-T-2261.1_gender') return [];
    return [
      {
        field: 'gender',
        violated(values) {
          const gender = values[genderAt];
          if (gender !== MALE && gender !== FEMALE) return false;
          const number = numberOf(values);
          // Character codes of digits are odd where the digits are.
          return number !== undefined && (number.charCodeAt(16) & 1) !== (gender === MALE ? 1 : 0);
        },
      },
    ];
  },
};
