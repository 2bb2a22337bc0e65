import { type Death, openDeaths } from './deaths.js';
import type { KinRelation, Marital } from './family.js';
import { seenBy } from './ledger-slips.js';
import { migrants } from './migrants.js';
import type { Grid, Plan } from './plan.js';
import { type Household, type Person, populate } from './population.js';
import { type Random, randomOf } from './random.js';
import type { Row } from './row.js';

/** 网格化服务中心: the ledger of everyone whom its workers found living in their grids (实有人口台账); dates as Excel shows them. */
export const LEDGER_HEADINGS = [
  '证件类型',
  '身份证号码',
  '姓名',
  '性别',
  '出生日期',
  '民族',
  '婚姻状况',
  '文化程度',
  '职业',
  '联系电话',
  '户籍地址',
  '社区（村）编码',
  '现住址',
  '网格编号',
  '人户情况',
  '与户主关系',
  '户主身份证号',
  '人员状态',
];

const MARITAL: Readonly<Record<Marital, string>> = {
  single: '未婚',
  married: '已婚',
  widowed: '丧偶',
  divorced: '离异',
};
const RELATION: Readonly<Record<KinRelation, readonly [string, string]>> = {
  head: ['户主', '户主'],
  spouse: ['丈夫', '妻子'],
  child: ['儿子', '女儿'],
  parent: ['父亲', '母亲'],
  'parent-in-law': ['岳父', '岳母'],
};
const EDUCATION: Readonly<Record<string, string>> = {
  大学本科: '本科',
  大学专科: '大专',
  中专中技: '中专',
  普通高中: '高中',
};
/** Of the lately dead, whom the worker has not heard of; of households, where nobody told who the head is; of widowed heads, whose late spouse still stands as the head. */
const SHARES = { unheard: 0.35, headless: 0.003, formerHead: 0.04 };

/** What holds for everyone of one household. */
interface Visit {
  grid: Grid;
  address: string;
  registeredAddress: string;
  apart: boolean;
  headId: string | undefined;
}

/** Registered residents in the order of the register, then migrants. */
export function* ledgerRows(plan: Plan): Generator<Row> {
  const random = randomOf(plan.seed, 'ledger');
  const deathsOf = openDeaths(plan);
  for (const household of populate(plan)) {
    const deaths = deathsOf(household);
    const dead = new Set(deaths.map(({ person }) => person));
    const visit = visitOf(random, household, deaths);
    for (const person of household.persons) {
      yield ledgerRow(random, { person, visit, alive: !dead.has(person) || random.chance(SHARES.unheard) });
    }
  }
  for (const { grid, home, origin, persons } of migrants(plan)) {
    const headId = persons[0]!.idNumber;
    const visit = { grid, address: home.address, registeredAddress: origin, apart: true, headId };
    for (const person of persons) yield ledgerRow(random, { person, visit, alive: true });
  }
}

function visitOf(random: Random, household: Household, deaths: readonly Death[]): Visit {
  const { grid, home, registeredHome, persons } = household;
  const [head] = persons;
  const formerHead = head!.marital === 'widowed' ? deaths.find(({ person }) => person === undefined) : undefined;
  let headId: string | undefined = head!.idNumber;
  if (formerHead !== undefined && random.chance(SHARES.formerHead)) headId = formerHead.idNumber;
  if (random.chance(SHARES.headless)) headId = undefined;
  return {
    grid,
    address: home.address,
    registeredAddress: registeredHome.address,
    apart: home !== registeredHome,
    headId,
  };
}

function ledgerRow(random: Random, of: { person: Person; visit: Visit; alive: boolean }): Row {
  const { person, visit } = of;
  const { name, sex, born, phone } = person;
  const seen = seenBy(random, { name, sex, born, phone, address: visit.address }, visit.grid);
  return [
    person.age < 16 && random.chance(0.6) ? '户口本' : '身份证',
    person.idNumber,
    seen.name,
    seen.sex === 'male' ? '男' : '女',
    seen.born.replaceAll('-0', '-').replaceAll('-', '/'),
    person.ethnicGroup.replace(/族$/, ''),
    MARITAL[person.marital],
    person.education === undefined ? undefined : (EDUCATION[person.education] ?? person.education),
    person.occupation,
    seen.phone,
    visit.registeredAddress,
    visit.grid.unit.division.code,
    seen.address,
    visit.grid.code,
    visit.apart ? '人户分离' : '人户一致',
    RELATION[person.relation][person.sex === 'male' ? 0 : 1],
    visit.headId,
    of.alive ? '在住' : '去世',
  ];
}
