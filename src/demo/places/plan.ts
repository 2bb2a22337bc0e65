import { itemAt, known } from '../../platform/known.js';
import type { Division } from '../../standard/region.js';
import { loadStandard } from '../../standard/standard.js';
import { randomOf } from '../files/random.js';

/** Mean size of a household of the demo (the district's census of 2020). */
const PERSONS_PER_HOUSEHOLD = 2.7;
/** The intended size of a grid, which is lawful everywhere. */
const GRID_USUAL = 320;
/** Below this many people the units cannot all have lawful grids, and the demo makes small ones. */
const LAWFUL_FROM = 3000;
/** From this many people every unit with families is included. */
const ALL_UNITS_FROM = 1_000_000;

/** One grid exceeds its lawful size by about this many households, if there are enough: the rule on sizes finds it. */
const OVERSIZED = { unit: '370303104002', by: 60 } as const;

/** First the pilots 盛世康城 and 南苑绿洲, then villages of 房镇镇, one community of the old town, and 回民村. */
const FIRST_UNITS = [
  '370303104003',
  '370303104002',
  '370303107201',
  '370303004004',
  '370303009211',
  '370303107202',
  '370303107203',
  '370303107205',
  '370303107206',
  '370303107210',
];
const SMALL_UNITS = 4;

export interface Unit {
  division: Division;
  /** 盛世康城, 房东村: the name without 社区居委会. */
  name: string;
  /** 山东省淄博市张店区房镇镇 */
  prefix: string;
  urban: boolean;
  gridCount: number;
  /** Households of the unit, in whole grids. */
  households: number;
  /** Extra households of its first grid: 0, or in one unit enough to make it too large. */
  oversizedBy: number;
  /** Index of its first household and first person among all. */
  firstHousehold: number;
}

export interface Grid {
  unit: Unit;
  /** From 1, within the unit. */
  number: number;
  /** 12 digits of the community + 3. */
  code: string;
  households: number;
  persons: number;
  /** Index of its first household among all. */
  firstHousehold: number;
}

export interface PopulationPlan {
  people: number;
  seed: number;
  households: number;
  units: readonly Unit[];
  /** The `number`-th grid of a unit, computed without the earlier ones. */
  grid(unit: Unit, number: number): Grid;
}

/** The units of the demo, the grids of each, and each grid's households and people. Memory: one record per unit. */
export function planPopulation(people: number, seed: number): PopulationPlan {
  if (!Number.isSafeInteger(people) || people < 1 || people > 50_000_000) {
    throw new RangeError('people: a whole number from 1 to 50,000,000');
  }
  const households = Math.max(1, Math.round(people / PERSONS_PER_HOUSEHOLD));
  const lawful = people >= LAWFUL_FROM;
  const grids = lawful
    ? Math.min(Math.round(households / GRID_USUAL), Math.floor(households / leastOf()))
    : Math.min(SMALL_UNITS, households);
  const chosen = chooseUnits(Math.min(grids, unitCount(people)));
  const counts = shareGrids(chosen, Math.max(grids, chosen.length));
  const spare = lawful ? households - leastOf() * grids : 0;
  const oversizedBy = spare >= OVERSIZED.by ? OVERSIZED.by : 0;
  const shares = shareHouseholds(chosen, counts, households - oversizedBy);
  let firstHousehold = 0;
  const units = chosen.map((division, i): Unit => {
    const beyond = division.code === OVERSIZED.unit ? oversizedBy : 0;
    const share = {
      gridCount: itemAt(counts, i),
      households: itemAt(shares, i) + beyond,
      oversizedBy: beyond,
      firstHousehold,
    };
    firstHousehold += share.households;
    return describeUnit(division, share);
  });
  return {
    people,
    seed,
    households,
    units,
    grid: (unit, number) => planGrid({ people, households, seed }, unit, number),
  };
}

function unitCount(people: number): number {
  if (people >= ALL_UNITS_FROM) return Number.POSITIVE_INFINITY;
  const beyond = Math.max(0, people - 25_000) / (ALL_UNITS_FROM - 25_000);
  return FIRST_UNITS.length + Math.floor(beyond * (inhabited().length - FIRST_UNITS.length));
}

function inhabited(): Division[] {
  return [...loadStandard().divisions.values()].filter((d) => d.code.length === 12 && !d.quasi);
}

