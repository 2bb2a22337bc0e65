import type { TypeRule } from '../rule.js';

/**
 * Faults of validation that no other rule names: an unreadable line, two values for a field, a row of another's part.
 */
export const rowReadable: TypeRule = {
  kind: 'type',
  name: 'row-readable',
  title: { zh: '数据行可识别', en: 'The row can be read and belongs to the sender' },
  severity: 'error',
  dimension: 'conformity',
  basis: 'GB/T 36344-2018 规范性',
  faults: [],
  concerns: () => true,
};
