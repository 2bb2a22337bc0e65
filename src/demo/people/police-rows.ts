import type { StandardRow } from '../files/standard-row.js';
import type { PopulationPlan } from '../places/plan.js';
import { deathDayOf, livingOf } from './deaths.js';
import { SYNTHETIC_COUNTIES } from './identity-numbers.js';
import { personRow } from './person-row.js';
import { type Household, type Inhabitant, populate } from './population.js';

const COUNTY = SYNTHETIC_COUNTIES[0];

export function* residentRows(plan: PopulationPlan): Generator<StandardRow> {
  for (const household of populate(plan)) {
    for (const person of household.persons) yield residentRow(plan, household, person);
  }
}

export function* householdRows(plan: PopulationPlan): Generator<StandardRow> {
  for (const household of populate(plan)) {
    const head = household.persons[0];
    yield {
      county: COUNTY,
      household_no: household.number,
      kind: '1',
      head_id: head?.idNumber,
      head_name: head?.name,
      address: household.registeredHome.address,
      division_code: household.registeredUnit.division.code,
      house_code: household.registeredHome.houseCode,
      members_count: livingOf(plan, household).length,
    };
  }
}

function residentRow(plan: PopulationPlan, household: Household, person: Inhabitant): StandardRow {
  const elsewhere = household.registeredHome !== household.home;
  const registered = household.registeredUnit.division.code;
  return {
    ...personRow(person),
    id_kind: '111',
    birth_division: person.county,
    registered_division: registered,
    registered_address: household.registeredHome.address,
    residence_division: household.grid.unit.division.code,
    residence_address: household.home.address,
    grid_code: household.grid.code,
    residence_consistency: elsewhere ? '02' : '01',
    household_county: COUNTY,
    household_no: household.number,
    head_id: household.persons[0]?.idNumber,
    police_station: `${COUNTY}${registered.slice(6, 9)}000`,
    status: deathDayOf(plan, person) === undefined ? '0' : '1',
  };
}
