import { isoMonth, monthOf } from '../files/months.js';
import { type Random, randomOf, weighted } from '../files/random.js';
import type { StandardRow } from '../files/standard-row.js';
import type { PopulationPlan } from '../places/plan.js';
import { livingOf } from './deaths.js';
import { relationCode } from './person-row.js';
import { AS_OF_DAY, type Household, type Inhabitant, populate } from './population.js';

/** Share of all households. */
const ASSISTED = 0.02;
/** Relative: heads alone past 65; other small households with an elder or one parent; all others. Together 2 %. */
const LIKELIHOOD = { lone: 1.9, single: 2.2, other: 0.55 };

/** Codes of `assistance-kind`; the last three have no monthly payment. */
const MINIMUM = '01';
const DESTITUTE = new Set(['02', '03']);
const pickKind = weighted([
  [MINIMUM, 62],
  ['02', 9],
  ['03', 2],
  ['04', 17],
  ['05', 7],
  ['06', 3],
]);

/** The relation to the applicant: codes of GB/T 4761; the office does not split spouses by sex. */
const APPLICANT = '01';
const SPOUSE = '10';
/** Share of members who joined after the head; and of these, with a last month mistyped before the first. */
const JOINED_LATER = 0.12;
const MISTYPED = 0.2;

interface Family {
  number: string;
  certificate: string;
  kind: string;
  household: Household;
  /** Persons whom the assistance covers; the head first. */
  members: readonly Inhabitant[];
  /** Yuan; undefined where nothing is paid monthly. */
  monthly: string | undefined;
  /** As counted in `months.ts`. */
  fromMonth: number;
  untilMonth: number | undefined;
}

/** 民政: assists heads of real households of the register, where they live. */
export function* assistanceRows(plan: PopulationPlan): Generator<StandardRow> {
  for (const { household, members, ...family } of families(plan)) {
    const [head] = members;
    yield {
      family_no: family.number,
      certificate_no: family.certificate,
      kind: family.kind,
      settlement: household.grid.unit.urban ? '1' : '2',
      head_id: head?.idNumber,
      head_name: head?.name,
      members_count: members.length,
      monthly_amount: family.monthly,
      from_month: isoMonth(family.fromMonth),
      until_month: family.untilMonth === undefined ? undefined : isoMonth(family.untilMonth),
      division_code: household.grid.unit.division.code,
    };
  }
}

/** One row per person whom a family's assistance covers; newborn children and others joined later. */
export function* assistanceMemberRows(plan: PopulationPlan): Generator<StandardRow> {
  const random = randomOf(plan.seed, 'assistance member');
  const now = monthOf(AS_OF_DAY);
  for (const family of families(plan)) {
    for (const { idNumber, relation, sex, born } of family.members) {
      const bornMonth = monthOf(Date.parse(born) / 86_400_000);
      const later = relation !== 'head' && random.chance(JOINED_LATER);
      const joined = later ? Math.min(now, family.fromMonth + random.below(24)) : family.fromMonth;
      const from = Math.max(joined, bornMonth);
      const until = later && random.chance(MISTYPED) ? from - 12 : family.untilMonth;
      yield {
        family_no: family.number,
        id_number: idNumber,
        relation: relationToApplicant({ relation, sex }),
        from_month: isoMonth(from),
        until_month: until === undefined ? undefined : isoMonth(until),
        division_code: family.household.grid.unit.division.code,
      };
    }
  }
}

function relationToApplicant(person: Pick<Inhabitant, 'relation' | 'sex'>): string {
  if (person.relation === 'head') return APPLICANT;
  return person.relation === 'spouse' ? SPOUSE : relationCode(person);
}

function* families(plan: PopulationPlan): Generator<Family> {
  const random = randomOf(plan.seed, 'assistance');
  let sequence = 0;
  for (const household of populate(plan)) {
    if (!random.chance(ASSISTED * likelihood(household))) continue;
    yield familyOf(random, { household, living: livingOf(plan, household), sequence: ++sequence });
  }
}

function likelihood(household: Household): number {
  const [head] = household.persons;
  if (head.marital === 'married') return LIKELIHOOD.other;
  return head.age >= 65 ? LIKELIHOOD.lone : LIKELIHOOD.single;
}

function familyOf(random: Random, of: { household: Household; living: Inhabitant[]; sequence: number }): Family {
  const { household, living } = of;
  const sequence = String(of.sequence).padStart(8, '0');
  const kind = living.length === 1 || !random.chance(0.5) ? pickKind(random) : MINIMUM;
  const members = living.slice(0, DESTITUTE.has(kind) ? 1 : 1 + random.below(living.length));
  const standard = DESTITUTE.has(kind) ? 1560 : household.grid.unit.urban ? 1040 : 830;
  const paid = kind === MINIMUM || DESTITUTE.has(kind);
  const now = monthOf(AS_OF_DAY);
  return {
    number: `370399JZ${sequence}`,
    certificate: `ZS370399${sequence}`,
    kind,
    household,
    members,
    monthly: paid
      ? (standard * members.length * (kind === MINIMUM ? 0.55 + random.below(45) / 100 : 1)).toFixed(2)
      : undefined,
    fromMonth: now - 1 - random.below(70),
    untilMonth: random.chance(0.7) ? now + 2 + random.below(12) : undefined,
  };
}
