import { spelled } from '../files/moments.js';
import type { StandardRow } from '../files/standard-row.js';
import type { PopulationPlan } from '../places/plan.js';
import { STEP, type StepKind } from './event-steps.js';
import { type EventStory, eventStories } from './event-stories.js';

/** They do not change an event's state; any other step sets the status with the same code. */
const CHANGES_NOTHING: ReadonlySet<StepKind> = new Set([STEP.reminded, STEP.supervised]);

export function* eventRows(plan: PopulationPlan): Generator<StandardRow> {
  for (const story of eventStories(plan)) yield eventRow(story);
}

function eventRow(story: EventStory): StandardRow {
  const { grid, matter, steps } = story;
  const last = steps.at(-1);
  return {
    event_no: story.number,
    grid_code: grid.code,
    division_code: grid.unit.division.code,
    source: story.source,
    category: matter.category,
    title: matter.title,
    content: matter.content,
    urgency: story.urgency,
    point: story.point,
    reporter_no: story.reporter,
    reported_at: spelled(story.reportedAt),
    status: steps.findLast(({ kind }) => !CHANGES_NOTHING.has(kind))?.kind,
    handler_department: last?.to,
    due_at: spelled(story.dueAt),
    closed_at: last?.kind === STEP.closed ? spelled(last.at) : undefined,
    satisfaction: story.stars,
  };
}

export function* stepRows(plan: PopulationPlan): Generator<StandardRow> {
  for (const { number, grid, steps } of eventStories(plan)) {
    for (const [i, { kind, from, to, at, dueAt, remark }] of steps.entries()) {
      const due = dueAt === undefined ? undefined : spelled(dueAt);
      yield {
        event_no: number,
        seq: i + 1,
        kind,
        from_party: from,
        to_party: to,
        at: spelled(at),
        due_at: due,
        remark,
        division_code: grid.unit.division.code,
      };
    }
  }
}
