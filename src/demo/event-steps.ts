import { DAY, type Moment, NOW } from './moments.js';
import type { Grid } from './plan.js';
import type { Random } from './random.js';

export type StepKind =
  | '信息采集'
  | '事件上报'
  | '核实受理'
  | '分流派遣'
  | '交办'
  | '事件办理'
  | '退回'
  | '结果反馈'
  | '回访核查'
  | '办结归档'
  | '催办'
  | '督办';

export interface EventStep {
  kind: StepKind;
  from: string;
  to: string;
  at: Moment;
  dueAt: Moment | undefined;
  remark: string | undefined;
}

export interface Course {
  grid: Grid;
  department: string;
  collectedAt: Moment;
  dueAt: Moment;
  /** Nobody took it up before it was passed on. */
  unheard: boolean;
}

const SENT_BACK = 0.05;
const REMINDED = 0.07;
const SUPERVISED = 0.02;

/** Minutes until the step: at least, and how many more at most. */
const PACE: Readonly<Record<StepKind, readonly [number, number]>> = {
  信息采集: [0, 1],
  事件上报: [3, 40],
  核实受理: [10, 240],
  分流派遣: [10, 480],
  交办: [10, 480],
  事件办理: [60, 2 * DAY],
  退回: [60, DAY],
  结果反馈: [60, 2 * DAY],
  回访核查: [60, DAY],
  办结归档: [10, DAY],
  催办: [240, DAY],
  督办: [240, DAY],
};

/** 采集 → 上报 → 受理 → 分流 → 交办 → 办理 → 反馈 → 核查 → 办结, with increasing times, as far as the demo's last day; the first always. */
export function stepsOf(course: Course, random: Random): EventStep[] {
  const steps: EventStep[] = [];
  let at = course.collectedAt;
  for (const kind of orderOf(course, random)) {
    const [least, more] = PACE[kind];
    at += least + random.below(more);
    if (at > NOW) break;
    steps.push({ kind, at, ...partiesOf(course, kind), ...wordsOf(course, kind) });
  }
  return steps;
}

function orderOf({ unheard }: Course, random: Random): StepKind[] {
  const order: StepKind[] = ['信息采集', '事件上报', '核实受理', '分流派遣', '交办'];
  // Not theirs to settle: it is passed on and assigned anew.
  if (random.chance(SENT_BACK)) order.push('退回', '分流派遣', '交办');
  if (random.chance(REMINDED)) order.push('催办');
  if (random.chance(SUPERVISED)) order.push('督办');
  order.push('事件办理', '结果反馈', '回访核查', '办结归档');
  return unheard ? order.filter((kind) => kind !== '核实受理') : order;
}

/** From whom to whom. */
function partiesOf({ grid, department }: Course, kind: StepKind): { from: string; to: string } {
  const { unit } = grid;
  const worker = `${unit.name}第${grid.number}网格`;
  const community = unit.division.name;
  const township = `${unit.prefix.slice('山东省淄博市张店区'.length)}综治中心`;
  const centre = '区网格化服务中心';
  const parties: Readonly<Record<StepKind, readonly [string, string]>> = {
    信息采集: [worker, worker],
    事件上报: [worker, community],
    核实受理: [community, township],
    分流派遣: [township, centre],
    交办: [centre, department],
    事件办理: [department, department],
    退回: [department, township],
    结果反馈: [department, centre],
    回访核查: [centre, worker],
    办结归档: [worker, centre],
    催办: [centre, department],
    督办: [centre, department],
  };
  const [from, to] = parties[kind];
  return { from, to };
}

const REMARKS: Partial<Record<StepKind, string>> = {
  退回: '不属于本单位职责，退回重新分流',
  催办: '临近办理时限，请抓紧办理',
  督办: '请限期办结并书面说明',
  结果反馈: '已现场处置完毕',
  回访核查: '经回访，问题已解决',
};

function wordsOf({ dueAt }: Course, kind: StepKind): Pick<EventStep, 'dueAt' | 'remark'> {
  const limited = kind === '交办' || kind === '催办' || kind === '督办';
  return { dueAt: limited ? dueAt : undefined, remark: REMARKS[kind] };
}
