import { type Random, randomOf } from '../files/random.js';
import { type Dwelling, gridsOf, layOut } from '../places/dwellings.js';
import type { Grid, PopulationPlan } from '../places/plan.js';
import type { Member } from './family.js';
import { openIdentityNumbers, type SyntheticCounty } from './identity-numbers.js';
import { surnameOf } from './names.js';
import { type Inhabitant, makePerson } from './population.js';

/** People registered in another county, who live in a dwelling without a registered household. */
export interface MigrantHousehold {
  grid: Grid;
  home: Dwelling;
  /** Where they are registered: in words, and as a county code that was never assigned. */
  origin: string;
  county: SyntheticCounty;
  /** The head first. */
  persons: readonly Inhabitant[];
}

/** Share of a grid's households. They live in empty dwellings, so the figures of registered people remain right. */
const SHARE = 0.025;

const ORIGINS: Readonly<Record<'370398' | '379999', readonly string[]>> = {
  '370398': ['博山区', '淄川区', '周村区', '临淄区', '桓台县', '高青县', '沂源县'].map((name) => `山东省淄博市${name}`),
  '379999': [
    '山东省菏泽市曹县',
    '山东省滨州市惠民县',
    '山东省潍坊市临朐县',
    '山东省临沂市沂水县',
    '山东省德州市乐陵市',
    '河南省周口市太康县',
    '河北省沧州市盐山县',
    '安徽省阜阳市临泉县',
    '黑龙江省绥化市海伦市',
  ],
};

/** In the order of the grids. Memory: one grid and the counters of identity numbers. */
export function* migrants(plan: PopulationPlan): Generator<MigrantHousehold> {
  const numbers = openIdentityNumbers('migrants');
  for (const grid of gridsOf(plan)) {
    const random = randomOf(plan.seed, `migrants ${grid.code}`);
    const layout = layOut(grid);
    const count = Math.min(layout.dwellings - grid.households, Math.ceil(grid.households * SHARE));
    for (let k = 0; k < count; k++) {
      const county = random.chance(0.3) ? '370398' : '379999';
      const surname = surnameOf(random, false);
      const persons = membersOf(random).map((member) =>
        makePerson(random, member, {
          numbers,
          county,
          ethnicGroup: '01',
          surname: member.relation === 'spouse' ? surnameOf(random, false) : surname,
        }),
      );
      const home = layout.dwelling(layout.homeOf(grid.households + k));
      yield { grid, home, origin: random.pick(ORIGINS[county]), county, persons };
    }
  }
}

/** A single, a couple, or a couple with a child; the adults are of working age. */
function membersOf(random: Random): Member[] {
  const age = 22 + random.below(34);
  if (random.chance(0.45)) {
    const sex = random.chance(0.6) ? 'male' : 'female';
    return [{ relation: 'head', sex, age, marital: age < 28 ? 'single' : 'married' }];
  }
  const couple: Member[] = [
    { relation: 'head', sex: 'male', age: age + 1, marital: 'married' },
    { relation: 'spouse', sex: 'female', age, marital: 'married' },
  ];
  if (age < 26 || age > 48 || random.chance(0.5)) return couple;
  const child = Math.max(0, age - 25 - random.below(5));
  const sex = random.chance(0.52) ? 'male' : 'female';
  return child > 17 ? couple : [...couple, { relation: 'child', sex, age: child, marital: 'single' }];
}
