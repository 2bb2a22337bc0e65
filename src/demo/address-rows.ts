import { type Building, compoundsOf, type Dwelling, gridsOf, layOut } from './dwellings.js';
import type { Grid, Plan, Unit } from './plan.js';
import type { Row } from './row.js';

export const ADDRESS_HEADINGS = ['地址编码', '地址层级', '地址全称', '上级地址编码', '所属区划', '中心点坐标'];

const DISTRICT = { code: '370303', text: '山东省淄博市张店区' } as const;

/**
 * 大数据中心: one row a level of every address of the plan. A code begins with its parent's: district 6, township 9, community 12, compound 15,
 * building 18, entrance 20, room 24 digits; a villager's house stands under its village with 18.
 */
export function* addressRows(plan: Plan): Generator<Row> {
  yield [DISTRICT.code, '区县', DISTRICT.text, undefined, DISTRICT.code, undefined];
  const townships = new Set<string>();
  for (const unit of plan.units) {
    const { code } = unit.division;
    const township = code.slice(0, 9);
    if (!townships.has(township)) yield [township, '镇街', unit.prefix, DISTRICT.code, township, undefined];
    townships.add(township);
    yield [code, '社区村', `${unit.prefix}${unit.name}`, township, code, undefined];
    for (const compound of compoundsOf(unit)) {
      yield [compound.code, '小区', `${unit.prefix}${compound.name}`, code, code, undefined];
    }
  }
  for (const grid of gridsOf(plan)) yield* ofGrid(grid);
}

function* ofGrid(grid: Grid): Generator<Row> {
  const layout = layOut(grid);
  const perBuilding = layout.dwellings / layout.buildings;
  for (let i = 0; i < layout.buildings; i++) {
    const building = layout.building(i);
    const houses = Array.from({ length: perBuilding }, (_, n) => layout.dwelling(i * perBuilding + n));
    yield* grid.unit.urban ? ofBuilding(grid.unit, building, houses) : ofVillageHouse(grid.unit, building, houses[0]!);
  }
}

function ofVillageHouse(unit: Unit, building: Building, house: Dwelling): Row[] {
  const { code } = unit.division;
  return [[buildingAddress(building), '门牌', house.address, code, code, building.point.join(',')]];
}

function* ofBuilding(unit: Unit, building: Building, houses: readonly Dwelling[]): Generator<Row> {
  const point = building.point.join(',');
  const { code } = unit.division;
  const own = buildingAddress(building);
  const text = houses[0]!.address.slice(0, houses[0]!.address.indexOf('号楼') + 2);
  yield [own, '楼牌', text, building.compoundCode, code, point];
  for (let entrance = 1; entrance <= building.entrances; entrance++) {
    yield [`${own}${String(entrance).padStart(2, '0')}`, '单元', `${text}${entrance}单元`, own, code, point];
  }
  for (const house of houses) {
    const room = dwellingAddress(house);
    yield [room, '户室', house.address, room.slice(0, 20), code, point];
  }
}

/** Code of the standard address of a building, or of a villager's own house. */
export function buildingAddress({ code, compoundCode }: Pick<Building, 'code' | 'compoundCode'>): string {
  return compoundCode === undefined ? `${code.slice(0, 12)}${code.slice(-6)}` : `${compoundCode}${code.slice(-3)}`;
}

/** Code of the standard address of a dwelling. */
function dwellingAddress({ buildingCode, unit, room }: Dwelling): string {
  if (unit === undefined) return buildingAddress({ code: buildingCode, compoundCode: undefined });
  const building = buildingAddress({ code: buildingCode, compoundCode: buildingCode.slice(0, 15) });
  return `${building}${unit.padStart(2, '0')}${room.padStart(4, '0')}`;
}
