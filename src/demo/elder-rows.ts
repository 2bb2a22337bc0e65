import { openDeaths } from './deaths.js';
import { isoMonth, monthOf } from './months.js';
import type { Plan } from './plan.js';
import { AS_OF_DAY, populate } from './population.js';
import { type Random, randomOf } from './random.js';
import type { Row } from './row.js';

/** 民政 (老龄): one row an age band that someone was paid for. */
export const ELDER_HEADINGS = [
  '身份证号',
  '年龄段',
  '月发放标准',
  '起发年月',
  '停发年月',
  '停发原因',
  '所属社区（村）代码',
];

const BANDS = [
  { from: 80, name: '80-89周岁', amount: '100.00' },
  { from: 90, name: '90-99周岁', amount: '200.00' },
  { from: 100, name: '百岁以上', amount: '500.00' },
] as const;
/** Nobody was paid before. */
const SCHEME_SINCE = 2014 * 12;
/** Of those entitled: who applied; who died and was paid on, because nobody said so; who moved away; whose last month was typed as one before the first. */
const SHARES = { applied: 0.94, paidOn: 0.03, movedAway: 0.01, mistyped: 0.015 };

interface Elder {
  idNumber: string;
  /** YYYY-MM-DD */
  born: string;
  /** Undefined for the living. */
  diedDay: number | undefined;
  division: string;
}

export function* elderRows(plan: Plan): Generator<Row> {
  const random = randomOf(plan.seed, 'elder allowance');
  for (const elder of elders(plan)) {
    if (random.chance(SHARES.applied)) yield* rowsOf(random, elder);
  }
}

function* elders(plan: Plan): Generator<Elder> {
  const deathsOf = openDeaths(plan);
  for (const household of populate(plan)) {
    const division = household.grid.unit.division.code;
    const deaths = deathsOf(household);
    const dead = new Set(deaths.map(({ idNumber }) => idNumber));
    for (const { idNumber, born, age } of household.persons) {
      if (age >= 79 && !dead.has(idNumber)) yield { idNumber, born, diedDay: undefined, division };
    }
    for (const { idNumber, born, diedDay } of deaths) yield { idNumber, born, diedDay, division };
  }
}

function* rowsOf(random: Random, { idNumber, born, diedDay, division }: Elder): Generator<Row> {
  const bornMonth = Number(born.slice(0, 4)) * 12 + Number(born.slice(5, 7)) - 1;
  const last = lastMonth(random, diedDay);
  const lived = diedDay === undefined ? last.month : monthOf(diedDay);
  for (const [i, band] of BANDS.entries()) {
    const first = Math.max(SCHEME_SINCE, bornMonth + band.from * 12);
    const next = BANDS[i + 1] === undefined ? Number.POSITIVE_INFINITY : bornMonth + BANDS[i + 1]!.from * 12;
    if (first > Math.min(last.month, lived, next - 1)) continue;
    const grownOut = next <= last.month;
    const until = grownOut ? next - 1 : last.reason === undefined ? undefined : last.month;
    const typed = until !== undefined && random.chance(SHARES.mistyped) ? first - 12 : until;
    yield [
      idNumber,
      band.name,
      band.amount,
      isoMonth(first),
      typed === undefined ? undefined : isoMonth(typed),
      grownOut ? '其他' : last.reason,
      division,
    ];
  }
}

/** The last month that was paid, and why; the current month without a reason where payment goes on. */
function lastMonth(random: Random, diedDay: number | undefined): { month: number; reason: string | undefined } {
  const now = monthOf(AS_OF_DAY);
  if (diedDay === undefined) {
    if (!random.chance(SHARES.movedAway)) return { month: now, reason: undefined };
    return { month: now - 1 - random.below(24), reason: '迁出' };
  }
  return random.chance(SHARES.paidOn) ? { month: now, reason: undefined } : { month: monthOf(diedDay), reason: '死亡' };
}
