import { type Random, randomOf } from '../files/random.js';
import { type MigrantHousehold, migrants } from '../people/migrants.js';
import { type Household, type Inhabitant, populate } from '../people/population.js';
import { type Dwelling, type Layout, layOut } from './dwellings.js';
import type { Grid, PopulationPlan } from './plan.js';
import { RENTAL_COMPANY } from './property-companies.js';

/** A person or a company, by name and number (GB 11643 or GB 32100). */
interface Party {
  name: string;
  number: string;
}

/** One dwelling, its owners and its residents. */
export interface Tenure {
  grid: Grid;
  house: Dwelling;
  owners: readonly Party[];
  /** The residents, the head first: registered people, or migrants. Empty where nobody lives there. */
  persons: readonly Inhabitant[];
  /** The residents pay rent to the first owner. */
  rented: boolean;
}

/** Share of dwellings with a registered household that the district owns and rents out. */
const PUBLIC_RENTAL = 0.015;
/** Share of the other rented and empty dwellings. */
const COMPANY_OWNED = 0.1;
const JOINT = 0.45;

const COMPANY: Party = { name: RENTAL_COMPANY.name, number: RENTAL_COMPANY.uscc };

interface Open {
  random: Random;
  layout: Layout;
  /** Heads of the grid so far: its landlords are chosen from them. */
  heads: Party[];
}

/** Every dwelling of the plan, grid by grid: those of registered households first. Memory: one grid's people. */
export function* tenures(plan: PopulationPlan): Generator<Tenure> {
  const migrantsOf = byGrid(migrants(plan));
  let open: Open | undefined;
  for (const household of populate(plan)) {
    if (open === undefined || open.layout.grid.code !== household.grid.code) {
      if (open !== undefined) yield* otherDwellings(open, migrantsOf(open.layout.grid));
      const random = randomOf(plan.seed, `tenure ${household.grid.code}`);
      open = { random, layout: layOut(household.grid), heads: [] };
    }
    yield livedIn(open, household);
    open.heads.push(partyOf(household.persons[0]));
  }
  if (open !== undefined) yield* otherDwellings(open, migrantsOf(open.layout.grid));
}

/** The stream's households in this grid, by house code. Request each grid once, in the stream's order. */
function byGrid(stream: Generator<MigrantHousehold>): (grid: Grid) => ReadonlyMap<string, MigrantHousehold> {
  let next = stream.next();
  return (grid) => {
    const here = new Map<string, MigrantHousehold>();
    while (next.done !== true && next.value.grid.code === grid.code) {
      here.set(next.value.home.houseCode, next.value);
      next = stream.next();
    }
    return here;
  };
}

/** People registered elsewhere rent where they live; the others own it, except the district's tenants. */
function livedIn(open: Open, household: Household): Tenure {
  const { random } = open;
  const { grid, home, registeredHome, persons } = household;
  const of = { grid, house: home, persons };
  if (registeredHome !== home) return { ...of, owners: [landlord(open)], rented: true };
  if (random.chance(PUBLIC_RENTAL)) return { ...of, owners: [COMPANY], rented: true };
  const couple = persons[1]?.relation === 'spouse' && random.chance(JOINT);
  return { ...of, owners: persons.slice(0, couple ? 2 : 1).map(partyOf), rented: false };
}

function* otherDwellings(open: Open, migrantsByHouse: ReadonlyMap<string, MigrantHousehold>): Generator<Tenure> {
  const { layout } = open;
  const { grid } = layout;
  for (let k = grid.households; k < layout.dwellings; k++) {
    const house = layout.dwelling(layout.homeOf(k));
    const persons = migrantsByHouse.get(house.houseCode)?.persons ?? [];
    yield { grid, house, owners: [landlord(open)], persons, rented: persons.length > 0 };
  }
}

function landlord({ random, heads }: Open): Party {
  return heads.length === 0 || random.chance(COMPANY_OWNED) ? COMPANY : random.pick(heads);
}

function partyOf({ name, idNumber }: Inhabitant): Party {
  return { name, number: idNumber };
}
