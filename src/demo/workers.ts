import { isoDate } from './identity-numbers.js';
import { chiefOf } from './managers.js';
import type { Grid, Plan } from './plan.js';
import { AS_OF_DAY } from './population.js';
import { randomOf } from './random.js';

/** Who serves a grid (网格员). */
export interface Worker {
  number: string;
  name: string;
  phone: string;
  post: '网格长' | '副网格长' | '专职网格员' | '兼职网格员';
  fullTime: boolean;
  /** YYYY-MM-DD */
  since: string;
}

/** The first urban unit with a gap: its last grid has part-time workers only, which the rule on full-time workers finds. */
const SHORT_OF_STAFF = '370303104002';

/** The chief first. Every grid has two to four; every urban one a full-time worker, but for one. */
export function workersOf(plan: Plan, grid: Grid): readonly Worker[] {
  const random = randomOf(plan.seed, `workers ${grid.code}`);
  const posts: Worker['post'][] = ['网格长'];
  if (random.chance(0.3)) posts.push('副网格长');
  if (isShort(grid)) posts.push('兼职网格员', '兼职网格员');
  else if (grid.unit.urban) posts.push('专职网格员', random.chance(0.5) ? '专职网格员' : '兼职网格员');
  else posts.push(random.chance(0.4) ? '专职网格员' : '兼职网格员');
  return posts.map((post, i) => ({
    number: `WG${grid.code}${String(i + 1).padStart(2, '0')}`,
    ...chiefOf(plan, i === 0 ? grid.code : `${grid.code} worker ${i}`),
    post,
    fullTime: post === '专职网格员',
    since: isoDate(AS_OF_DAY - 60 - random.below(2_500)),
  }));
}

function isShort({ unit, number }: Grid): boolean {
  return unit.division.code === SHORT_OF_STAFF && number === unit.gridCount;
}
