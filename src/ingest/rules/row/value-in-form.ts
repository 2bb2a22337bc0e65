import type { TypeRule } from '../rule.js';

/** Type, length, precision, range, date format, characters, geometry. */
export const valueInForm: TypeRule = {
  kind: 'type',
  name: 'value-in-form',
  title: { zh: '数据项格式符合标准', en: 'Values have the form that the standard says' },
  severity: 'error',
  dimension: 'conformity',
  basis: 'GB/T 36344-2018 规范性',
  faults: ['type', 'length', 'date', 'precision', 'range', 'character', 'geometry'],
  concerns: () => true,
};
