import { DAY, type Moment, NOW, spelled } from '../files/moments.js';
import { type Random, randomOf } from '../files/random.js';
import type { StandardRow } from '../files/standard-row.js';
import type { PopulationPlan, Unit } from './plan.js';
import { managerOf } from './property-companies.js';
import { type Tenure, tenures } from './tenure.js';

interface Period {
  month: string;
  from: Moment;
  /** Paid in full by the demo's last day. */
  paid: number;
}

const PERIODS: readonly Period[] = [
  { month: '2026-05', from: (Date.UTC(2026, 4, 1) / 86_400_000) * DAY, paid: 0.9 },
  { month: '2026-06', from: (Date.UTC(2026, 5, 1) / 86_400_000) * DAY, paid: 0.74 },
];
/** Codes of `fee-kind` and `fee-status`. */
const SERVICE = '01';
const PARKING_FEE = '02';
const STATUS = { unpaid: '1', paid: '2', partly: '3', waived: '4' } as const;
const WITH_PARKING = 0.25;
const PARKING = '120.00';

/** Bills of every dwelling in the compounds of these units, empty or not. Villages have no property company. */
export function* feeRows(plan: PopulationPlan, units: ReadonlySet<Unit>): Generator<StandardRow> {
  const last = Math.max(...[...units].map((unit) => unit.firstHousehold));
  for (const tenure of tenures(plan)) {
    const { unit } = tenure.grid;
    if (units.has(unit)) yield* billsOf(plan, tenure);
    else if (unit.firstHousehold > last) return;
  }
}

function* billsOf(plan: PopulationPlan, tenure: Tenure): Generator<StandardRow> {
  const { house, grid } = tenure;
  const random = randomOf(plan.seed, `fees ${house.houseCode}`);
  const price = managerOf(grid.unit).feePerM2;
  // Both have two decimals: whole hundredths multiply without rounding errors.
  const cents = Math.round((hundredths(price) * hundredths(house.areaM2)) / 100);
  const parks = tenure.persons.length > 0 && random.chance(WITH_PARKING);
  for (const period of PERIODS) {
    yield bill(tenure, [SERVICE, price, house.areaM2, (cents / 100).toFixed(2)], period, random);
    if (parks) yield bill(tenure, [PARKING_FEE, PARKING, undefined, PARKING], period, random);
  }
}

function bill(
  { house, owners, persons }: Tenure,
  [kind, price, area, amount]: [string, string, string | undefined, string],
  { month, from, paid }: Period,
  random: Random,
): StandardRow {
  const lot = random.real();
  const status =
    lot < paid ? STATUS.paid : lot < paid + 0.01 ? STATUS.partly : lot < paid + 0.015 ? STATUS.waived : STATUS.unpaid;
  const at = from + random.below(NOW - from);
  return {
    house_code: house.houseCode,
    period: month,
    fee_kind: kind,
    unit_price: price,
    area_m2: area,
    amount,
    due_on: `${month}-25`,
    paid_at: status === STATUS.paid || status === STATUS.partly ? spelled(at) : undefined,
    status,
    payer: (persons[0] ?? owners[0])?.name,
    compound_code: house.houseCode.slice(0, 15),
  };
}

function hundredths(decimal: string): number {
  return Math.round(Number(decimal) * 100);
}
