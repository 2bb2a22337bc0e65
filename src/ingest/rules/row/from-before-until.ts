import type { Contract, Field } from '../../../catalog/contract.js';
import type { RowRule, RowTest } from '../rule.js';

const ORDERED = ['date', 'month', 'datetime'];

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
  const name = from.type.name;
  if (until === from.name || !ORDERED.includes(name) || fields.get(until)?.type.name !== name) return [];
  const names = [...fields.keys()];
  const [fromAt, untilAt] = [names.indexOf(from.name), names.indexOf(until)];
  const after = name === 'datetime' ? isLater : (a: string, b: string) => a > b;
  return [
    {
      field: until,
      violated(values) {
        const begins = values[fromAt] as string | null;
        const ends = values[untilAt] as string | null;
        return begins !== null && ends !== null && after(begins, ends);
      },
    },
  ];
}

/** Times keep their sent zone, so their texts have no order. */
function isLater(a: string, b: string): boolean {
  return Date.parse(a) > Date.parse(b);
}
