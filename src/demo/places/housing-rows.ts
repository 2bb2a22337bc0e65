import type { StandardRow } from '../files/standard-row.js';
import { compoundsOf, gridsOf, layOut } from './dwellings.js';
import type { PopulationPlan } from './plan.js';
import { chiefOf, managerOf } from './property-companies.js';

/** Code of `building-use`. */
const DWELLING = '01';

/** 住房和物业: data of the property companies and villages, collected by the authority. */
export function* compoundRows(plan: PopulationPlan): Generator<StandardRow> {
  for (const unit of plan.units) {
    const manager = managerOf(unit);
    for (const compound of compoundsOf(unit)) {
      let buildings = 0;
      let households = 0;
      for (let number = compound.firstGrid; number <= compound.lastGrid; number++) {
        const grid = plan.grid(unit, number);
        buildings += layOut(grid).buildings;
        households += grid.households;
      }
      yield {
        code: compound.code,
        name: compound.name,
        division_code: unit.division.code,
        buildings_count: buildings,
        households_count: households,
        manager_uscc: manager.uscc,
        manager_name: manager.name,
        contract_from: manager.contractFrom,
        contract_until: manager.contractUntil,
        fee_per_m2: manager.feePerM2,
      };
    }
  }
}

export function* buildingRows(plan: PopulationPlan): Generator<StandardRow> {
  for (const grid of gridsOf(plan)) {
    const layout = layOut(grid);
    for (let i = 0; i < layout.buildings; i++) {
      const building = layout.building(i);
      const chief = building.compoundCode === undefined ? undefined : chiefOf(plan, building.code);
      yield {
        code: building.code,
        compound_code: building.compoundCode,
        name: building.name,
        floors: building.floors,
        units: building.compoundCode === undefined ? undefined : building.entrances,
        households_count: building.dwellings,
        chief_name: chief?.name,
        chief_phone: chief?.phone,
        division_code: grid.unit.division.code,
        grid_code: grid.code,
        point: building.point,
      };
    }
  }
}

export function* houseRows(plan: PopulationPlan): Generator<StandardRow> {
  for (const grid of gridsOf(plan)) {
    const layout = layOut(grid);
    for (let i = 0; i < layout.dwellings; i++) {
      const house = layout.dwelling(i);
      yield {
        house_code: house.houseCode,
        real_estate_unit_no: house.realEstateUnitNo,
        building_code: house.buildingCode,
        unit: house.unit,
        room: house.room,
        area_m2: house.areaM2,
        use: DWELLING,
        division_code: grid.unit.division.code,
        grid_code: grid.code,
      };
    }
  }
}
