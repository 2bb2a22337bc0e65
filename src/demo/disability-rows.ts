import { livingOf } from './deaths.js';
import { isoDate } from './identity-numbers.js';
import type { Plan } from './plan.js';
import { AS_OF_DAY, type Person, populate } from './population.js';
import { type Random, randomOf, weighted } from './random.js';
import type { Row } from './row.js';

/** 残联: one row a certificate, by the place of registration. */
export const DISABILITY_HEADINGS = ['残疾人证号', '身份证号', '残疾类别', '残疾等级', '发证日期', '所属村（社区）代码'];

/** In the order of GB/T 26341, because the certificate's number holds the place in the list. */
const KINDS = ['视力', '听力', '言语', '肢体', '智力', '精神', '多重'];
const GRADES = ['一级', '二级', '三级', '四级'];
const pickKind = weighted([
  [0, 12],
  [1, 9],
  [2, 1],
  [3, 57],
  [4, 9],
  [5, 9],
  [6, 3],
]);
const pickGrade = weighted([
  [0, 17],
  [1, 31],
  [2, 25],
  [3, 27],
]);
/** Certificates of this form have been issued since. */
const ISSUED_SINCE = Date.UTC(2009, 0, 1) / 86_400_000;
/** Lost once and issued again: the number goes on with B and how often. */
const ISSUED_AGAIN = 0.04;

export function* disabilityRows(plan: Plan): Generator<Row> {
  const random = randomOf(plan.seed, 'disability');
  for (const household of populate(plan)) {
    const division = household.registeredUnit.division.code;
    for (const person of livingOf(plan, household)) {
      if (random.chance(likelihood(person.age))) yield [...certificate(random, person), division];
    }
  }
}

/** 2.7 % of all people hold a certificate, the old more often. */
function likelihood(age: number): number {
  if (age < 3) return 0;
  return age < 18 ? 0.008 : age < 60 ? 0.022 : 0.06;
}

function certificate(random: Random, { idNumber, born }: Person): Row {
  const kind = pickKind(random);
  const grade = pickGrade(random);
  const from = Math.max(ISSUED_SINCE, Date.parse(born) / 86_400_000 + 730);
  const again = random.chance(ISSUED_AGAIN) ? 'B1' : '';
  return [
    `${idNumber}${kind + 1}${grade + 1}${again}`,
    idNumber,
    KINDS[kind]!,
    GRADES[grade]!,
    isoDate(from + random.below(AS_OF_DAY - from)),
  ];
}
