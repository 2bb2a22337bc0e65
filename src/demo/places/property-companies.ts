import { usccCheck } from '../../standard/identifier.js';
import { randomOf } from '../files/random.js';
import { phoneOf } from '../people/identity-numbers.js';
import { givenNameOf, type Sex, surnameOf } from '../people/names.js';
import type { PopulationPlan, Unit } from './plan.js';

const ORGANISATION_WEIGHTS = [3, 7, 9, 10, 5, 8, 4, 2];

/** The property company that manages a unit's compounds: a contributor (填报单位) of `housing`. */
export interface Manager {
  name: string;
  /** Valid in form, under a county code that was never assigned. */
  uscc: string;
  feePerM2: string;
  contractFrom: string;
  contractUntil: string;
}

export function managerOf(unit: Unit): Manager {
  const number = Number(unit.division.code.slice(6));
  const from = 2021 + (number % 4);
  return {
    name: `淄博${unit.name}物业服务有限公司`,
    uscc: syntheticUscc('91', number),
    feePerM2: (0.6 + (number % 13) / 10).toFixed(2),
    contractFrom: `${from}-0${1 + (number % 9)}-01`,
    contractUntil: `${from + 5}-0${1 + (number % 9)}-01`,
  };
}

/** Rents out the district's property: landlord of a few dwellings, and their owner. */
export const RENTAL_COMPANY = {
  name: '淄博张店公共租赁住房运营有限公司',
  uscc: syntheticUscc('91', 1_000_001),
} as const;

/** Authority and kind, county 370399, organisation code with check character (GB 11714), check character (GB 32100). */
export function syntheticUscc(kind: string, number: number): string {
  const body = String(number).padStart(8, '0');
  const sum = ORGANISATION_WEIGHTS.reduce((total, weight, i) => total + weight * Number(body[i]), 0);
  const check = '0123456789X0'.charAt((11 - (sum % 11)) % 11);
  const characters = `${kind}370399${body}${check}`;
  return characters + usccCheck(characters);
}

/** A person in charge of a place (楼栋长, 网格长), with a telephone on an unassigned segment. */
export function chiefOf(plan: PopulationPlan, place: string): { name: string; phone: string } {
  const random = randomOf(plan.seed, `chief ${place}`);
  const sex: Sex = random.chance(0.4) ? 'male' : 'female';
  return { name: surnameOf(random, false) + givenNameOf(random, sex, 1965 + random.below(30)), phone: phoneOf(random) };
}
