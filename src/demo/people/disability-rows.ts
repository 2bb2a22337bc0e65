import { type Random, randomOf, weighted } from '../files/random.js';
import type { StandardRow } from '../files/standard-row.js';
import type { PopulationPlan } from '../places/plan.js';
import { livingOf } from './deaths.js';
import { isoDate } from './identity-numbers.js';
import { AS_OF_DAY, type Inhabitant, populate } from './population.js';

/** 残联: one row per certificate, by place of registration. Its number holds the code of GB/T 26341. */
const pickKind = weighted([
  ['1', 12],
  ['2', 9],
  ['3', 1],
  ['4', 57],
  ['5', 9],
  ['6', 9],
  ['7', 3],
]);
const pickGrade = weighted([
  ['1', 17],
  ['2', 31],
  ['3', 25],
  ['4', 27],
]);
/** Certificates of this form exist since this day. */
const ISSUED_SINCE = Date.UTC(2009, 0, 1) / 86_400_000;
/** Share of lost and reissued certificates: B and a count follow the number. */
const ISSUED_AGAIN = 0.04;

export function* disabilityRows(plan: PopulationPlan): Generator<StandardRow> {
  const random = randomOf(plan.seed, 'disability');
  for (const household of populate(plan)) {
    const division = household.registeredUnit.division.code;
    for (const person of livingOf(plan, household)) {
      if (random.chance(likelihood(person.age))) yield { ...certificate(random, person), division_code: division };
    }
  }
}

/** 2.7 % of all people hold a certificate, old people more often. */
function likelihood(age: number): number {
  if (age < 3) return 0;
  return age < 18 ? 0.008 : age < 60 ? 0.022 : 0.06;
}

function certificate(random: Random, { idNumber, born }: Inhabitant): StandardRow {
  const kind = pickKind(random);
  const grade = pickGrade(random);
  const from = Math.max(ISSUED_SINCE, Date.parse(born) / 86_400_000 + 730);
  const again = random.chance(ISSUED_AGAIN) ? 'B1' : '';
  return {
    certificate_no: `${idNumber}${kind}${grade}${again}`,
    id_number: idNumber,
    kind,
    grade,
    issued_on: isoDate(from + random.below(AS_OF_DAY - from)),
  };
}
