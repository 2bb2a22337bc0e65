import type { TypeRule } from '../rule.js';

export const requiredFilled: TypeRule = {
  kind: 'type',
  name: 'required-filled',
  title: { zh: '必填项已填', en: 'Required values are there' },
  severity: 'error',
  dimension: 'completeness',
  basis: 'GB/T 36344-2018 完整性',
  faults: ['required'],
  concerns: ({ fields, key }) => key.length > 0 || [...fields.values()].some(({ required }) => required),
};
