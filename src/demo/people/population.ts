import { itemAt } from '../../platform/known.js';
import { type Random, randomOf, weighted } from '../files/random.js';
import { type Dwelling, gridsOf, type Layout, layOut } from '../places/dwellings.js';
import type { Grid, PopulationPlan, Unit } from '../places/plan.js';
import { familyOf, householdSizes, type Member } from './family.js';
import {
  type IdentityNumbers,
  isoDate,
  openIdentityNumbers,
  phoneOf,
  type SyntheticCounty,
} from './identity-numbers.js';
import { givenNameOf, surnameOf } from './names.js';

/** The day of the population. Fixed, so that a seed gives the same result next year. */
export const AS_OF_DAY = Date.UTC(2026, 5, 30) / 86_400_000;
const DAYS_PER_YEAR = 365.2425;

export interface Inhabitant extends Member {
  idNumber: string;
  name: string;
  /** YYYY-MM-DD */
  born: string;
  ethnicGroup: EthnicGroup;
  /** County of birth, a code that was never assigned. */
  county: SyntheticCounty;
  phone: string | undefined;
  education: string | undefined;
  occupation: string | undefined;
}

/** 汉, 回, 满, 蒙古, 朝鲜, 土家: codes of GB/T 3304. */
export type EthnicGroup = '01' | '03' | '11' | '02' | '10' | '15';

export interface Household {
  /** 9 digits, unique within the (synthetic) county 370399. */
  number: string;
  /** Head first. */
  persons: readonly [Inhabitant, ...Inhabitant[]];
  /** Where they live. */
  grid: Grid;
  home: Dwelling;
  /** Where they are registered: the same, or a house elsewhere (人户不一致). */
  registeredUnit: Unit;
  registeredHome: Dwelling;
}

/** Share of households registered elsewhere. */
const ELSEWHERE = 0.05;
/** Share of Hui, most of them around 回民村; the rest of 0.6 % are a few Manchu, Mongol and others. */
const HUI = 0.0034;
const HUI_GROUP = '03';
const HUI_VILLAGE = '370303009211';

const pickOther = weighted<EthnicGroup>([
  ['11', 13],
  ['02', 7],
  ['10', 3],
  ['15', 3],
]);
const OTHERS = 0.0026;

/** Up to so many people (about 1 kB each) a population is built once and kept with its plan: fifteen files use it. */
const KEPT_UP_TO = 50_000;
const kept = new WeakMap<PopulationPlan, readonly Household[]>();

/** Every household of the plan in order. Above `KEPT_UP_TO` memory is one grid and the counters of identity numbers. */
export function populate(plan: PopulationPlan): Iterable<Household> {
  if (plan.people > KEPT_UP_TO) return makeHouseholds(plan);
  const households = kept.get(plan) ?? [...makeHouseholds(plan)];
  kept.set(plan, households);
  return households;
}

function* makeHouseholds(plan: PopulationPlan): Generator<Household> {
  const numbers = openIdentityNumbers();
  const hui = huiShares(plan);
  for (const grid of gridsOf(plan)) {
    const random = randomOf(plan.seed, `grid ${grid.code}`);
    const layout = layOut(grid);
    const sizes = householdSizes(random, grid.households, grid.persons);
    for (let k = 0; k < grid.households; k++) {
      const persons = makePersons(random, itemAt(sizes, k), { numbers, hui: hui(grid.unit) });
      const home = layout.dwelling(layout.homeOf(k));
      const registered = random.chance(ELSEWHERE) ? registeredElsewhere(plan, random, layout) : undefined;
      yield {
        number: String(grid.firstHousehold + k + 1).padStart(9, '0'),
        persons,
        grid,
        home,
        registeredUnit: registered?.unit ?? grid.unit,
        registeredHome: registered?.home ?? home,
      };
    }
  }
}

/** An empty dwelling of a grid in another unit (in the same, where there is only one). */
function registeredElsewhere(plan: PopulationPlan, random: Random, here: Layout): { unit: Unit; home: Dwelling } {
  const others = plan.units.filter((unit) => unit !== here.grid.unit);
  const unit = others.length === 0 ? here.grid.unit : random.pick(others);
  const there = layOut(plan.grid(unit, 1 + random.below(unit.gridCount)));
  const empty = there.dwellings - there.grid.households;
  const k = empty === 0 ? random.below(there.dwellings) : there.grid.households + random.below(empty);
  return { unit, home: there.dwelling(there.homeOf(k)) };
}

/** Seven of ten Hui live in 回民村 where the demo includes it, up to three of five there. */
function huiShares(plan: PopulationPlan): (unit: Unit) => number {
  const village = plan.units.find((unit) => unit.division.code === HUI_VILLAGE);
  const share = village === undefined ? 0 : village.households / plan.households;
  const there = share === 0 ? 0 : Math.min(0.6, (0.7 * HUI) / share);
  const elsewhere = Math.max(0, (HUI - there * share) / Math.max(1e-9, 1 - share));
  return (unit) => (unit.division.code === HUI_VILLAGE ? there : elsewhere);
}

