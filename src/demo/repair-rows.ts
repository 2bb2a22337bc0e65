import { gridsOf, type Layout, layOut } from './dwellings.js';
import { DAY, NOW, spelled, written } from './moments.js';
import type { Plan, Unit } from './plan.js';
import { type Random, randomOf, weighted } from './random.js';
import type { Row } from './row.js';

/** Property companies repair, the housing authority takes complaints: of the last three months. */
export const REPAIR_HEADINGS = [
  '工单编号',
  '小区编码',
  '房屋编码',
  '报修类别',
  '问题描述',
  '报修时间',
  '派单时间',
  '完工时间',
  '工单状态',
  '评价星级',
];
export const COMPLAINT_HEADINGS = [
  '投诉编号',
  '小区编码',
  '房屋编码',
  '投诉类别',
  '投诉内容',
  '投诉时间',
  '答复时间',
  '满意度',
];

const DAYS = 90;
const REPAIRS_PER_PERSON = 0.03;
const COMPLAINTS_PER_PERSON = 0.008;

/** Category, what is said, and whether it is about a dwelling. */
type RepairMatter = readonly [category: string, words: string, inside: boolean];

const pickRepair = weighted<RepairMatter>([
  [['给排水', '厨房水管漏水，请尽快上门维修', true], 24],
  [['给排水', '卫生间下水道堵塞', true], 14],
  [['电路', '家中频繁跳闸，请电工检查', true], 12],
  [['燃气', '燃气阀门有异味，请检查', true], 3],
  [['暖气', '暖气片接口渗水', true], 6],
  [['门禁监控', '单元门禁刷卡无反应', false], 10],
  [['公共设施', '楼道照明灯不亮', false], 15],
  [['公共设施', '健身器材松动', false], 4],
  [['绿化保洁', '楼前树枝过长遮挡窗户', false], 6],
  [['其他', '入户门锁损坏', true], 6],
]);
const LIFT: RepairMatter = ['电梯', '电梯运行有异响，请维保单位检查', false];

const pickComplaint = weighted<RepairMatter>([
  [['物业服务质量', '报修后长时间无人上门', true], 28],
  [['邻里噪声', '楼上夜间装修噪声扰民', true], 22],
  [['环境卫生', '垃圾分类点清运不及时，有异味', false], 18],
  [['停车管理', '消防通道被车辆占用', false], 18],
  [['物业收费', '对公摊水电费计算方式有疑问', true], 10],
  [['其他', '建议增设电动车充电桩', false], 4],
]);

export function* repairRows(plan: Plan, units: ReadonlySet<Unit>): Generator<Row> {
  for (const grid of gridsOf(plan)) {
    if (!units.has(grid.unit)) continue;
    const random = randomOf(plan.seed, `repairs ${grid.code}`);
    const layout = layOut(grid);
    const { compoundCode, floors } = layout.building(0);
    const count = Math.round(grid.persons * REPAIRS_PER_PERSON);
    for (let i = 1; i <= count; i++) {
      const matter = floors > 6 && random.chance(0.12) ? LIFT : pickRepair(random);
      // The grid's number keeps apart the orders of a compound's grids.
      const orderNo = `BX${grid.code}${String(i).padStart(5, '0')}`;
      yield [orderNo, compoundCode, houseOf(layout, matter, random), matter[0], matter[1], ...progress(random)];
    }
  }
}

/** Reported, dispatched, done, status, stars; what would come after the last day has not come yet. */
function progress(random: Random): Row {
  const reported = NOW - random.below(DAYS * DAY);
  const dispatched = reported + 10 + random.below(300);
  const begun = dispatched + 30 + random.below(DAY);
  const done = begun + 30 + random.below(2 * DAY);
  const cancelled = random.chance(0.03);
  const rated = random.chance(0.6);
  if (cancelled) return [spelled(reported), undefined, undefined, '已撤销', undefined];
  const status =
    dispatched > NOW ? '待派单' : begun > NOW ? '已派单' : done > NOW ? '维修中' : rated ? '已评价' : '已完工';
  const stars = status === '已评价' ? pickStars(random) : undefined;
  return [spelled(reported), written(dispatched), written(done), status, stars];
}

export function* complaintRows(plan: Plan): Generator<Row> {
  for (const grid of gridsOf(plan)) {
    if (!grid.unit.urban) continue;
    const random = randomOf(plan.seed, `complaints ${grid.code}`);
    const layout = layOut(grid);
    const count = Math.round(grid.persons * COMPLAINTS_PER_PERSON);
    for (let i = 1; i <= count; i++) {
      const matter = pickComplaint(random);
      const reported = NOW - random.below(DAYS * DAY);
      const answered = written(reported + 120 + random.below(7 * DAY));
      yield [
        `TS${grid.code}${String(i).padStart(5, '0')}`,
        layout.building(0).compoundCode,
        houseOf(layout, matter, random),
        matter[0],
        matter[1],
        spelled(reported),
        answered,
        answered === undefined || random.chance(0.3) ? undefined : pickStars(random),
      ];
    }
  }
}

function houseOf(layout: Layout, [, , inside]: RepairMatter, random: Random): string | undefined {
  const home = layout.homeOf(random.below(layout.grid.households));
  return inside ? layout.dwelling(home).houseCode : undefined;
}

const pickStars = weighted([
  [5, 55],
  [4, 27],
  [3, 10],
  [2, 5],
  [1, 3],
]);
