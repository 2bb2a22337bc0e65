import { listTasks } from '../../workflow/access-request/list-requests.js';
import { transitionOf } from '../../workflow/access-request/transitions.js';
import { json, type Operation, operation } from '../operation.js';
import { closed, list } from '../shapes.js';
import { listingOf, pageInfoOf, paging, platformPage } from './page.js';
import { presentClock } from './present-request.js';
import { task } from './request-shapes.js';
import { operationOf } from './step-operations.js';

/** What waits for the caller. */
export const taskOperations: readonly Operation[] = [
  operation({
    method: 'GET',
    path: '/api/v1/tasks',
    id: 'listTasks',
    tag: 'workflow',
    who: ['person'],
    summary: 'What waits for me: the most urgent first, with due date, article and what I can do',
    query: closed(paging),
    replies: { 200: json('A page of tasks.', closed({ data: list(task, 200), page: platformPage })) },
    problems: [400, 403],
    async handler({ exchange }, { caller, query }) {
      const { items, next } = await listTasks(exchange.database.app, caller, listingOf(query()));
      const data = items.map(({ request, clock, may }) => {
        const { id, version, state, department, provider, asked } = request;
        const { dataset, application } = asked;
        const operations = may.map((step) => ({ step, operation: operationOf(step), title: transitionOf(step).title }));
        const about = { request: id, version, state, dataset, application, department, provider };
        return { ...about, clock: presentClock(exchange, clock), operations };
      });
      return { data, page: pageInfoOf(next) };
    },
  }),
];
