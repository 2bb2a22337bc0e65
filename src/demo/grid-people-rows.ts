import { gridsOf } from './dwellings.js';
import type { Plan } from './plan.js';
import { populate } from './population.js';
import { randomOf } from './random.js';
import type { Row } from './row.js';
import { tenures } from './tenure.js';
import { workersOf } from './workers.js';

/** 网格化服务中心: who serves the grids, and who was found at home. */
export const WORKER_HEADINGS = [
  '网格员工号',
  '姓名',
  '所属网格',
  '岗位',
  '是否专职',
  '手机号码',
  '上岗日期',
  '所属社区',
];
export const VOLUNTEER_HEADINGS = ['志愿者编号', '身份证号', '姓名', '服务社区', '服务类别', '服务时长'];
export const DWELLING_HEADINGS = ['房屋编码', '住户代表身份证号', '实际居住人数', '所属社区', '所属网格'];

const SKILLS = ['助老', '助残', '医疗', '法律', '环保', '文体', '应急', '其他'] as const;
/** Of all people from 16 to 70. */
const VOLUNTEERS = 0.04;

export function* workerRows(plan: Plan): Generator<Row> {
  for (const grid of gridsOf(plan)) {
    for (const { number, name, post, fullTime, phone, since } of workersOf(plan, grid)) {
      yield [number, name, grid.code, post, fullTime ? '专职' : '兼职', phone, since, grid.unit.division.code];
    }
  }
}

export function* volunteerRows(plan: Plan): Generator<Row> {
  const random = randomOf(plan.seed, 'volunteers');
  let sequence = 0;
  for (const { persons, grid } of populate(plan)) {
    for (const { age, idNumber, name } of persons) {
      if (age < 16 || age > 70 || !random.chance(VOLUNTEERS)) continue;
      const first = random.below(SKILLS.length);
      const skills = random.chance(0.4) ? [first, (first + 1 + random.below(7)) % SKILLS.length] : [first];
      yield [
        `ZY370399${String(++sequence).padStart(8, '0')}`,
        idNumber,
        name,
        grid.unit.division.code,
        skills.map((skill) => SKILLS[skill]).join('、'),
        (random.below(4_000) / 10).toFixed(1),
      ];
    }
  }
}

/** Whoever lives there, registered or not: so there are more than the register has households. */
export function* dwellingRows(plan: Plan): Generator<Row> {
  for (const { house, persons, grid } of tenures(plan)) {
    const head = persons[0];
    if (head === undefined) continue;
    yield [house.houseCode, head.idNumber, persons.length, grid.unit.division.code, grid.code];
  }
}
