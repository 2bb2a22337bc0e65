import { shanghaiDate } from '../../../platform/clock.js';
import { typeOf } from '../../../standard/type.js';
import type { RowRule } from '../rule.js';

/** Names of dates that may be in the future: terms, deadlines, expiries. */
const AHEAD = /(^|_)(from|until|due|expires|expiry|planned)(_|$)/;

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
    const instant = new Date(now).toISOString();
    return [...contract.fields.values()].flatMap(({ name, type, standard }, at) => {
      if (!standard || AHEAD.test(name)) return [];
      const { calendar } = typeOf(type);
      const latest = calendar === 'day' ? today : calendar === 'instant' ? instant : undefined;
      if (latest === undefined) return [];
      return [{ field: name, violated: (values) => String(values[at] ?? '') > latest }];
    });
  },
};
