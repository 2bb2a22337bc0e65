import type { TypeRule } from '../rule.js';

/** A code is valid in its list, or the contract maps it to one that is. */
export const codeInList: TypeRule = {
  kind: 'type',
  name: 'code-in-list',
  title: { zh: '代码值在代码表中', en: 'Codes are of their list' },
  severity: 'error',
  dimension: 'conformity',
  basis: 'GB/T 36344-2018 规范性（权威参考数据）',
  faults: ['code', 'retired-code'],
  concerns: ({ fields }) => [...fields.values()].some(({ type }) => (type.list ?? type.of?.list) !== undefined),
};