function chooseUnits(count: number): Division[] {
  const all = new Map(inhabited().map((d) => [d.code, d]));
  const first = FIRST_UNITS.map((code) => known(all, code));
  const rest = [...all.values()].filter((d) => !FIRST_UNITS.includes(d.code));
  if (count >= all.size) return [...first, ...rest];
  // The other units are spread over the whole district, not taken from its first townships.
  const wanted = Math.max(0, count - first.length);
  const spread = Array.from({ length: wanted }, (_, i) => itemAt(rest, Math.floor((i * rest.length) / wanted)));
  return [...first.slice(0, count), ...spread];
}

/** At least one grid each; a town's share of the rest is three times a village's. */
function shareGrids(units: readonly Division[], grids: number): number[] {
  const weights = units.map((d) => (d.settlement === 'urban' ? 3 : 0.15));
  const total = weights.reduce((a, b) => a + b, 0);
  const spare = grids - units.length;
  let sum = 0;
  let given = 0;
  return weights.map((weight) => {
    sum += weight;
    const upTo = Math.round((spare * sum) / total);
    const count = 1 + upTo - given;
    given = upTo;
    return count;
  });
}

/** Households above a grid's minimum go to the villages first, because a town's grid has a lower maximum. */
function shareHouseholds(units: readonly Division[], counts: readonly number[], households: number): number[] {
  const grids = counts.reduce((a, b) => a + b, 0);
  const floor = Math.min(leastOf(), Math.floor(households / grids));
  const spare = households - floor * grids;
  const room = units.map(
    (d, i) =>
      itemAt(counts, i) *
      (d.settlement === 'urban' ? 0.6 * (mostOf(true) - leastOf()) : 0.9 * (mostOf(false) - leastOf())),
  );
  const total = room.reduce((a, b) => a + b, 0);
  let sum = 0;
  let given = 0;
  return units.map((_, i) => {
    sum += itemAt(room, i);
    const upTo = Math.round((spare * sum) / total);
    const share = floor * itemAt(counts, i) + upTo - given;
    given = upTo;
    return share;
  });
}

type Share = Pick<Unit, 'gridCount' | 'households' | 'oversizedBy' | 'firstHousehold'>;

function describeUnit(division: Division, share: Share): Unit {
  const township = known(loadStandard().divisions, division.code.slice(0, 9));
  return {
    division,
    name: division.name
      .replace(/(社区)?(居民委员会|居委会|居委)$|社区$/, '')
      .replace(/村委会$/, '村')
      .replace(/村村$/, '村'),
    prefix: `山东省淄博市张店区${township.name}`,
    urban: division.settlement === 'urban',
    ...share,
  };
}

function planGrid(of: { people: number; households: number; seed: number }, unit: Unit, number: number): Grid {
  const from = gridEdge(unit, number - 1, of.seed);
  const until = gridEdge(unit, number, of.seed);
  const firstHousehold = unit.firstHousehold + from;
  const personsBefore = (household: number) => Math.floor((of.people * household) / of.households);
  return {
    unit,
    number,
    code: `${unit.division.code}${String(number).padStart(3, '0')}`,
    households: until - from,
    persons: personsBefore(unit.firstHousehold + until) - personsBefore(firstHousehold),
    firstHousehold,
  };
}

/** Households of the unit's first `number` grids: equal shares with slightly moved edges, for realistic sizes. */
function gridEdge(unit: Unit, number: number, seed: number): number {
  if (number === 0 || number === unit.gridCount) return number === 0 ? 0 : unit.households;
  const mean = (unit.households - unit.oversizedBy) / unit.gridCount;
  const slack = Math.max(0, Math.min(mean - leastOf(), mostOf(unit.urban) - mean) / 2 - 1);
  const moved = (randomOf(seed, `edge ${unit.division.code} ${number}`).real() * 2 - 1) * slack;
  return unit.oversizedBy + Math.round(mean * number + moved);
}

function leastOf(): number {
  return Math.min(...loadStandard().gridSizes.map(({ least }) => least));
}

/** Codes of `settlement`: 1 town, 2 village. */
function mostOf(urban: boolean): number {
  const size = loadStandard().gridSizes.find(({ settlement }) => settlement === (urban ? '1' : '2'));
  return size?.most ?? Number.POSITIVE_INFINITY;
}
