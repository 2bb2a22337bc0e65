import type { NewJob, Task } from '../../platform/jobs.js';
import { databaseProblem } from '../../platform/postgres/database-problem.js';
import type { Exchange } from '../exchange.js';
import { applyRetention } from './apply-retention.js';

const TASK = 'retention';
const DAY_MS = 86_400_000;
/** 02:30 in Asia/Shanghai, when few people work. */
const AT_MS = 18.5 * 3_600_000;

/** Removes what is old once a day, on one node at a time. */
export function retentionTask(exchange: Exchange): Readonly<Record<string, Task>> {
  return {
    [TASK]: async (_, { last, signal }) => {
      try {
        await applyRetention(exchange, signal);
      } catch (error) {
        if (!last) throw databaseProblem(error);
      } finally {
        await planRetention(exchange);
      }
    },
  };
}

/** Plans the next night. Every node may do it: the job exists once. */
export function planRetention({ jobs, clock }: Pick<Exchange, 'jobs' | 'clock'>): Promise<void> {
  const now = clock.now();
  const today = Math.floor(now / DAY_MS) * DAY_MS + AT_MS;
  const runAt = new Date(today > now ? today : today + DAY_MS);
  const job: NewJob = { task: TASK, payload: {}, key: TASK, queue: TASK, once: true, attempts: 3, runAt };
  return jobs.within((tx) => jobs.add(tx, job));
}
