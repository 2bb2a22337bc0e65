import { buildingAddress } from './address-rows.js';
import { gridsOf, layOut } from './dwellings.js';
import { chiefOf, managerOf, RENTAL_COMPANY, syntheticUscc } from './managers.js';
import type { Grid, Plan, Unit } from './plan.js';
import { type Random, randomOf, weighted } from './random.js';
import type { Row } from './row.js';

/** What the grid platform's interface calls them. */
export const ORGANIZATION_HEADINGS = [
  'unifiedCode',
  'unitName',
  'unitType',
  'legalPerson',
  'addressCode',
  'communityCode',
  'employees',
];

const PER_PERSON = 0.012;
/** Beyond the numbers of property companies (six digits) and of the district's own. */
const FIRST_NUMBER = 10_000_000;

/** Kind, the first two characters of its code (GB 32100), what its name ends in, and how many work there at most. */
type Trade = readonly [kind: string, authority: string, ending: string, staff: number];

const pickTrade = weighted<Trade>([
  [['个体户', '92', '便利店', 4], 20],
  [['个体户', '92', '烧烤店', 8], 12],
  [['个体户', '92', '理发店', 5], 9],
  [['个体户', '92', '蔬菜水果店', 3], 9],
  [['个体户', '92', '汽车修理部', 6], 5],
  [['企业', '91', '商贸有限公司', 30], 12],
  [['企业', '91', '餐饮管理有限公司', 40], 8],
  [['企业', '91', '陶瓷有限公司', 120], 3],
  [['企业', '91', '大药房有限公司', 12], 6],
  [['社会组织', '52', '幼儿园', 35], 4],
  [['社会组织', '52', '养老服务中心', 25], 3],
  [['机关事业', '12', '社区卫生服务站', 18], 4],
]);
const BRANDS = '鑫源福泰瑞祥和盛德润康宁嘉恒聚兴';

export function* organizationRows(plan: Plan): Generator<Row> {
  for (const unit of plan.units) yield* ofUnit(plan, unit);
  for (const grid of gridsOf(plan)) {
    const random = randomOf(plan.seed, `organizations ${grid.code}`);
    const count = Math.min(grid.households, Math.round(grid.persons * PER_PERSON));
    for (let i = 0; i < count; i++) yield shop(plan, grid, i, random);
  }
}

/** Its committee, its property company, and in the first unit the company that rents out the district's flats. */
function* ofUnit(plan: Plan, unit: Unit): Generator<Row> {
  const { code, name } = unit.division;
  const committee = syntheticUscc(unit.urban ? '55' : '54', Number(code.slice(6)));
  const row = (uscc: string, called: string, kind: string, staff: number): Row => {
    return [uscc, called, kind, chiefOf(plan, uscc).name, code, code, staff];
  };
  yield row(committee, name, '其他', 9);
  const manager = managerOf(unit);
  if (unit.urban) yield row(manager.uscc, manager.name, '企业', 12 + 8 * unit.gridCount);
  if (unit === plan.units[0]) yield row(RENTAL_COMPANY.uscc, RENTAL_COMPANY.name, '企业', 26);
}

/** On the ground floor of one of the grid's buildings. */
function shop(plan: Plan, grid: Grid, i: number, random: Random): Row {
  const [kind, authority, ending, staff] = pickTrade(random);
  const uscc = syntheticUscc(authority, FIRST_NUMBER + grid.firstHousehold + i);
  const layout = layOut(grid);
  const brand = `${random.pick([...BRANDS])}${random.pick([...BRANDS])}`;
  return [
    uscc,
    `张店区${grid.unit.name}${brand}${ending}`,
    kind,
    chiefOf(plan, uscc).name,
    buildingAddress(layout.building(random.below(layout.buildings))),
    grid.unit.division.code,
    1 + random.below(staff),
  ];
}
