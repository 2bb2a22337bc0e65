import { shanghaiDate } from '../../../platform/clock.js';
import type { RowRule } from '../rule.js';

/** Names of dates that may be in the future: terms, deadlines, expiries. */
const AHEAD = /(^|_)(from|until|due|expires|expiry|planned)(_|$)/;
const DAY_MS = 86_400_000;

/** Dates of the standard for past events: born, died, registered, reported, closed. */
export const dateNotInFuture: RowRule = {
  kind: 'row',
  name: 'date-not-in-future',
  title: { zh: '已发生事项的日期不晚于今天', en: 'What has happened has no date in the future' },
  severity: 'warning',
  dimension: 'accuracy',
  basis: 'GB/T 36344-2018 准确性（数据内容正确性）',
  tests(contract, { now }) {
    const today = shanghaiDate(now);
    const before = shanghaiDate(now - 2 * DAY_MS);
    return [...contract.fields.values()].flatMap(({ name, type, standard }, at) => {
      if (!standard || AHEAD.test(name)) return [];
      if (type.name === 'date') {
        return [{ field: name, violated: (values) => values[at] !== null && (values[at] as string) > today }];
      }
      if (type.name !== 'datetime') return [];
      // A text of two days ago is past in every zone; most values are, and need no parsing.
      const violated = (values: readonly unknown[]) =>
        values[at] !== null && (values[at] as string) > before && Date.parse(values[at] as string) > now;
      return [{ field: name, violated }];
    });
  },
};
