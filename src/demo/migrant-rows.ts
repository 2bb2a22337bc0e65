import { isoDate } from './identity-numbers.js';
import { migrants } from './migrants.js';
import type { Plan } from './plan.js';
import { AS_OF_DAY, type Person } from './population.js';
import { type Random, randomOf, weighted } from './random.js';
import type { Row } from './row.js';

/** 公安 (流动人口): pinyin initials, dates as 20260131. */
export const MIGRANT_HEADINGS = [
  'DJBH',
  'GMSFHM',
  'XM',
  'LCD',
  'LRYY',
  'BZLX',
  'JZZH',
  'ZSLX',
  'DJRQ',
  'DQRQ',
  'XZD',
  'FWBM',
];

const pickReason = weighted([
  ['务工', 61],
  ['经商', 20],
  ['工作调动', 7],
  ['投亲靠友', 5],
  ['学习培训', 3],
  ['治病疗养', 1],
  ['其他', 3],
]);
const pickDwelling = weighted([
  ['租赁房', 80],
  ['自购房', 11],
  ['借住', 7],
  ['其他', 2],
]);
/** 居住证暂行条例 art. 2: whoever has lived here for half a year may have a permit; art. 10: it is endorsed every year. */
const PERMIT_AFTER_DAYS = 183;
const PERMIT_YEAR_DAYS = 365;
/** Of those who may, who have one; of those who have one, who let it run out; and whose year was typed wrongly. */
const SHARES = { permit: 0.8, expired: 0.12, mistyped: 0.008 };

export function* migrantRows(plan: Plan): Generator<Row> {
  const random = randomOf(plan.seed, 'migrant registration');
  let sequence = 0;
  for (const household of migrants(plan)) {
    // A family registers on one day and lives in one kind of dwelling.
    const day = AS_OF_DAY - 5 - random.below(3 * PERMIT_YEAR_DAYS);
    const dwelling = pickDwelling(random);
    for (const person of household.persons) {
      const registeredDay = Math.max(day, Math.min(AS_OF_DAY, Date.parse(person.born) / 86_400_000 + 10));
      const permit = permitOf(random, person, registeredDay);
      yield [
        `LD370399${compact(registeredDay)}${String(++sequence).padStart(6, '0')}`,
        person.idNumber,
        person.name,
        household.county,
        reasonOf(random, person),
        permit?.kind,
        permit?.number,
        dwelling,
        compact(registeredDay),
        permit?.expires,
        household.grid.unit.division.code,
        household.home.houseCode,
      ];
    }
  }
}

function reasonOf(random: Random, { relation }: Person): string {
  if (relation === 'child' || (relation === 'spouse' && random.chance(0.5))) return '随迁';
  return pickReason(random);
}

/** The number of a permit is the holder's own with how often it was issued. */
function permitOf(random: Random, { idNumber }: Person, registeredDay: number) {
  const days = AS_OF_DAY - registeredDay;
  if (days < PERMIT_AFTER_DAYS || !random.chance(SHARES.permit)) return undefined;
  const years = Math.floor(days / PERMIT_YEAR_DAYS) + (random.chance(SHARES.expired) ? 0 : 1);
  const until = random.chance(SHARES.mistyped) ? -PERMIT_YEAR_DAYS : Math.max(1, years) * PERMIT_YEAR_DAYS;
  return { kind: '居住证', number: `${idNumber}01`, expires: compact(registeredDay + until) };
}

/** YYYYMMDD */
function compact(day: number): string {
  return isoDate(day).replaceAll('-', '');
}
