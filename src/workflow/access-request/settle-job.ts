import type { Exchange } from '../../exchange/exchange.js';
import type { NewJob, Task } from '../../platform/jobs.js';
import { databaseProblem } from '../../platform/postgres/database-problem.js';
import { settleRequests } from './settle.js';

const TASK = 'settle-requests';
const EVERY_MS = 300_000;

/** Takes the steps that wait for nobody, every five minutes, on one node at a time. */
export function settleTask(exchange: Exchange): Readonly<Record<string, Task>> {
  return {
    [TASK]: async (_, { last }) => {
      try {
        await settleRequests(exchange);
      } catch (error) {
        if (!last) throw databaseProblem(error);
      } finally {
        await planSettling(exchange);
      }
    },
  };
}

/** Plans the next round. Every node may do it: the job exists once. */
export function planSettling({ jobs, clock }: Pick<Exchange, 'jobs' | 'clock'>): Promise<void> {
  const runAt = new Date(clock.now() + EVERY_MS);
  const job: NewJob = { task: TASK, payload: {}, key: TASK, queue: TASK, once: true, attempts: 3, runAt };
  return jobs.within((tx) => jobs.add(tx, job));
}
