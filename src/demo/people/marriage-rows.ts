import { type Random, randomOf } from '../files/random.js';
import type { StandardRow } from '../files/standard-row.js';
import type { PopulationPlan } from '../places/plan.js';
import { isoDate } from './identity-numbers.js';
import { AS_OF_DAY, type Household, type Inhabitant, populate } from './population.js';

const DAYS_PER_YEAR = 365.2425;
/** 民法典 art. 1047. */
const MARRIAGEABLE = { male: 22, female: 20 };
/** Share of couples who married here; and of these, with a reissued certificate. */
const HERE = 0.72;
const ISSUED_AGAIN = 0.04;
/** Until October 2003 (婚姻登记条例) the townships registered the marriages of villagers. */
const TOWNSHIPS_UNTIL_DAY = Date.UTC(2003, 9, 1) / 86_400_000;
/** How many divorced people of one sex wait for a match at most; and the largest difference in age. */
const WAITING = 40;
const AGES_APART = 6;

interface Couple {
  husband: Inhabitant;
  wife: Inhabitant;
  household: Household;
  /** Days since the epoch. */
  marriedDay: number;
}

type RegisterMarriage = (act: { kind: keyof typeof LETTERS; day: number }, couple: Couple) => StandardRow;

/** Codes of `marriage-kind`, and the letters of each act's certificate. */
const MARRIED = '1';
const DIVORCED = '2';
const AGAIN = '3';
const LETTERS = { [MARRIED]: 'J', [DIVORCED]: 'L', [AGAIN]: 'BJ' } as const;

/** Couples who live together (head and spouse, the head's parents), and divorces between people who live alone. */
export function* marriageRows(plan: PopulationPlan): Generator<StandardRow> {
  const random = randomOf(plan.seed, 'marriage');
  const register = openRegister();
  const meet = openDivorced(random);
  for (const household of populate(plan)) {
    for (const couple of couplesOf(random, household)) {
      if (!random.chance(HERE)) continue;
      yield register({ kind: MARRIED, day: couple.marriedDay }, couple);
      if (random.chance(ISSUED_AGAIN)) {
        yield register({ kind: AGAIN, day: between(random, couple.marriedDay, AS_OF_DAY) }, couple);
      }
    }
    const divorced = meet(household);
    if (divorced === undefined) continue;
    yield register({ kind: MARRIED, day: divorced.marriedDay }, divorced);
    yield register({ kind: DIVORCED, day: between(random, divorced.marriedDay, AS_OF_DAY) }, divorced);
  }
}

function* couplesOf(random: Random, household: Household): Generator<Couple> {
  const [head, spouse] = household.persons;
  if (spouse?.relation === 'spouse') {
    const children = household.persons.filter(({ relation }) => relation === 'child');
    yield coupleOf(random, { household, pair: [head, spouse], children });
  }
  const elders = household.persons.filter(({ relation }) => relation === 'parent' || relation === 'parent-in-law');
  const [elder, other] = elders;
  if (elder !== undefined && other !== undefined)
    yield coupleOf(random, { household, pair: [elder, other], children: [] });
}

/** Married when both were old enough, and before their first child where possible. */
function coupleOf(
  random: Random,
  of: { household: Household; pair: readonly [Inhabitant, Inhabitant]; children: readonly Inhabitant[] },
): Couple {
  const [one, other] = of.pair;
  const [husband, wife] = one.sex === 'male' ? [one, other] : [other, one];
  const lawful = Math.max(...[husband, wife].map(({ born, sex }) => dayOf(born) + MARRIAGEABLE[sex] * DAYS_PER_YEAR));
  const from = Math.ceil(lawful) + 1;
  const firstBorn = Math.min(AS_OF_DAY, ...of.children.map(({ born }) => dayOf(born) - 300));
  const until = Math.min(AS_OF_DAY, Math.max(from + 60, Math.min(firstBorn, from + 6 * DAYS_PER_YEAR)));
  return { husband, wife, household: of.household, marriedDay: between(random, Math.min(from, until), until) };
}

/** Pairs divorced people who live alone: opposite sex, similar age. */
function openDivorced(random: Random): (household: Household) => Couple | undefined {
  const waiting: Record<Inhabitant['sex'], Inhabitant[]> = { male: [], female: [] };
  return (household) => {
    const [person, ...others] = household.persons;
    if (person.marital !== 'divorced' || others.length > 0) return undefined;
    const of = waiting[person.sex === 'male' ? 'female' : 'male'];
    const at = of.findIndex(({ age }) => Math.abs(age - person.age) <= AGES_APART);
    const [former] = at < 0 ? [] : of.splice(at, 1);
    if (former === undefined) {
      waiting[person.sex].push(person);
      if (waiting[person.sex].length > WAITING) waiting[person.sex].shift();
      return undefined;
    }
    return coupleOf(random, { household, pair: [person, former], children: [] });
  };
}

/** Numbers increase through the year: a certificate of May follows one of March. Memory: one counter per day. */
function openRegister(): RegisterMarriage {
  const used = new Map<string, number>();
  return ({ kind, day }, { husband, wife, household }) => {
    const letter = LETTERS[kind];
    const count = used.get(`${letter}${day}`) ?? 0;
    used.set(`${letter}${day}`, count + 1);
    const year = Number(isoDate(day).slice(0, 4));
    const number = (day - Date.UTC(year, 0, 1) / 86_400_000) * 2000 + count + 1;
    return {
      certificate_no: `${letter}370399-${year}-${String(number).padStart(6, '0')}`,
      kind,
      party_a_id: husband.idNumber,
      party_b_id: wife.idNumber,
      registered_on: isoDate(day),
      office: officeOf(household, day),
    };
  };
}

function officeOf({ grid: { unit } }: Household, day: number): string {
  if (unit.urban || day >= TOWNSHIPS_UNTIL_DAY) return '张店区民政局婚姻登记处';
  return `${unit.prefix.replace(/^.*张店区/, '')}人民政府`;
}

function between(random: Random, from: number, until: number): number {
  return Math.floor(from + random.real() * (until - from));
}

function dayOf(born: string): number {
  return Date.parse(born) / 86_400_000;
}
