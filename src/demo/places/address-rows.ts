import type { StandardRow } from '../files/standard-row.js';
import { type Building, compoundsOf, type Dwelling, gridsOf, layOut } from './dwellings.js';
import type { Grid, PopulationPlan, Unit } from './plan.js';

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
export function* addressRows(plan: PopulationPlan): Generator<StandardRow> {
  yield { code: DISTRICT.code, level: LEVEL.district, text: DISTRICT.text, division_code: DISTRICT.code };
  const townships = new Set<string>();
  for (const unit of plan.units) {
    const { code } = unit.division;
    const { prefix } = unit;
    const township = { code: code.slice(0, 9), level: LEVEL.township, text: prefix, parent_code: DISTRICT.code };
    if (!townships.has(township.code)) yield { ...township, division_code: township.code };
    townships.add(township.code);
    const here = { division_code: code };
    yield { ...here, code, level: LEVEL.community, text: `${prefix}${unit.name}`, parent_code: township.code };
    for (const { code: own, name } of compoundsOf(unit)) {
      yield { ...here, code: own, level: LEVEL.compound, text: `${prefix}${name}`, parent_code: code };
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
    yield* grid.unit.urban ? ofBuilding(grid.unit, building, houses) : ofVillageHouse(grid.unit, building, houses);
  }
}

function* ofVillageHouse(unit: Unit, building: Building, houses: readonly Dwelling[]): Generator<StandardRow> {
  const here = { parent_code: unit.division.code, division_code: unit.division.code, point: building.point };
  yield { ...here, code: buildingAddress(building), level: LEVEL.gate, text: houses[0]?.address };
}

function* ofBuilding(unit: Unit, building: Building, houses: readonly Dwelling[]): Generator<StandardRow> {
  const here = { division_code: unit.division.code, point: building.point };
  const own = buildingAddress(building);
  const text = houses[0]?.address.replace(/(?<=号楼).*$/, '');
  yield { ...here, code: own, level: LEVEL.building, text, parent_code: building.compoundCode };
  for (let entrance = 1; entrance <= building.entrances; entrance++) {
    const code = `${own}${String(entrance).padStart(2, '0')}`;
    yield { ...here, code, level: LEVEL.entrance, text: `${text}${entrance}单元`, parent_code: own };
  }
  for (const house of houses) {
    const code = dwellingAddress(house);
    yield { ...here, code, level: LEVEL.room, text: house.address, parent_code: code.slice(0, 20) };
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
