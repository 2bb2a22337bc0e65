import { type Random, randomOf } from '../files/random.js';
import type { PopulationPlan } from '../places/plan.js';
import { isoDate, openIdentityNumbers, type SyntheticCounty } from './identity-numbers.js';
import { givenNameOf, type Sex, surnameOf } from './names.js';
import { AS_OF_DAY, type Household, type Inhabitant } from './population.js';

/** A dead person: the former spouse of a widowed person, or an elder whom the household register still holds. */
export interface Death {
  idNumber: string;
  name: string;
  sex: Sex;
  /** YYYY-MM-DD */
  born: string;
  /** Days since the epoch. */
  diedDay: number;
  /** The person in the household's register; undefined for a former spouse. */
  person: Inhabitant | undefined;
}

/** The dead of a household. Call it for every household in the order of `populate`, because numbers go in turn. */
export type Deaths = (household: Household) => Death[];

const DAYS_PER_YEAR = 365.2425;
/** Elders who live with their children and are still in the register; the share is of those old enough. */
const LATELY = { fromAge: 78, share: 0.06, days: 75 };
/** Years that the funeral records go back; and the share of widowed people whose spouse died here since then. */
const RECORDED = { years: 14, share: 0.65 };

/** The day of death of a person in the register; undefined for the living. Heads of the demo are alive. */
export function deathDayOf(plan: PopulationPlan, person: Inhabitant): number | undefined {
  const { relation, age, idNumber } = person;
  if (age < LATELY.fromAge || (relation !== 'parent' && relation !== 'parent-in-law')) return undefined;
  const random = randomOf(plan.seed, `death ${idNumber}`);
  return random.chance(LATELY.share) ? AS_OF_DAY - 1 - random.below(LATELY.days) : undefined;
}

export function livingOf(plan: PopulationPlan, household: Household): Inhabitant[] {
  return household.persons.filter((person) => deathDayOf(plan, person) === undefined);
}

export function openDeaths(plan: PopulationPlan): Deaths {
  const numbers = openIdentityNumbers('departed');
  return ({ persons }) =>
    persons.flatMap((person): Death[] => {
      const { idNumber, name, sex, born, marital } = person;
      const diedDay = deathDayOf(plan, person);
      if (diedDay !== undefined) return [{ idNumber, name, sex, born, diedDay, person }];
      if (marital !== 'widowed') return [];
      const random = randomOf(plan.seed, `late spouse ${idNumber}`);
      const late = random.chance(RECORDED.share) ? lateSpouse(random, person) : undefined;
      if (late === undefined) return [];
      const { number, day } = numbers.next(late.county, late.bornDay, late.sex);
      return [{ ...late, idNumber: number, born: isoDate(day), person: undefined }];
    });
}

/** Husbands were mostly older; nobody died before thirty. */
function lateSpouse(random: Random, widowed: Inhabitant) {
  const sex: Sex = widowed.sex === 'male' ? 'female' : 'male';
  const gap = random.real() * 6 - 1;
  const own = Date.parse(widowed.born) / 86_400_000;
  const bornDay = Math.round(own + (sex === 'male' ? -gap : gap) * DAYS_PER_YEAR);
  const diedDay = AS_OF_DAY - LATELY.days - random.below(Math.floor(RECORDED.years * DAYS_PER_YEAR));
  if (diedDay - bornDay < 30 * DAYS_PER_YEAR) return undefined;
  const county: SyntheticCounty = random.chance(0.8) ? '370399' : '370398';
  const name = surnameOf(random, false) + givenNameOf(random, sex, Number(isoDate(bornDay).slice(0, 4)));
  return { sex, bornDay, diedDay, county, name };
}
