import type { TypeRule } from '../rule.js';

/** Check characters of citizen identity numbers and of unified social credit codes. */
export const checksum: TypeRule = {
  kind: 'type',
  name: 'checksum',
  title: { zh: '证件号码校验位正确', en: 'Check characters of numbers are right' },
  severity: 'error',
  dimension: 'accuracy',
  basis: 'GB 11643-1999；GB 32100-2015',
  faults: ['checksum'],
  concerns: ({ fields }) => [...fields.values()].some(({ type }) => (type.of ?? type).scheme !== undefined),
};
