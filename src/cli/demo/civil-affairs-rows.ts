import type { Plan } from './plan.js';
import { AS_OF_DAY, type Household, populate } from './population.js';
import { type Random, randomOf, weighted } from './random.js';
import type { Row } from './row.js';

export const ASSISTANCE_HEADINGS = [
  '家庭编号',
  '救助证号',
  '救助类别',
  '城乡',
  '申请人身份证号',
  '申请人',
  '保障人数',
  '月保障金',
  '起始年月',
  '截止年月',
  '行政区划',
];

/** Of all households. */
const ASSISTED = 0.02;
/** Of the heads that live alone past 65, of other small households with an elder or one parent, of all others: 2 % together. */
const LIKELIHOOD = { lone: 1.9, single: 2.2, other: 0.55 };

const pickKind = weighted([
  ['低保', 62],
  ['分散特困', 9],
  ['集中特困', 2],
  ['低保边缘', 17],
  ['刚性支出困难', 7],
  ['防返贫监测', 3],
]);

/** 民政: whom it assists are heads of real households of the register, where they live. */
export function* assistanceRows(plan: Plan): Generator<Row> {
  const random = randomOf(plan.seed, 'assistance');
  let sequence = 0;
  for (const household of populate(plan)) {
    if (random.chance(ASSISTED * likelihood(household))) yield assistanceRow(household, ++sequence, random);
  }
}

function likelihood(household: Household): number {
  const head = household.persons[0]!;
  if (head.marital === 'married') return LIKELIHOOD.other;
  return head.age >= 65 ? LIKELIHOOD.lone : LIKELIHOOD.single;
}

function assistanceRow(household: Household, sequence: number, random: Random): Row {
  const head = household.persons[0]!;
  const kind = household.persons.length === 1 || !random.chance(0.5) ? pickKind(random) : '低保';
  const members = kind.endsWith('特困') ? 1 : 1 + random.below(household.persons.length);
  const urban = household.grid.unit.urban;
  const standard = kind.endsWith('特困') ? 1560 : urban ? 1040 : 830;
  const paid = kind === '低保' || kind.endsWith('特困');
  return [
    `370399JZ${String(sequence).padStart(8, '0')}`,
    `ZS370399${String(sequence).padStart(8, '0')}`,
    kind,
    urban ? '城镇' : '农村',
    head.idNumber,
    head.name,
    members,
    paid ? (standard * members * (kind === '低保' ? 0.55 + random.below(45) / 100 : 1)).toFixed(2) : undefined,
    month(AS_OF_DAY - 30 * (1 + random.below(70))),
    random.chance(0.7) ? month(AS_OF_DAY + 30 * (2 + random.below(12))) : undefined,
    household.grid.unit.division.code,
  ];
}

function month(day: number): string {
  return new Date(day * 86_400_000).toISOString().slice(0, 7);
}
