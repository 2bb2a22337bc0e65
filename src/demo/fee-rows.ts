import { managerOf } from './managers.js';
import { DAY, type Moment, NOW, spelled } from './moments.js';
import type { Plan, Unit } from './plan.js';
import { type Random, randomOf } from './random.js';
import type { Row } from './row.js';
import { type Tenure, tenures } from './tenure.js';

export const FEE_HEADINGS = [
  '房屋编码',
  '账期',
  '收费项目',
  '单价',
  '计费面积',
  '应收金额',
  '应缴日期',
  '缴费时间',
  '缴费状态',
  '缴费人',
  '小区编码',
];

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
const WITH_PARKING = 0.25;
const PARKING = '120.00';

/** Bills of every dwelling in the compounds of these units, empty or not. Villages have no property company. */
export function* feeRows(plan: Plan, units: ReadonlySet<Unit>): Generator<Row> {
  const last = Math.max(...[...units].map((unit) => unit.firstHousehold));
  for (const tenure of tenures(plan)) {
    const { unit } = tenure.grid;
    if (units.has(unit)) yield* billsOf(plan, tenure);
    else if (unit.firstHousehold > last) return;
  }
}

function* billsOf(plan: Plan, tenure: Tenure): Generator<Row> {
  const { house, grid } = tenure;
  const random = randomOf(plan.seed, `fees ${house.houseCode}`);
  const price = managerOf(grid.unit).feePerM2;
  // Both have two decimals: whole hundredths multiply without a rounding of their own.
  const cents = Math.round((hundredths(price) * hundredths(house.areaM2)) / 100);
  const parks = tenure.persons.length > 0 && random.chance(WITH_PARKING);
  for (const period of PERIODS) {
    yield bill(tenure, ['物业费', price, house.areaM2, (cents / 100).toFixed(2)], period, random);
    if (parks) yield bill(tenure, ['停车费', PARKING, undefined, PARKING], period, random);
  }
}

function bill(
  { house, owners, persons }: Tenure,
  [kind, price, area, amount]: [string, string, string | undefined, string],
  { month, from, paid }: Period,
  random: Random,
): Row {
  const lot = random.real();
  const status = lot < paid ? '已缴' : lot < paid + 0.01 ? '部分缴' : lot < paid + 0.015 ? '减免' : '欠费';
  const at = from + random.below(NOW - from);
  return [
    house.houseCode,
    month,
    kind,
    price,
    area,
    amount,
    `${month}-25`,
    status === '已缴' || status === '部分缴' ? spelled(at) : undefined,
    status,
    (persons[0] ?? owners[0]!).name,
    house.houseCode.slice(0, 15),
  ];
}

function hundredths(decimal: string): number {
  return Math.round(Number(decimal) * 100);
}