function makePersons(
  random: Random,
  size: number,
  of: { numbers: IdentityNumbers; hui: number },
): Household['persons'] {
  const origin = random.real();
  const ethnicGroup: EthnicGroup = origin < of.hui ? HUI_GROUP : origin < of.hui + OTHERS ? pickOther(random) : '01';
  const surname = surnameOf(random, ethnicGroup === HUI_GROUP);
  const [head, ...others] = familyOf(random, size);
  const fatherIsHead = head.sex === 'male';
  const person = (member: Member): Inhabitant => {
    // Children and parents of the head have the family's name; people who married in have another.
    const family =
      member.relation === 'spouse' ? !fatherIsHead && random.chance(0.02) : isOfFamily(member, fatherIsHead);
    return makePerson(random, member, {
      numbers: of.numbers,
      ethnicGroup,
      surname: family ? surname : surnameOf(random, ethnicGroup === HUI_GROUP),
    });
  };
  return [person(head), ...others.map(person)];
}

function isOfFamily(member: Member, fatherIsHead: boolean): boolean {
  if (member.relation === 'head') return true;
  if (member.relation === 'child') return fatherIsHead || member.marital !== 'single';
  return member.relation === 'parent' && member.sex === 'male';
}

/** A person who fits `member`; `county` is random where it is not given. */
export function makePerson(
  random: Random,
  member: Member,
  of: { numbers: IdentityNumbers; ethnicGroup: EthnicGroup; surname: string; county?: SyntheticCounty },
): Inhabitant {
  const county = of.county ?? countyOfBirth(random, member.age < 15);
  const wanted = AS_OF_DAY - Math.floor((member.age + random.real()) * DAYS_PER_YEAR);
  const identity = of.numbers.next(county, wanted, member.sex);
  const born = isoDate(identity.day);
  const year = Number(born.slice(0, 4));
  return {
    ...member,
    idNumber: identity.number,
    name: of.surname + givenNameOf(random, member.sex, year),
    born,
    ethnicGroup: of.ethnicGroup,
    county,
    phone: member.age >= 12 && random.chance(member.age > 75 ? 0.6 : 0.94) ? phoneOf(random) : undefined,
    education: educationOf(random, member.age),
    occupation: occupationOf(random, member.age),
  };
}

function countyOfBirth(random: Random, child: boolean): SyntheticCounty {
  const origin = random.real();
  return origin < (child ? 0.9 : 0.7) ? '370399' : origin < (child ? 0.95 : 0.88) ? '370398' : '379999';
}

/** Codes of GB/T 4658. */
const EDUCATION = {
  postgraduate: '10',
  university: '20',
  college: '30',
  vocational: '40',
  senior: '60',
  junior: '70',
  primary: '80',
  other: '90',
} as const;
/** The share with a college degree below each age: 19 % of all people, most of them born after 1975. */
const COLLEGE = [
  [35, 0.43],
  [50, 0.27],
  [65, 0.11],
  [Number.POSITIVE_INFINITY, 0.05],
] as const;
/** The last school of people without a degree, up to each share: old people, and the others. */
const SCHOOL = {
  old: [
    [0.12, EDUCATION.senior],
    [0.48, EDUCATION.junior],
    [0.92, EDUCATION.primary],
    [1, EDUCATION.other],
  ],
  others: [
    [0.22, EDUCATION.senior],
    [0.38, EDUCATION.vocational],
    [0.9, EDUCATION.junior],
    [1, EDUCATION.primary],
  ],
} as const;

function educationOf(random: Random, age: number): string | undefined {
  if (age < 6) return undefined;
  if (age < 13) return EDUCATION.primary;
  if (age < 16) return EDUCATION.junior;
  if (age < 19) return random.chance(0.65) ? EDUCATION.senior : EDUCATION.vocational;
  const college = COLLEGE.find(([below]) => age < below)?.[1] ?? 0;
  const level = random.real();
  if (level < college) return degreeOf(level / college);
  const rest = (level - college) / (1 - college);
  return SCHOOL[age >= 65 ? 'old' : 'others'].find(([below]) => rest < below)?.[1];
}

function degreeOf(share: number): string {
  if (share < 0.06) return EDUCATION.postgraduate;
  return share < 0.5 ? EDUCATION.university : EDUCATION.college;
}

const OCCUPATIONS = [
  '工人',
  '职员',
  '教师',
  '医护人员',
  '司机',
  '个体经营',
  '销售人员',
  '工程技术人员',
  '餐饮服务',
  '务农',
  '家政服务',
  '自由职业',
] as const;

function occupationOf(random: Random, age: number): string | undefined {
  if (age < 6) return undefined;
  if (age < 19) return '学生';
  if (age >= 60) return random.chance(0.8) ? '退休' : '务农';
  return random.chance(0.9) ? random.pick(OCCUPATIONS) : undefined;
}
