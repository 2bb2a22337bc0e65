import type { StandardRow } from '../files/standard-row.js';
import type { KinRelation, Marital } from './family.js';
import type { Inhabitant } from './population.js';

/** Codes of the standard for the demo's own words. */
const MARITAL: Readonly<Record<Marital, string>> = { single: '10', married: '20', widowed: '30', divorced: '40' };
const RELATION: Readonly<Record<KinRelation, readonly [male: string, female: string]>> = {
  head: ['02', '02'],
  spouse: ['11', '12'],
  child: ['20', '30'],
  parent: ['51', '52'],
  'parent-in-law': ['55', '56'],
};

/** What any register holds about a person. */
export function personRow(person: Inhabitant): StandardRow {
  return {
    id_number: person.idNumber,
    name: person.name,
    gender: genderCode(person.sex),
    born: person.born,
    ethnic_group: person.ethnicGroup,
    marital_status: MARITAL[person.marital],
    education: person.education,
    occupation: person.occupation,
    phone: person.phone,
    relation_to_head: relationCode(person),
  };
}

export function genderCode(sex: Inhabitant['sex']): string {
  return sex === 'male' ? '1' : '2';
}

/** The relation to the head of the household (户主). */
export function relationCode({ relation, sex }: Pick<Inhabitant, 'relation' | 'sex'>): string {
  return RELATION[relation][sex === 'male' ? 0 : 1];
}
