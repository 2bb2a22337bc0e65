import { DAY, type Moment, NOW } from '../files/moments.js';
import { type Random, randomOf, weighted } from '../files/random.js';
import { somewhereIn } from '../places/device-rows.js';
import { gridsOf } from '../places/dwellings.js';
import type { Grid, PopulationPlan } from '../places/plan.js';
import { type EventStep, STEP, stepsOf } from './event-steps.js';
import { workersOf } from './workers.js';

/** An event in a grid, from its collection to its state on the demo's last day. */
export interface EventStory {
  number: string;
  grid: Grid;
  matter: Matter;
  source: string;
  urgency: Urgency;
  point: readonly [number, number];
  /** Undefined where no grid worker reported it. */
  reporter: string | undefined;
  reportedAt: Moment;
  dueAt: Moment;
  steps: readonly EventStep[];
  stars: number | undefined;
}

interface Matter {
  /** Code of `event-category`. */
  category: string;
  title: string;
  content: string;
  /** The department that settles it. */
  department: string;
}

/** Code of `event-urgency`. */
type Urgency = '1' | '2' | '3';

const PER_PERSON = 0.04;
const DAYS = 180;
const LIMIT_DAYS: Readonly<Record<Urgency, number>> = { 1: 7, 2: 3, 3: 1 };
/** One of so many events was filed without acceptance (受理): the rule on the order of steps finds it. */
const OUT_OF_ORDER_EVERY = 40;

const matter = (category: string, department: string, title: string, content: string): Matter => {
  return { category, department, title, content };
};

const pickMatter = weighted([
  [matter('04', '区综合行政执法局', '楼前堆放建筑垃圾', '楼前绿地堆放装修垃圾，影响通行，请协调清运。'), 16],
  [matter('04', '区综合行政执法局', '垃圾桶满溢', '分类投放点垃圾桶满溢，有异味。'), 12],
  [matter('07', '区住房和城乡建设局', '路灯不亮', '小区门口道路路灯连续两晚不亮。'), 10],
  [matter('07', '区住房和城乡建设局', '井盖松动', '人行道井盖松动，存在安全隐患。'), 9],
  [matter('03', '区应急管理局', '楼道堆放杂物', '楼道堆放纸箱等可燃物，堵塞疏散通道。'), 12],
  [matter('03', '区应急管理局', '电动车违规充电', '居民从窗户拉线给电动车充电。'), 10],
  [matter('01', '区司法局', '邻里噪声纠纷', '上下楼住户因夜间噪声发生争执，请求调解。'), 9],
  [matter('01', '区司法局', '停车位纠纷', '两户因停车位使用发生争执。'), 6],
  [matter('05', '区民政局', '高龄老人需要助餐', '独居老人行动不便，希望联系助餐服务。'), 8],
  [matter('06', '区民政局', '走访独居老人', '按计划走访独居老人，了解身体和生活情况。'), 4],
  [matter('02', '公安分局', '单元门损坏', '单元门锁损坏，外来人员可随意出入。'), 4],
]);
/** Codes of `event-source`. */
const GRID_WORKER = '1';
const pickSource = weighted([
  [GRID_WORKER, 68],
  ['2', 17],
  ['3', 12],
  ['4', 3],
]);
const pickUrgency = weighted<Urgency>([
  ['1', 78],
  ['2', 17],
  ['3', 5],
]);
const pickStars = weighted([
  [5, 60],
  [4, 26],
  [3, 9],
  [2, 3],
  [1, 2],
]);

/** About 40 per half-year for 1,000 people, grid by grid. */
export function* eventStories(plan: PopulationPlan): Generator<EventStory> {
  let sequence = 0;
  for (const grid of gridsOf(plan)) {
    const random = randomOf(plan.seed, `events ${grid.code}`);
    const reporters = workersOf(plan, grid).map(({ number }) => number);
    const count = Math.round(grid.persons * PER_PERSON);
    for (let i = 1; i <= count; i++) {
      const unheard = ++sequence % OUT_OF_ORDER_EVERY === OUT_OF_ORDER_EVERY / 2 + 1;
      yield storyOf(grid, { number: `SJ${grid.code}${String(i).padStart(5, '0')}`, reporters, unheard }, random);
    }
  }
}

function storyOf(
  grid: Grid,
  of: { number: string; reporters: readonly string[]; unheard: boolean },
  random: Random,
): EventStory {
  const { number, reporters, unheard } = of;
  const told = pickMatter(random);
  const source = pickSource(random);
  const urgency = pickUrgency(random);
  const collectedAt = NOW - 30 - random.below(DAYS * DAY);
  const dueAt = collectedAt + LIMIT_DAYS[urgency] * DAY;
  const steps = stepsOf({ grid, department: told.department, collectedAt, dueAt, unheard }, random);
  const reporter = random.pick(reporters);
  const closed = steps.at(-1)?.kind === STEP.closed;
  return {
    number,
    grid,
    matter: told,
    source,
    urgency,
    point: somewhereIn(grid, random),
    reporter: source === GRID_WORKER ? reporter : undefined,
    reportedAt: steps.find(({ kind }) => kind === STEP.reported)?.at ?? collectedAt,
    dueAt,
    steps,
    stars: closed && random.chance(0.7) ? pickStars(random) : undefined,
  };
}
