import type { StandardRow } from '../files/standard-row.js';
import { type Building, compoundsOf, type Dwelling, gridsOf, layOut } from './dwellings.js';
import type { Grid, Plan, Unit } from './plan.js';

const DISTRICT = { code: '370303', text: '山东省淄博市张店区' } as const;

/** Codes of `address-level`. */
const LEVEL = {
  district: '02',
  township: '03',
  community: '04',
  gate: '09',
  compound: '10',
  building: '12',
  entrance: '13',
  room: '15',
} as const;

/**
 * 大数据中心: one row per level of every address of the plan. A code begins with its parent's: district 6, township 9,
 * community 12, compound 15, building 18, entrance 20, room 24 digits; a villager's house is below its village and has
 * 18.
 */
export function* addressRows(plan: Plan): Generator<StandardRow> {
  yield { code: DISTRICT.code, level: LEVEL.district, text: DISTRICT.text, division_code: DISTRICT.code };
  const townships = new Set<string>();
  for (const unit of plan.units) {
    const { code } = unit.division;
    const township = code.slice(0, 9);
    if (!townships.has(township))
      yield {
        code: township,
        level: LEVEL.township,
        text: unit.prefix,
        parent_code: DISTRICT.code,
        division_code: township,
      };
    townships.add(township);
    yield {
      code,
      level: LEVEL.community,
      text: `${unit.prefix}${unit.name}`,
      parent_code: township,
      division_code: code,
    };
    for (const compound of compoundsOf(unit)) {
      yield {
        code: compound.code,
        level: LEVEL.compound,
        text: `${unit.prefix}${compound.name}`,
        parent_code: code,
        division_code: code,
      };
    }
  }
  for (const grid of gridsOf(plan)) yield* ofGrid(grid);
}

function* ofGrid(grid: Grid): Generator<StandardRow> {
  const layout = layOut(grid);
  const perBuilding = layout.dwellings / layout.buildings;
  for (let i = 0; i < layout.buildings; i++) {
    const building = layout.building(i);
    const houses = Array.from({ length: perBuilding }, (_, n) => layout.dwelling(i * perBuilding + n));
    yield* grid.unit.urban ? ofBuilding(grid.unit, building, houses) : ofVillageHouse(grid.unit, building, houses[0]!);
  }
}

function ofVillageHouse(unit: Unit, building: Building, house: Dwelling): StandardRow[] {
  const { code } = unit.division;
  return [
    {
      code: buildingAddress(building),
      level: LEVEL.gate,
      text: house.address,
      parent_code: code,
      division_code: code,
      point: building.point,
    },
  ];
}

function* ofBuilding(unit: Unit, building: Building, houses: readonly Dwelling[]): Generator<StandardRow> {
  const { point } = building;
  const { code } = unit.division;
  const own = buildingAddress(building);
  const text = houses[0]!.address.slice(0, houses[0]!.address.indexOf('号楼') + 2);
  yield { code: own, level: LEVEL.building, text, parent_code: building.compoundCode, division_code: code, point };
  for (let entrance = 1; entrance <= building.entrances; entrance++) {
    yield {
      code: `${own}${String(entrance).padStart(2, '0')}`,
      level: LEVEL.entrance,
      text: `${text}${entrance}单元`,
      parent_code: own,
      division_code: code,
      point,
    };
  }
  for (const house of houses) {
    const room = dwellingAddress(house);
    yield {
      code: room,
      level: LEVEL.room,
      text: house.address,
      parent_code: room.slice(0, 20),
      division_code: code,
      point,
    };
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
