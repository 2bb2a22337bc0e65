import { type Random, randomOf } from '../files/random.js';
import type { StandardRow } from '../files/standard-row.js';
import { isoDate } from '../people/identity-numbers.js';
import { AS_OF_DAY } from '../people/population.js';
import { type Dwelling, gridsOf, layOut } from './dwellings.js';
import type { Grid, PopulationPlan } from './plan.js';
import { tenures } from './tenure.js';

/** Share of villagers' own houses that were never registered. */
const UNREGISTERED = 0.15;
/** Shares of houses whose area, or use, differs from the housing authority's. */
const OTHER_AREA = 0.007;
const OTHER_USE = 0.003;

export function* registerRows(plan: PopulationPlan): Generator<StandardRow> {
  for (const grid of gridsOf(plan)) {
    const layout = layOut(grid);
    for (let i = 0; i < layout.dwellings; i++) {
      const house = layout.dwelling(i);
      if (isRegistered(plan, grid, house)) yield registerRow(plan, grid, house);
    }
  }
}

function registerRow(plan: PopulationPlan, { unit }: Grid, house: Dwelling): StandardRow {
  const random = randomOf(plan.seed, `survey ${house.houseCode}`);
  const differs = random.real();
  return {
    house_code: house.houseCode,
    real_estate_unit_no: house.realEstateUnitNo,
    building_code: house.buildingCode,
    unit: house.unit,
    room: house.room,
    area_m2: differs < OTHER_AREA ? measuredAgain(house, random) : house.areaM2,
    use: useOf(differs >= OTHER_AREA && differs < OTHER_AREA + OTHER_USE, random),
    division_code: unit.division.code,
  };
}

/** Code of `building-use`. */
function useOf(differs: boolean, random: Random): string {
  if (differs) return random.chance(0.6) ? '06' : '02';
  return '01';
}

/** A difference of 0.5 to 8 m². */
function measuredAgain(house: Dwelling, random: Random): string {
  const by = (0.5 + random.below(750) / 100) * (random.chance(0.5) ? 1 : -1);
  return (Number(house.areaM2) + by).toFixed(2);
}

export function* ownershipRows(plan: PopulationPlan): Generator<StandardRow> {
  let sequence = 0;
  for (const { grid, house, owners } of tenures(plan)) {
    if (!isRegistered(plan, grid, house)) continue;
    const random = randomOf(plan.seed, `right ${house.houseCode}`);
    const day = AS_OF_DAY - 30 - random.below(3_600);
    const on = isoDate(day);
    // S for synthetic: no real certificate has it.
    const rightNo = `鲁（${on.slice(0, 4)}）淄博张店区不动产权第S${String(++sequence).padStart(8, '0')}号`;
    for (const owner of owners) {
      yield {
        right_no: rightNo,
        house_code: house.houseCode,
        real_estate_unit_no: house.realEstateUnitNo,
        owner_name: owner.name,
        owner_id: owner.number,
        share: owners.length === 1 ? '单独所有' : '共同共有',
        right_kind: grid.unit.urban ? '1' : '2',
        registered_on: on,
        division_code: grid.unit.division.code,
      };
    }
  }
}

function isRegistered(plan: PopulationPlan, { unit }: Grid, house: Dwelling): boolean {
  return unit.urban || !randomOf(plan.seed, `registered ${house.houseCode}`).chance(UNREGISTERED);
}
