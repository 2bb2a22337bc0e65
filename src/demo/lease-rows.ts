import { isoDate } from './identity-numbers.js';
import type { Plan } from './plan.js';
import { AS_OF_DAY } from './population.js';
import { randomOf, weighted } from './random.js';
import type { Row } from './row.js';
import { tenures } from './tenure.js';

export const LEASE_HEADINGS = [
  '登记备案编号',
  '房屋编码',
  '出租人证件号码',
  '承租人证件号码',
  '租赁用途',
  '隐患类别',
  '租赁起始日',
  '租赁终止日',
  '所属社区编码',
];

const pickHazard = weighted([
  ['无', 92],
  ['消防', 4],
  ['治安', 2],
  ['纠纷', 2],
]);
/** Every so many leases one was typed with its days the wrong way round: a finding, and far too few to refuse the delivery. */
const MISTYPED_EVERY = 60;

/** Of rented dwellings, whose lease was registered. */
const REGISTERED = 0.85;

/** Migrants and whoever is registered elsewhere rent where they live; grown-ups sign. */
export function* leaseRows(plan: Plan): Generator<Row> {
  const random = randomOf(plan.seed, 'leases');
  let sequence = 0;
  for (const { grid, house, owners, persons, rented } of tenures(plan)) {
    if (!rented || !random.chance(REGISTERED)) continue;
    const number = String(++sequence).padStart(8, '0');
    const tenants = persons.filter((person, i) => i === 0 || person.age >= 18);
    const from = AS_OF_DAY - random.below(700);
    const until = from + 365 * (1 + random.below(2)) - 1;
    const mistyped = sequence % MISTYPED_EVERY === MISTYPED_EVERY / 2;
    yield [
      `ZL370399${number}`,
      house.houseCode,
      owners[0]!.number,
      tenants.map(({ idNumber }) => idNumber).join('、'),
      '居住',
      pickHazard(random),
      isoDate(mistyped ? until : from),
      isoDate(mistyped ? from : until),
      grid.unit.division.code,
    ];
  }
}
