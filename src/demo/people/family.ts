import { itemAt } from '../../platform/known.js';
import { type Random, weighted } from '../files/random.js';
import type { Sex } from './names.js';

export type Marital = 'single' | 'married' | 'widowed' | 'divorced';
export type KinRelation = 'head' | 'spouse' | 'child' | 'parent' | 'parent-in-law';

export interface Member {
  relation: KinRelation;
  sex: Sex;
  /** Whole years. */
  age: number;
  marital: Marital;
}

/** Head first. */
type Kinsfolk = [Member, ...Member[]];

/** Sizes of households; their mean is 2.7. */
const pickSize = weighted([
  [1, 18],
  [2, 31],
  [3, 27],
  [4, 15],
  [5, 6],
  [6, 3],
]);
const LARGEST = 9;

/** Sizes of a grid's households that add up to its people: drawn, then corrected one by one at random places. */
export function householdSizes(random: Random, households: number, persons: number): Uint8Array {
  const sizes = new Uint8Array(households);
  let sum = 0;
  for (let i = 0; i < households; i++) {
    const size = pickSize(random);
    sizes[i] = size;
    sum += size;
  }
  const target = Math.min(Math.max(persons, households), households * LARGEST);
  while (sum !== target) {
    const i = random.below(households);
    const size = itemAt(sizes, i);
    const step = size < (target > households * 4 ? LARGEST : 4) && sum < target ? 1 : size > 1 && sum > target ? -1 : 0;
    sizes[i] = size + step;
    sum += step;
  }
  return sizes;
}

/** The people of a household; the head first. 18 % are 0–14, 16 % 65+, and there are 101 men per 100 women. */
export function familyOf(random: Random, size: number): Kinsfolk {
  if (size === 1) return [loner(random)];
  if (size === 2) return pair(random);
  const elders = eldersOf(random, size);
  const children = size - 2 - elders;
  const family = couple(random, parentAge(random, children));
  addChildren(random, family, children);
  addElders(random, family, elders);
  return family;
}

function loner(random: Random): Member {
  if (random.chance(0.44)) {
    const age = between(random, 65, 91);
    return {
      relation: 'head',
      sex: random.chance(0.49) ? 'male' : 'female',
      age,
      marital: random.chance(0.85) ? 'widowed' : 'divorced',
    };
  }
  const age = between(random, 22, 64);
  const marital = random.chance(age < 32 ? 0.85 : 0.3) ? 'single' : random.chance(0.6) ? 'divorced' : 'widowed';
  return { relation: 'head', sex: random.chance(0.57) ? 'male' : 'female', age, marital };
}

function pair(random: Random): Kinsfolk {
  const kind = random.real();
  if (kind < 0.36) return couple(random, between(random, 65, 86));
  if (kind < 0.78) return couple(random, between(random, 25, 64));
  const parent = between(random, 30, 52);
  const head: Member = {
    relation: 'head',
    sex: random.chance(0.47) ? 'male' : 'female',
    age: parent,
    marital: random.chance(0.8) ? 'divorced' : 'widowed',
  };
  const family: Kinsfolk = [head];
  addChildren(random, family, 1);
  return family;
}

function eldersOf(random: Random, size: number): number {
  if (size === 3) return random.chance(0.17) ? 1 : 0;
  if (size === 4) return random.chance(0.42) ? 1 : 0;
  return random.chance(size === 5 ? 0.45 : 0.85) ? 2 : 1;
}

function parentAge(random: Random, children: number): number {
  if (children === 0) return between(random, 35, 60);
  return random.chance(0.62) ? between(random, 27, 41) : between(random, 38, 53);
}

/** In three of four couples the husband is the head; he is mostly a little older. */
function couple(random: Random, age: number): Kinsfolk {
  const headSex: Sex = random.chance(0.76) ? 'male' : 'female';
  const gap = random.below(6) - 1;
  const spouseAge = Math.max(22, headSex === 'male' ? age - gap : age + gap);
  return [
    { relation: 'head', sex: headSex, age, marital: 'married' },
    { relation: 'spouse', sex: headSex === 'male' ? 'female' : 'male', age: spouseAge, marital: 'married' },
  ];
}

function addChildren(random: Random, family: Kinsfolk, count: number): void {
  const youngest = Math.min(...family.map((member) => member.age));
  let oldest = Math.max(0, youngest - 23 - random.below(7));
  for (let i = 0; i < count; i++) {
    family.push({ relation: 'child', sex: random.chance(0.525) ? 'male' : 'female', age: oldest, marital: 'single' });
    oldest = Math.max(0, oldest - 2 - random.below(5));
  }
}

function addElders(random: Random, family: Kinsfolk, count: number): void {
  if (count === 0) return;
  const relation: KinRelation = random.chance(0.8) ? 'parent' : 'parent-in-law';
  const age = Math.min(95, Math.max(family[0].age, family[1]?.age ?? 0) + 22 + random.below(9));
  const sexes: Sex[] = count === 2 ? ['male', 'female'] : [random.chance(0.42) ? 'male' : 'female'];
  for (const sex of sexes) {
    family.push({
      relation,
      sex,
      age: sex === 'male' ? age : Math.max(48, age - random.below(4)),
      marital: count === 2 ? 'married' : 'widowed',
    });
  }
}

function between(random: Random, from: number, to: number): number {
  return from + random.below(to - from + 1);
}
