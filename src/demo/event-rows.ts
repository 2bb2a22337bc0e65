import type { StepKind } from './event-steps.js';
import { type EventStory, eventStories } from './event-stories.js';
import { spelled } from './moments.js';
import type { Plan } from './plan.js';
import type { Row } from './row.js';

export const EVENT_HEADINGS = [
  '事件编号',
  '所属网格',
  '所属社区',
  '事件来源',
  '事件大类',
  '事件标题',
  '事件描述',
  '紧急程度',
  '经纬度',
  '上报人工号',
  '上报时间',
  '事件状态',
  '承办单位',
  '办理时限',
  '办结时间',
  '满意度',
];
export const STEP_HEADINGS = [
  '事件编号',
  '环节序号',
  '环节名称',
  '发起单位',
  '接收单位',
  '处理时间',
  '环节时限',
  '处理意见',
  '所属社区',
];

/** Where an event stands after its last step; 催办 and 督办 change nothing. */
const STATUS: Partial<Record<StepKind, string>> = {
  信息采集: '待上报',
  事件上报: '待受理',
  核实受理: '待分流',
  分流派遣: '待交办',
  交办: '待办理',
  事件办理: '办理中',
  退回: '已退回',
  结果反馈: '待核查',
  回访核查: '待办结',
  办结归档: '已办结',
};

export function* eventRows(plan: Plan): Generator<Row> {
  for (const story of eventStories(plan)) yield eventRow(story);
}

function eventRow(story: EventStory): Row {
  const { grid, matter, steps } = story;
  const standing = steps.findLast(({ kind }) => STATUS[kind] !== undefined)!;
  const last = steps.at(-1)!;
  return [
    story.number,
    grid.code,
    grid.unit.division.code,
    story.source,
    matter.category,
    matter.title,
    matter.content,
    story.urgency,
    story.point.join(','),
    story.reporter,
    spelled(story.reportedAt),
    STATUS[standing.kind],
    last.to,
    spelled(story.dueAt),
    last.kind === '办结归档' ? spelled(last.at) : undefined,
    story.stars,
  ];
}

export function* stepRows(plan: Plan): Generator<Row> {
  for (const { number, grid, steps } of eventStories(plan)) {
    for (const [i, { kind, from, to, at, dueAt, remark }] of steps.entries()) {
      const due = dueAt === undefined ? undefined : spelled(dueAt);
      yield [number, i + 1, kind, from, to, spelled(at), due, remark, grid.unit.division.code];
    }
  }
}
