import { randomOf } from '../files/random.js';
import { isoDate } from '../people/identity-numbers.js';
import { AS_OF_DAY } from '../people/population.js';
import type { Grid, PopulationPlan } from '../places/plan.js';
import { chiefOf } from '../places/property-companies.js';

/** Codes of `grid-post`. */
const POST = { chief: '1', deputy: '2', fullTime: '3', partTime: '4' } as const;

/** A person who serves a grid (网格员). */
export interface Worker {
  number: string;
  name: string;
  phone: string;
  post: (typeof POST)[keyof typeof POST];
  fullTime: boolean;
  /** YYYY-MM-DD */
  since: string;
}

/** The first urban unit with a gap: its last grid has only part-time workers, which a rule finds. */
const SHORT_OF_STAFF = '370303104002';

/** The chief first. Every grid has two to four workers; every urban grid except one has a full-time worker. */
export function workersOf(plan: PopulationPlan, grid: Grid): readonly Worker[] {
  const random = randomOf(plan.seed, `workers ${grid.code}`);
  const posts: Worker['post'][] = [POST.chief];
  if (random.chance(0.3)) posts.push(POST.deputy);
  if (isShort(grid)) posts.push(POST.partTime, POST.partTime);
  else if (grid.unit.urban) posts.push(POST.fullTime, random.chance(0.5) ? POST.fullTime : POST.partTime);
  else posts.push(random.chance(0.4) ? POST.fullTime : POST.partTime);
  return posts.map((post, i) => ({
    number: `WG${grid.code}${String(i + 1).padStart(2, '0')}`,
    ...chiefOf(plan, i === 0 ? grid.code : `${grid.code} worker ${i}`),
    post,
    fullTime: post === POST.fullTime,
    since: isoDate(AS_OF_DAY - 60 - random.below(2_500)),
  }));
}

function isShort({ unit, number }: Grid): boolean {
  return unit.division.code === SHORT_OF_STAFF && number === unit.gridCount;
}
