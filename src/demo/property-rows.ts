import { type Dwelling, gridsOf, layOut } from './dwellings.js';
import { isoDate } from './identity-numbers.js';
import type { Grid, Plan } from './plan.js';
import { AS_OF_DAY } from './population.js';
import { type Random, randomOf } from './random.js';
import type { Row } from './row.js';
import { tenures } from './tenure.js';

/** 不动产登记: the houses of the register and who owns them. */
export const REGISTER_HEADINGS = [
  '房屋代码',
  '不动产单元号',
  '自然幢代码',
  '单元号',
  '户号',
  '实测建筑面积',
  '规划用途',
  '坐落区划',
];
export const OWNERSHIP_HEADINGS = [
  '不动产权证号',
  '房屋代码',
  '不动产单元号',
  '权利人名称',
  '权利人证件号',
  '共有情况',
  '权利类型',
  '登记时间',
  '坐落区划',
];

/** Villagers' own houses that were never registered. */
const UNREGISTERED = 0.15;
/** What the register measured or approved otherwise than the housing authority wrote: of all houses. */
const OTHER_AREA = 0.007;
const OTHER_USE = 0.003;

export function* registerRows(plan: Plan): Generator<Row> {
  for (const grid of gridsOf(plan)) {
    const layout = layOut(grid);
    for (let i = 0; i < layout.dwellings; i++) {
      const house = layout.dwelling(i);
      if (isRegistered(plan, grid, house)) yield registerRow(plan, grid, house);
    }
  }
}

function registerRow(plan: Plan, { unit }: Grid, house: Dwelling): Row {
  const random = randomOf(plan.seed, `survey ${house.houseCode}`);
  const differs = random.real();
  return [
    house.houseCode,
    house.realEstateUnitNo,
    house.buildingCode,
    house.unit,
    house.room,
    differs < OTHER_AREA ? measuredAgain(house, random) : house.areaM2,
    useOf(unit.urban, differs >= OTHER_AREA && differs < OTHER_AREA + OTHER_USE, random),
    unit.division.code,
  ];
}

function useOf(urban: boolean, differs: boolean, random: Random): string {
  if (differs) return random.chance(0.6) ? '商住混合' : '商业服务';
  return urban ? '成套住宅' : '非成套住宅';
}

/** Half a square metre to eight of difference. */
function measuredAgain(house: Dwelling, random: Random): string {
  const by = (0.5 + random.below(750) / 100) * (random.chance(0.5) ? 1 : -1);
  return (Number(house.areaM2) + by).toFixed(2);
}

export function* ownershipRows(plan: Plan): Generator<Row> {
  let sequence = 0;
  for (const { grid, house, owners } of tenures(plan)) {
    if (!isRegistered(plan, grid, house)) continue;
    const random = randomOf(plan.seed, `right ${house.houseCode}`);
    const day = AS_OF_DAY - 30 - random.below(3_600);
    const on = isoDate(day);
    // S for synthetic: no certificate has it.
    const rightNo = `鲁（${on.slice(0, 4)}）淄博张店区不动产权第S${String(++sequence).padStart(8, '0')}号`;
    for (const owner of owners) {
      yield [
        rightNo,
        house.houseCode,
        house.realEstateUnitNo,
        owner.name,
        owner.number,
        owners.length === 1 ? '单独所有' : '共同共有',
        grid.unit.urban ? '国有建设用地使用权及房屋所有权' : '宅基地使用权及房屋所有权',
        on,
        grid.unit.division.code,
      ];
    }
  }
}

function isRegistered(plan: Plan, { unit }: Grid, house: Dwelling): boolean {
  return unit.urban || !randomOf(plan.seed, `registered ${house.houseCode}`).chance(UNREGISTERED);
}
