import { DAY, NOW, spelled, written } from '../files/moments.js';
import { type Random, randomOf, weighted } from '../files/random.js';
import type { StandardRow } from '../files/standard-row.js';
import { gridsOf, type Layout, layOut } from './dwellings.js';
import type { PopulationPlan, Unit } from './plan.js';

/** Property companies repair, the housing authority takes complaints: of the last three months. */
const DAYS = 90;
/** Codes of `repair-status`. */
const STATUS = { reported: '1', dispatched: '2', begun: '3', done: '4', rated: '5', cancelled: '6' } as const;
const REPAIRS_PER_PERSON = 0.03;
const COMPLAINTS_PER_PERSON = 0.008;

/** Code of `repair-category` or `complaint-category`, what is said, and whether it concerns a dwelling. */
type RepairMatter = readonly [category: string, words: string, inside: boolean];

const pickRepair = weighted<RepairMatter>([
  [['01', '厨房水管漏水，请尽快上门维修', true], 24],
  [['01', '卫生间下水道堵塞', true], 14],
  [['02', '家中频繁跳闸，请电工检查', true], 12],
  [['03', '燃气阀门有异味，请检查', true], 3],
  [['04', '暖气片接口渗水', true], 6],
  [['06', '单元门禁刷卡无反应', false], 10],
  [['07', '楼道照明灯不亮', false], 15],
  [['07', '健身器材松动', false], 4],
  [['08', '楼前树枝过长遮挡窗户', false], 6],
  [['99', '入户门锁损坏', true], 6],
]);
const LIFT: RepairMatter = ['05', '电梯运行有异响，请维保单位检查', false];

const pickComplaint = weighted<RepairMatter>([
  [['01', '报修后长时间无人上门', true], 28],
  [['02', '楼上夜间装修噪声扰民', true], 22],
  [['03', '垃圾分类点清运不及时，有异味', false], 18],
  [['04', '消防通道被车辆占用', false], 18],
  [['05', '对公摊水电费计算方式有疑问', true], 10],
  [['99', '建议增设电动车充电桩', false], 4],
]);

export function* repairRows(plan: PopulationPlan, units: ReadonlySet<Unit>): Generator<StandardRow> {
  for (const grid of gridsOf(plan)) {
    if (!units.has(grid.unit)) continue;
    const random = randomOf(plan.seed, `repairs ${grid.code}`);
    const layout = layOut(grid);
    const { compoundCode, floors } = layout.building(0);
    const count = Math.round(grid.persons * REPAIRS_PER_PERSON);
    for (let i = 1; i <= count; i++) {
      const matter = floors > 6 && random.chance(0.12) ? LIFT : pickRepair(random);
      // The grid's number separates the orders of a compound's grids.
      const orderNo = `BX${grid.code}${String(i).padStart(5, '0')}`;
      yield {
        order_no: orderNo,
        compound_code: compoundCode,
        house_code: houseOf(layout, matter, random),
        category: matter[0],
        description: matter[1],
        ...progress(random),
      };
    }
  }
}

/** Reported, dispatched, done, status, stars; events after the last day are missing. */
function progress(random: Random): StandardRow {
  const reported = NOW - random.below(DAYS * DAY);
  const dispatched = reported + 10 + random.below(300);
  const begun = dispatched + 30 + random.below(DAY);
  const done = begun + 30 + random.below(2 * DAY);
  const cancelled = random.chance(0.03);
  const rated = random.chance(0.6);
  if (cancelled) return { reported_at: spelled(reported), status: STATUS.cancelled };
  const status =
    dispatched > NOW
      ? STATUS.reported
      : begun > NOW
        ? STATUS.dispatched
        : done > NOW
          ? STATUS.begun
          : rated
            ? STATUS.rated
            : STATUS.done;
  const stars = status === STATUS.rated ? pickStars(random) : undefined;
  return {
    reported_at: spelled(reported),
    dispatched_at: written(dispatched),
    done_at: written(done),
    status,
    satisfaction: stars,
  };
}

export function* complaintRows(plan: PopulationPlan): Generator<StandardRow> {
  for (const grid of gridsOf(plan)) {
    if (!grid.unit.urban) continue;
    const random = randomOf(plan.seed, `complaints ${grid.code}`);
    const layout = layOut(grid);
    const count = Math.round(grid.persons * COMPLAINTS_PER_PERSON);
    for (let i = 1; i <= count; i++) {
      const matter = pickComplaint(random);
      const reported = NOW - random.below(DAYS * DAY);
      const answered = written(reported + 120 + random.below(7 * DAY));
      yield {
        complaint_no: `TS${grid.code}${String(i).padStart(5, '0')}`,
        compound_code: layout.building(0).compoundCode,
        house_code: houseOf(layout, matter, random),
        category: matter[0],
        content: matter[1],
        reported_at: spelled(reported),
        answered_at: answered,
        satisfaction: answered === undefined || random.chance(0.3) ? undefined : pickStars(random),
      };
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
