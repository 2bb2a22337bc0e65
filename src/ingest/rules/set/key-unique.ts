import type { TypeRule } from '../rule.js';

/** A key occurs once in a delivery; its first row counts. */
export const keyUnique: TypeRule = {
  kind: 'type',
  name: 'key-unique',
  title: { zh: '主键不重复', en: 'No key comes twice' },
  severity: 'error',
  dimension: 'accuracy',
  basis: 'GB/T 36344-2018 准确性（数据唯一性）',
  faults: ['repeated-key'],
  concerns: () => true,
};
