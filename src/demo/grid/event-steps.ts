import { DAY, type Moment, NOW } from '../files/moments.js';
import type { Random } from '../files/random.js';
import type { Grid } from '../places/plan.js';

/** Codes of `event-step-kind`: from its collection (采集) to its closing (办结), and steps between. */
export const STEP = {
  collected: '10',
  reported: '20',
  accepted: '30',
  dispatched: '40',
  assigned: '50',
  handled: '60',
  returned: '65',
  answered: '70',
  verified: '80',
  closed: '90',
  reminded: '95',
  supervised: '96',
} as const;
export type StepKind = (typeof STEP)[keyof typeof STEP];

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
  /** Nobody accepted it before it was passed on. */
  unheard: boolean;
}

const SENT_BACK = 0.05;
const REMINDED = 0.07;
const SUPERVISED = 0.02;

/** Minutes until the step: the minimum, and the range above it. */
const PACE: Readonly<Record<StepKind, readonly [number, number]>> = {
  [STEP.collected]: [0, 1],
  [STEP.reported]: [3, 40],
  [STEP.accepted]: [10, 240],
  [STEP.dispatched]: [10, 480],
  [STEP.assigned]: [10, 480],
  [STEP.handled]: [60, 2 * DAY],
  [STEP.returned]: [60, DAY],
  [STEP.answered]: [60, 2 * DAY],
  [STEP.verified]: [60, DAY],
  [STEP.closed]: [10, DAY],
  [STEP.reminded]: [240, DAY],
  [STEP.supervised]: [240, DAY],
};

/** 采集 → 上报 → 受理 → 分流 → 交办 → 办理 → 反馈 → 核查 → 办结, with increasing times, until the demo's last day. */
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
  const order: StepKind[] = [STEP.collected, STEP.reported, STEP.accepted, STEP.dispatched, STEP.assigned];
  // Another department's task: it is returned and assigned again.
  if (random.chance(SENT_BACK)) order.push(STEP.returned, STEP.dispatched, STEP.assigned);
  if (random.chance(REMINDED)) order.push(STEP.reminded);
  if (random.chance(SUPERVISED)) order.push(STEP.supervised);
  order.push(STEP.handled, STEP.answered, STEP.verified, STEP.closed);
  return unheard ? order.filter((kind) => kind !== STEP.accepted) : order;
}

/** The sender and the receiver. */
function partiesOf({ grid, department }: Course, kind: StepKind): { from: string; to: string } {
  const { unit } = grid;
  const worker = `${unit.name}第${grid.number}网格`;
  const community = unit.division.name;
  const township = `${unit.prefix.slice('山东省淄博市张店区'.length)}综治中心`;
  const centre = '区网格化服务中心';
  const parties: Readonly<Record<StepKind, readonly [string, string]>> = {
    [STEP.collected]: [worker, worker],
    [STEP.reported]: [worker, community],
    [STEP.accepted]: [community, township],
    [STEP.dispatched]: [township, centre],
    [STEP.assigned]: [centre, department],
    [STEP.handled]: [department, department],
    [STEP.returned]: [department, township],
    [STEP.answered]: [department, centre],
    [STEP.verified]: [centre, worker],
    [STEP.closed]: [worker, centre],
    [STEP.reminded]: [centre, department],
    [STEP.supervised]: [centre, department],
  };
  const [from, to] = parties[kind];
  return { from, to };
}

const REMARKS: Partial<Record<StepKind, string>> = {
  [STEP.returned]: '不属于本单位职责，退回重新分流',
  [STEP.reminded]: '临近办理时限，请抓紧办理',
  [STEP.supervised]: '请限期办结并书面说明',
  [STEP.answered]: '已现场处置完毕',
  [STEP.verified]: '经回访，问题已解决',
};

function wordsOf({ dueAt }: Course, kind: StepKind): Pick<EventStep, 'dueAt' | 'remark'> {
  const limited = kind === STEP.assigned || kind === STEP.reminded || kind === STEP.supervised;
  return { dueAt: limited ? dueAt : undefined, remark: REMARKS[kind] };
}
