import { type Random, randomOf, weighted } from '../files/random.js';
import type { StandardRow } from '../files/standard-row.js';
import type { PopulationPlan } from '../places/plan.js';
import { isoDate } from './identity-numbers.js';
import { migrants } from './migrants.js';
import { AS_OF_DAY, type Inhabitant } from './population.js';

/** Codes of `inflow-reason` and `dwelling-kind`. */
const WITH_FAMILY = '06';
const pickReason = weighted([
  ['01', 61],
  ['03', 20],
  ['09', 7],
  ['08', 5],
  ['04', 3],
  ['07', 1],
  ['99', 3],
]);
const pickDwelling = weighted([
  ['02', 80],
  ['01', 11],
  ['04', 7],
  ['99', 2],
]);
/** 居住证暂行条例 art. 2: residents of half a year may have a permit; art. 10: it is endorsed every year. */
const PERMIT_AFTER_DAYS = 183;
const PERMIT_YEAR_DAYS = 365;
/** Shares: eligible people with a permit; expired permits; permits with a mistyped year. */
const SHARES = { permit: 0.8, expired: 0.12, mistyped: 0.008 };

export function* migrantRows(plan: PopulationPlan): Generator<StandardRow> {
  const random = randomOf(plan.seed, 'migrant registration');
  let sequence = 0;
  for (const household of migrants(plan)) {
    // A family registers on one day and lives in one kind of dwelling.
    const day = AS_OF_DAY - 5 - random.below(3 * PERMIT_YEAR_DAYS);
    const dwelling = pickDwelling(random);
    for (const person of household.persons) {
      const registeredDay = Math.max(day, Math.min(AS_OF_DAY, Date.parse(person.born) / 86_400_000 + 10));
      const permit = permitOf(random, person, registeredDay);
      yield {
        registration_no: `LD370399${compact(registeredDay)}${String(++sequence).padStart(6, '0')}`,
        id_number: person.idNumber,
        name: person.name,
        from_division: household.county,
        inflow_reason: reasonOf(random, person),
        permit_kind: permit?.kind,
        permit_no: permit?.number,
        dwelling_kind: dwelling,
        registered_on: isoDate(registeredDay),
        expires_on: permit?.expires,
        residence_division: household.grid.unit.division.code,
        house_code: household.home.houseCode,
      };
    }
  }
}

function reasonOf(random: Random, { relation }: Inhabitant): string {
  if (relation === 'child' || (relation === 'spouse' && random.chance(0.5))) return WITH_FAMILY;
  return pickReason(random);
}

/** A permit's number is the holder's number and a count of issues. */
function permitOf(random: Random, { idNumber }: Inhabitant, registeredDay: number) {
  const days = AS_OF_DAY - registeredDay;
  if (days < PERMIT_AFTER_DAYS || !random.chance(SHARES.permit)) return undefined;
  const years = Math.floor(days / PERMIT_YEAR_DAYS) + (random.chance(SHARES.expired) ? 0 : 1);
  const until = random.chance(SHARES.mistyped) ? -PERMIT_YEAR_DAYS : Math.max(1, years) * PERMIT_YEAR_DAYS;
  return { kind: '01', number: `${idNumber}01`, expires: isoDate(registeredDay + until) };
}

/** YYYYMMDD */
function compact(day: number): string {
  return isoDate(day).replaceAll('-', '');
}
