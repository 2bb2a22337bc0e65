import type { Contract, Field } from '../../../catalog/contract.js';
import { typeOf } from '../../../standard/type.js';
import type { RowRule, RowTest } from '../rule.js';

/** `from_x` with `until_x`, `x_from` with `x_until`: a term does not end before it begins. An open end is valid. */
export const fromBeforeUntil: RowRule = {
  kind: 'row',
  name: 'from-before-until',
  title: { zh: '起始不晚于截止', en: 'Terms do not end before they begin' },
  severity: 'warning',
  dimension: 'consistency',
  basis: 'GB/T 36344-2018 一致性（关联数据一致性）',
  tests: (contract) => [...contract.fields.values()].flatMap((from) => pairOf(contract, from)),
};

function pairOf({ fields }: Contract, from: Field): RowTest[] {
  const until = from.name.replace(/(^|_)from(_|$)/, '$1until$2');
  const { calendar } = typeOf(from.type);
  const end = fields.get(until);
  if (until === from.name || calendar === undefined || end?.type.name !== from.type.name) return [];
  const names = [...fields.keys()];
  const [fromAt, untilAt] = [names.indexOf(from.name), names.indexOf(until)];
  return [
    {
      field: until,
      violated(values) {
        const begins = values[fromAt];
        const ends = values[untilAt];
        return typeof begins === 'string' && typeof ends === 'string' && begins > ends;
      },
    },
  ];
}
