import { itemAt } from '../../platform/known.js';
import { type Random, randomOf } from '../files/random.js';
import type { StandardRow } from '../files/standard-row.js';
import { type Death, openDeaths } from '../people/deaths.js';
import { migrants } from '../people/migrants.js';
import { genderCode, personRow } from '../people/person-row.js';
import { type Household, type Inhabitant, populate } from '../people/population.js';
import type { Grid, PopulationPlan } from '../places/plan.js';
import { seenBy } from './ledger-slips.js';

/** Shares: recent deaths unknown to the worker; unknown heads; late spouses still listed as head. */
const SHARES = { unheard: 0.35, headless: 0.003, formerHead: 0.04 };

/** The values common to one household. */
interface Visit {
  grid: Grid;
  address: string;
  registeredAddress: string;
  apart: boolean;
  headId: string | undefined;
}

/** Registered residents in the order of the register, then migrants. */
export function* ledgerRows(plan: PopulationPlan): Generator<StandardRow> {
  const random = randomOf(plan.seed, 'ledger');
  const deathsOf = openDeaths(plan);
  for (const household of populate(plan)) {
    const deaths = deathsOf(household);
    const dead = new Set(deaths.map(({ person }) => person));
    const visit = visitOf(random, household, deaths);
    for (const person of household.persons) {
      yield ledgerRow(random, { person, visit, alive: !dead.has(person) || random.chance(SHARES.unheard) });
    }
  }
  for (const { grid, home, origin, persons } of migrants(plan)) {
    const headId = itemAt(persons, 0).idNumber;
    const visit = { grid, address: home.address, registeredAddress: origin, apart: true, headId };
    for (const person of persons) yield ledgerRow(random, { person, visit, alive: true });
  }
}

function visitOf(random: Random, household: Household, deaths: readonly Death[]): Visit {
  const { grid, home, registeredHome, persons } = household;
  const [head] = persons;
  const formerHead = head.marital === 'widowed' ? deaths.find(({ person }) => person === undefined) : undefined;
  let headId: string | undefined = head.idNumber;
  if (formerHead !== undefined && random.chance(SHARES.formerHead)) headId = formerHead.idNumber;
  if (random.chance(SHARES.headless)) headId = undefined;
  return {
    grid,
    address: home.address,
    registeredAddress: registeredHome.address,
    apart: home !== registeredHome,
    headId,
  };
}

function ledgerRow(random: Random, of: { person: Inhabitant; visit: Visit; alive: boolean }): StandardRow {
  const { person, visit } = of;
  const { name, sex, born, phone } = person;
  const seen = seenBy(random, { name, sex, born, phone, address: visit.address }, visit.grid);
  return {
    ...personRow(person),
    id_kind: person.age < 16 && random.chance(0.6) ? '113' : '111',
    name: seen.name,
    gender: genderCode(seen.sex),
    born: seen.born,
    phone: seen.phone,
    registered_address: visit.registeredAddress,
    residence_division: visit.grid.unit.division.code,
    residence_address: seen.address,
    grid_code: visit.grid.code,
    residence_consistency: visit.apart ? '02' : '01',
    head_id: visit.headId,
    status: of.alive ? '0' : '1',
  };
}
