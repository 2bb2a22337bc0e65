import { randomOf, weighted } from '../files/random.js';
import type { StandardRow } from '../files/standard-row.js';
import { isoDate } from '../people/identity-numbers.js';
import { AS_OF_DAY } from '../people/population.js';
import type { PopulationPlan } from './plan.js';
import { tenures } from './tenure.js';

/** Codes of `lease-use` and `hazard-kind`. */
const DWELLING = '02';
const pickHazard = weighted([
  ['00', 92],
  ['01', 4],
  ['02', 2],
  ['03', 2],
]);
/** One of so many leases has its dates reversed: a finding, and far too few to refuse the delivery. */
const MISTYPED_EVERY = 60;

/** Share of rented dwellings with a registered lease. */
const REGISTERED = 0.85;

/** Migrants and people registered elsewhere rent where they live; adults sign. */
export function* leaseRows(plan: PopulationPlan): Generator<StandardRow> {
  const random = randomOf(plan.seed, 'leases');
  let sequence = 0;
  for (const { grid, house, owners, persons, rented } of tenures(plan)) {
    if (!rented || !random.chance(REGISTERED)) continue;
    const number = String(++sequence).padStart(8, '0');
    const tenants = persons.filter((person, i) => i === 0 || person.age >= 18);
    const from = AS_OF_DAY - random.below(700);
    const until = from + 365 * (1 + random.below(2)) - 1;
    const mistyped = sequence % MISTYPED_EVERY === MISTYPED_EVERY / 2;
    yield {
      lease_no: `ZL370399${number}`,
      house_code: house.houseCode,
      landlord_id: owners[0]?.number,
      tenant_ids: tenants.map(({ idNumber }) => idNumber),
      use: DWELLING,
      hazard: pickHazard(random),
      from_on: isoDate(mistyped ? until : from),
      until_on: isoDate(mistyped ? from : until),
      division_code: grid.unit.division.code,
    };
  }
}
