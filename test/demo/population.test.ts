import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { openIdentityNumbers, SYNTHETIC_COUNTIES } from '../../src/demo/people/identity-numbers.js';
import { AS_OF_DAY, type Household, populate } from '../../src/demo/people/population.js';
import { gridsOf, layOut } from '../../src/demo/places/dwellings.js';
import { type Grid, planPopulation } from '../../src/demo/places/plan.js';
import { isResidentId } from '../../src/standard/identifier.js';
import { loadStandard } from '../../src/standard/standard.js';
import t from '../support/tap.js';

const PILOTS = ['370303104003', '370303104002'];
/** The one grid above its legal size, which the rule on sizes finds. */
const OVERSIZED = '370303104002001';
/** 大学专科, 大学本科, 研究生 (GB/T 4658). */
const COLLEGE = ['30', '20', '10'];

t.test("20,000 people match the district's statistics", async (t) => {
  const households = [...populate(planPopulation(20_000, 7))];
  const persons = households.flatMap((household) => household.persons);
  const share = (test: (person: (typeof persons)[number]) => boolean) => persons.filter(test).length / persons.length;
  const men = share((p) => p.sex === 'male');
  const measured: [string, number, number, number][] = [
    ['people', persons.length, 20_000, 0],
    ['mean household', persons.length / households.length, 2.7, 0.02],
    ['0–14', share((p) => p.age < 15), 0.18, 0.015],
    ['65+', share((p) => p.age >= 65), 0.16, 0.015],
    ['Han', share((p) => p.ethnicGroup === '01'), 0.994, 0.004],
    ['men for 100 women', (100 * men) / (1 - men), 101, 3],
    ['college', share((p) => COLLEGE.includes(p.education ?? '')), 0.19, 0.02],
    [
      'registered elsewhere',
      households.filter((h) => h.home !== h.registeredHome).length / households.length,
      0.05,
      0.015,
    ],
  ];
  for (const [what, is, wanted, within] of measured) {
    t.ok(Math.abs(is - wanted) <= within, `${what}: ${is} is near ${wanted}`);
  }
  const surnames = new Map<string, number>();
  for (const { name } of persons) surnames.set(name[0]!, (surnames.get(name[0]!) ?? 0) + 1);
  const first = [...surnames].sort((a, b) => b[1] - a[1]).map(([name]) => name);
  t.same(first.slice(0, 4).sort(), ['王', '李', '张', '刘'].sort(), 'the four great surnames come first');
  t.ok(first.indexOf('翟') < 15 && first.indexOf('毕') < 20, 'and those of Zibo are seen');
  const hui = households.filter((h) => h.persons[0]!.ethnicGroup === '03');
  const inVillage = hui.filter((h) => h.grid.unit.name === '回民村').length;
  t.ok(inVillage > hui.length / 2, `Hui live together: ${inVillage} of ${hui.length} households in 回民村`);
});

t.test('numbers are valid, belong to nobody, and never repeat', async (t) => {
  const seen = new Set<string>();
  const wrong: string[] = [];
  for (const { persons } of populate(planPopulation(12_000, 2))) {
    for (const person of persons) {
      const { idNumber, born, sex, phone } = person;
      const fits =
        isResidentId(idNumber) &&
        SYNTHETIC_COUNTIES.some((county) => county === idNumber.slice(0, 6)) &&
        idNumber.slice(6, 14) === born.replaceAll('-', '') &&
        (Number(idNumber[16]) % 2 === 1) === (sex === 'male') &&
        (phone === undefined || /^154\d{8}$/.test(phone)) &&
        Date.parse(born) / 86_400_000 <= AS_OF_DAY &&
        !seen.has(idNumber);
      if (!fits) wrong.push(idNumber);
      seen.add(idNumber);
    }
  }
  t.same(wrong, []);
  t.equal(seen.size, 12_000);
  const numbers = openIdentityNumbers();
  const crowd = Array.from({ length: 1_200 }, () => numbers.next('370399', 12_000, 'female'));
  t.equal(new Set(crowd.map(({ number }) => number)).size, 1_200, 'a full day goes on in the day before');
  t.same(new Set(crowd.map(({ day }) => day)), new Set([12_000, 11_999, 11_998]));
});

t.test('a plan has exactly its people, in whole units with grids of legal size', async (t) => {
  const { divisions } = loadStandard();
  const table: [number, number | undefined, number | undefined][] = [
    // people, units, grids
    [1, 1, 1],
    [2, 1, 1],
    [7, 3, 3],
    [600, 4, 4],
    [2_999, 4, 4],
    [3_000, 3, 3],
    [20_000, 10, 23],
    [123_457, undefined, undefined],
    [1_000_000, 299, undefined],
    [4_000_000, 299, undefined],
  ];
  for (const [people, units, grids] of table) {
    const plan = planPopulation(people, 3);
    let persons = 0;
    let next = 0;
    let count = 0;
    const unlawful: string[] = [];
    for (const grid of gridsOf(plan)) {
      persons += grid.persons;
      count++;
      if (grid.firstHousehold !== next || divisions.get(grid.unit.division.code)!.quasi) unlawful.push(grid.code);
      next += grid.households;
      if (people >= 3_000 && !isLawful(grid) && grid.code !== OVERSIZED)
        unlawful.push(`${grid.code}: ${grid.households}`);
    }
    t.same([persons, next, unlawful], [people, plan.households, []], `${people} people`);
    if (units !== undefined) t.equal(plan.units.length, units, `${people} people live in ${units} units`);
    if (grids !== undefined) t.equal(count, grids, `${people} people live in ${grids} grids`);
  }
  for (const people of [0, -1, 1.5, Number.NaN, 60_000_000]) t.throws(() => planPopulation(people, 1), RangeError);
  const plan = planPopulation(20_000, 1);
  t.ok([...gridsOf(plan)].find(({ code }) => code === OVERSIZED)!.households > 350);
  for (const pilot of PILOTS) {
    const residents = [...gridsOf(plan)].filter((grid) => grid.unit.division.code === pilot);
    t.ok(residents.reduce((sum, grid) => sum + grid.persons, 0) >= 1_500, `${pilot} has at least 1,500 people`);
  }
});

t.test('every household of a grid has a dwelling of its own, and every dwelling one code', async (t) => {
  for (const grid of [...gridsOf(planPopulation(20_000, 1))].filter((_, i) => i % 5 === 0)) {
    const layout = layOut(grid);
    const homes = Array.from({ length: layout.dwellings }, (_, k) => layout.dwelling(layout.homeOf(k)).houseCode);
    t.equal(new Set(homes).size, layout.dwellings, grid.code);
    t.ok(layout.dwellings >= grid.households);
    t.ok(homes.every((code) => code.length <= 32));
  }
});

t.test('memory does not grow with the people', async (t) => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const heap = () => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  let persons = 0;
  let early = 0;
  for (const household of populate(planPopulation(200_000, 1))) {
    persons += sizeOf(household);
    if (early === 0 && persons > 10_000) early = heap();
    if (persons > 60_000) break;
  }
  const grown = heap() - early;
  t.ok(grown < 3 * 1024 * 1024, `the heap grew by ${grown} bytes over 50,000 people`);
});

function sizeOf({ persons }: Household): number {
  return persons.length;
}

function isLawful({ unit, households }: Grid): boolean {
  return households >= 300 && households <= (unit.urban ? 350 : 500);
}
