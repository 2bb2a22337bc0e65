import { deathDayOf, livingOf } from './deaths.js';
import type { KinRelation, Marital, Member } from './family.js';
import { SYNTHETIC_COUNTIES } from './identity-numbers.js';
import type { Plan } from './plan.js';
import { type Household, type Person, populate } from './population.js';
import type { Row } from './row.js';

/** 公安: pinyin initials as headings, words for codes, dates as 20260131. */
export const RESIDENT_HEADINGS = [
  'ZJZL',
  'GMSFHM',
  'XM',
  'XB',
  'CSRQ',
  'MZ',
  'CSD',
  'HYZK',
  'WHCD',
  'ZY',
  'LXDH',
  'HJD',
  'HJDXZ',
  'XZD',
  'XZDXZ',
  'WGBM',
  'RHYZ',
  'HSZX',
  'HH',
  'YHZGX',
  'HZSFHM',
  'PCS',
  'RYZT',
];
export const HOUSEHOLD_HEADINGS = ['SZX', 'HH', 'HLX', 'HZSFHM', 'HZXM', 'HJDZ', 'QHDM', 'FWBM', 'HNRS'];

const COUNTY = SYNTHETIC_COUNTIES[0];
const MARITAL: Readonly<Record<Marital, string>> = {
  single: '未婚',
  married: '已婚',
  widowed: '丧偶',
  divorced: '离婚',
};
const RELATION: Readonly<Record<KinRelation, readonly [string, string]>> = {
  head: ['户主', '户主'],
  spouse: ['夫', '妻'],
  child: ['子', '女'],
  parent: ['父亲', '母亲'],
  'parent-in-law': ['岳父', '岳母'],
};

export function* residentRows(plan: Plan): Generator<Row> {
  for (const household of populate(plan)) {
    for (const person of household.persons) yield residentRow(plan, household, person);
  }
}

export function* householdRows(plan: Plan): Generator<Row> {
  for (const household of populate(plan)) {
    const head = household.persons[0]!;
    yield [
      COUNTY,
      household.number,
      '家庭户',
      head.idNumber,
      head.name,
      household.registeredHome.address,
      household.registeredUnit.division.code,
      household.registeredHome.houseCode,
      livingOf(plan, household).length,
    ];
  }
}

function residentRow(plan: Plan, household: Household, person: Person): Row {
  const elsewhere = household.registeredHome !== household.home;
  return [
    '居民身份证',
    person.idNumber,
    person.name,
    person.sex === 'male' ? '男' : '女',
    person.born.replaceAll('-', ''),
    person.ethnicGroup,
    person.county,
    MARITAL[person.marital],
    person.education,
    person.occupation,
    person.phone,
    household.registeredUnit.division.code,
    household.registeredHome.address,
    household.grid.unit.division.code,
    household.home.address,
    household.grid.code,
    elsewhere ? '不一致' : '一致',
    COUNTY,
    household.number,
    relationWord(person),
    household.persons[0]!.idNumber,
    `${COUNTY}${household.registeredUnit.division.code.slice(6, 9)}000`,
    deathDayOf(plan, person) === undefined ? '有效' : '死亡',
  ];
}

function relationWord(member: Member): string {
  return RELATION[member.relation][member.sex === 'male' ? 0 : 1];
}
