import type { PublisherFile } from '../client/deliver-file.js';
import { EVENT_HEADINGS, eventRows, STEP_HEADINGS, stepRows } from './event-rows.js';
import {
  DWELLING_HEADINGS,
  dwellingRows,
  VOLUNTEER_HEADINGS,
  volunteerRows,
  WORKER_HEADINGS,
  workerRows,
} from './grid-people-rows.js';
import type { Plan } from './plan.js';
import { publisherFile } from './publisher-file.js';
import type { Row } from './row.js';

/** The files that tell of what grid workers found, and of what happens in their grids. */
export function* gridFiles(plan: Plan): Generator<PublisherFile> {
  const files: [string, string, readonly string[], (plan: Plan) => Iterable<Row>][] = [
    ['dwelling-household', '住户', DWELLING_HEADINGS, dwellingRows],
    ['grid-worker', '网格员', WORKER_HEADINGS, workerRows],
    ['volunteer', '志愿者', VOLUNTEER_HEADINGS, volunteerRows],
    ['event', '网格事件', EVENT_HEADINGS, eventRows],
    ['event-step', '事件流转', STEP_HEADINGS, stepRows],
  ];
  for (const [dataset, name, headings, rows] of files) {
    yield publisherFile(`grid-center/${dataset}`, { name, headings, kind: 'csv', rows: () => rows(plan) });
  }
}
