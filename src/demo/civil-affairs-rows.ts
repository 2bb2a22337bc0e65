import { livingOf } from './deaths.js';
import type { KinRelation } from './family.js';
import { isoMonth, monthOf } from './months.js';
import type { Plan } from './plan.js';
import { AS_OF_DAY, type Household, type Person, populate } from './population.js';
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

export const ASSISTANCE_MEMBER_HEADINGS = [
  '家庭编号',
  '成员身份证号',
  '与申请人关系',
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

const RELATION: Readonly<Record<KinRelation, readonly [string, string]>> = {
  head: ['本人', '本人'],
  spouse: ['配偶', '配偶'],
  child: ['儿子', '女儿'],
  parent: ['父亲', '母亲'],
  'parent-in-law': ['岳父', '岳母'],
};
/** Of the members beside the head, those who joined later; and of these, whose last month was typed as one before the first. */
const JOINED_LATER = 0.12;
const MISTYPED = 0.2;

interface Family {
  number: string;
  certificate: string;
  kind: string;
  household: Household;
  /** Whom the assistance covers; the head first. */
  members: readonly Person[];
  /** Yuan; undefined where nothing is paid monthly. */
  monthly: string | undefined;
  /** As `months.ts` counts them. */
  fromMonth: number;
  untilMonth: number | undefined;
}

/** 民政: whom it assists are heads of real households of the register, where they live. */
export function* assistanceRows(plan: Plan): Generator<Row> {
  for (const { household, members, ...family } of families(plan)) {
    const [head] = members;
    yield [
      family.number,
      family.certificate,
      family.kind,
      household.grid.unit.urban ? '城镇' : '农村',
      head!.idNumber,
      head!.name,
      members.length,
      family.monthly,
      isoMonth(family.fromMonth),
      family.untilMonth === undefined ? undefined : isoMonth(family.untilMonth),
      household.grid.unit.division.code,
    ];
  }
}

/** One row for each person whom a family's assistance covers; newborn children and others joined after it began. */
export function* assistanceMemberRows(plan: Plan): Generator<Row> {
  const random = randomOf(plan.seed, 'assistance member');
  const now = monthOf(AS_OF_DAY);
  for (const family of families(plan)) {
    for (const { idNumber, relation, sex, born } of family.members) {
      const bornMonth = monthOf(Date.parse(born) / 86_400_000);
      const later = relation !== 'head' && random.chance(JOINED_LATER);
      const joined = later ? Math.min(now, family.fromMonth + random.below(24)) : family.fromMonth;
      const from = Math.max(joined, bornMonth);
      const until = later && random.chance(MISTYPED) ? from - 12 : family.untilMonth;
      yield [
        family.number,
        idNumber,
        RELATION[relation][sex === 'male' ? 0 : 1],
        isoMonth(from),
        until === undefined ? undefined : isoMonth(until),
        family.household.grid.unit.division.code,
      ];
    }
  }
}

function* families(plan: Plan): Generator<Family> {
  const random = randomOf(plan.seed, 'assistance');
  let sequence = 0;
  for (const household of populate(plan)) {
    if (!random.chance(ASSISTED * likelihood(household))) continue;
    yield familyOf(random, { household, living: livingOf(plan, household), sequence: ++sequence });
  }
}

function likelihood(household: Household): number {
  const head = household.persons[0]!;
  if (head.marital === 'married') return LIKELIHOOD.other;
  return head.age >= 65 ? LIKELIHOOD.lone : LIKELIHOOD.single;
}

function familyOf(random: Random, of: { household: Household; living: Person[]; sequence: number }): Family {
  const { household, living } = of;
  const sequence = String(of.sequence).padStart(8, '0');
  const kind = living.length === 1 || !random.chance(0.5) ? pickKind(random) : '低保';
  const members = living.slice(0, kind.endsWith('特困') ? 1 : 1 + random.below(living.length));
  const standard = kind.endsWith('特困') ? 1560 : household.grid.unit.urban ? 1040 : 830;
  const paid = kind === '低保' || kind.endsWith('特困');
  const now = monthOf(AS_OF_DAY);
  return {
    number: `370399JZ${sequence}`,
    certificate: `ZS370399${sequence}`,
    kind,
    household,
    members,
    monthly: paid
      ? (standard * members.length * (kind === '低保' ? 0.55 + random.below(45) / 100 : 1)).toFixed(2)
      : undefined,
    fromMonth: now - 1 - random.below(70),
    untilMonth: random.chance(0.7) ? now + 2 + random.below(12) : undefined,
  };
}
