import { isoMonth, monthOf } from '../files/months.js';
import { type Random, randomOf } from '../files/random.js';
import type { StandardRow } from '../files/standard-row.js';
import type { PopulationPlan } from '../places/plan.js';
import { openDeaths } from './deaths.js';
import { AS_OF_DAY, populate } from './population.js';

/** 民政 (老龄): one row per age band for which a person was paid. */
const BANDS = [
  { from: 80, code: '1', amount: '100.00' },
  { from: 90, code: '2', amount: '200.00' },
  { from: 100, code: '3', amount: '500.00' },
] as const;
/** Codes of `stop-reason`. */
const REASON = { died: '1', movedAway: '2', other: '3' } as const;
/** Nobody was paid before. */
const SCHEME_SINCE = 2014 * 12;
/** Shares: who applied; dead people paid on; people who moved away; last months mistyped before the first. */
const SHARES = { applied: 0.94, paidOn: 0.03, movedAway: 0.01, mistyped: 0.015 };

interface Elder {
  idNumber: string;
  /** YYYY-MM-DD */
  born: string;
  /** Undefined for the living. */
  diedDay: number | undefined;
  division: string;
}

export function* elderRows(plan: PopulationPlan): Generator<StandardRow> {
  const random = randomOf(plan.seed, 'elder allowance');
  for (const elder of elders(plan)) {
    if (random.chance(SHARES.applied)) yield* rowsOf(random, elder);
  }
}

function* elders(plan: PopulationPlan): Generator<Elder> {
  const deathsOf = openDeaths(plan);
  for (const household of populate(plan)) {
    const division = household.grid.unit.division.code;
    const deaths = deathsOf(household);
    const dead = new Set(deaths.map(({ idNumber }) => idNumber));
    for (const { idNumber, born, age } of household.persons) {
      if (age >= 79 && !dead.has(idNumber)) yield { idNumber, born, diedDay: undefined, division };
    }
    for (const { idNumber, born, diedDay } of deaths) yield { idNumber, born, diedDay, division };
  }
}

function* rowsOf(random: Random, { idNumber, born, diedDay, division }: Elder): Generator<StandardRow> {
  const bornMonth = Number(born.slice(0, 4)) * 12 + Number(born.slice(5, 7)) - 1;
  const last = lastMonth(random, diedDay);
  const lived = diedDay === undefined ? last.month : monthOf(diedDay);
  for (const [i, band] of BANDS.entries()) {
    const first = Math.max(SCHEME_SINCE, bornMonth + band.from * 12);
    const next = bornMonth + (BANDS[i + 1]?.from ?? Number.POSITIVE_INFINITY) * 12;
    if (first > Math.min(last.month, lived, next - 1)) continue;
    const grownOut = next <= last.month;
    const until = grownOut ? next - 1 : last.reason === undefined ? undefined : last.month;
    const typed = until !== undefined && random.chance(SHARES.mistyped) ? first - 12 : until;
    yield {
      id_number: idNumber,
      age_band: band.code,
      monthly_amount: band.amount,
      from_month: isoMonth(first),
      until_month: typed === undefined ? undefined : isoMonth(typed),
      stop_reason: grownOut ? REASON.other : last.reason,
      division_code: division,
    };
  }
}

/** The last paid month, and why; the current month without a reason where payment continues. */
function lastMonth(random: Random, diedDay: number | undefined): { month: number; reason: string | undefined } {
  const now = monthOf(AS_OF_DAY);
  if (diedDay === undefined) {
    if (!random.chance(SHARES.movedAway)) return { month: now, reason: undefined };
    return { month: now - 1 - random.below(24), reason: REASON.movedAway };
  }
  return random.chance(SHARES.paidOn)
    ? { month: now, reason: undefined }
    : { month: monthOf(diedDay), reason: REASON.died };
}
