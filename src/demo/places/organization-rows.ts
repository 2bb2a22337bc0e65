import { type Random, randomOf, weighted } from '../files/random.js';
import type { StandardRow } from '../files/standard-row.js';
import { buildingAddress } from './address-rows.js';
import { gridsOf, layOut } from './dwellings.js';
import type { Grid, PopulationPlan, Unit } from './plan.js';
import { chiefOf, managerOf, RENTAL_COMPANY, syntheticUscc } from './property-companies.js';

const PER_PERSON = 0.012;
/** Above the numbers of property companies (six digits) and of the district's own. */
const FIRST_NUMBER = 10_000_000;

/** Code of `organization-kind`, first two characters of its code (GB 32100), end of its name, largest staff. */
type Trade = readonly [kind: string, authority: string, ending: string, staff: number];

const pickTrade = weighted<Trade>([
  [['3', '92', '便利店', 4], 20],
  [['3', '92', '烧烤店', 8], 12],
  [['3', '92', '理发店', 5], 9],
  [['3', '92', '蔬菜水果店', 3], 9],
  [['3', '92', '汽车修理部', 6], 5],
  [['2', '91', '商贸有限公司', 30], 12],
  [['2', '91', '餐饮管理有限公司', 40], 8],
  [['2', '91', '陶瓷有限公司', 120], 3],
  [['2', '91', '大药房有限公司', 12], 6],
  [['4', '52', '幼儿园', 35], 4],
  [['4', '52', '养老服务中心', 25], 3],
  [['1', '12', '社区卫生服务站', 18], 4],
]);
const BRANDS = '鑫源福泰瑞祥和盛德润康宁嘉恒聚兴';

export function* organizationRows(plan: PopulationPlan): Generator<StandardRow> {
  for (const unit of plan.units) yield* ofUnit(plan, unit);
  for (const grid of gridsOf(plan)) {
    const random = randomOf(plan.seed, `organizations ${grid.code}`);
    const count = Math.min(grid.households, Math.round(grid.persons * PER_PERSON));
    for (let i = 0; i < count; i++) yield shop(plan, grid, i, random);
  }
}

/** The unit's committee, its property company, and in the first unit the landlord of the district's flats. */
function* ofUnit(plan: PopulationPlan, unit: Unit): Generator<StandardRow> {
  const { code, name } = unit.division;
  const committee = syntheticUscc(unit.urban ? '55' : '54', Number(code.slice(6)));
  const row = (uscc: string, called: string, kind: string, staff: number): StandardRow => {
    return {
      uscc,
      name: called,
      kind,
      legal_person: chiefOf(plan, uscc).name,
      address_code: code,
      division_code: code,
      employees_count: staff,
    };
  };
  yield row(committee, name, '9', 9);
  const manager = managerOf(unit);
  if (unit.urban) yield row(manager.uscc, manager.name, '2', 12 + 8 * unit.gridCount);
  if (unit === plan.units[0]) yield row(RENTAL_COMPANY.uscc, RENTAL_COMPANY.name, '2', 26);
}

/** On the ground floor of one of the grid's buildings. */
function shop(plan: PopulationPlan, grid: Grid, i: number, random: Random): StandardRow {
  const [kind, authority, ending, staff] = pickTrade(random);
  const uscc = syntheticUscc(authority, FIRST_NUMBER + grid.firstHousehold + i);
  const layout = layOut(grid);
  const brand = `${random.pick([...BRANDS])}${random.pick([...BRANDS])}`;
  return {
    uscc,
    name: `张店区${grid.unit.name}${brand}${ending}`,
    kind,
    legal_person: chiefOf(plan, uscc).name,
    address_code: buildingAddress(layout.building(random.below(layout.buildings))),
    division_code: grid.unit.division.code,
    employees_count: 1 + random.below(staff),
  };
}
