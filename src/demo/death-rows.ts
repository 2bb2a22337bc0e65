import { openDeaths } from './deaths.js';
import { isoDate } from './identity-numbers.js';
import type { Plan } from './plan.js';
import { populate } from './population.js';
import { randomOf, weighted } from './random.js';
import type { Row } from './row.js';

/** 民政 (殡葬): who was cremated or is known from a medical certificate, by the community where they lived. */
export const DEATH_HEADINGS = ['逝者身份证号', '死亡日期', '信息来源', '生前住地代码'];

const pickSource = weighted([
  ['火化登记', 84],
  ['死亡医学证明', 12],
  ['户籍注销', 4],
]);

export function* deathRows(plan: Plan): Generator<Row> {
  const deathsOf = openDeaths(plan);
  const random = randomOf(plan.seed, 'death source');
  for (const household of populate(plan)) {
    for (const { idNumber, diedDay, person } of deathsOf(household)) {
      // Whom the register still holds was not told of by the register.
      const source = person === undefined ? pickSource(random) : '火化登记';
      yield [idNumber, isoDate(diedDay), source, household.grid.unit.division.code];
    }
  }
}
