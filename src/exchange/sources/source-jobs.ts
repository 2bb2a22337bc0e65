import { Cron } from 'croner';
import type { Contract } from '../../catalog/contract.js';
import { isPulled } from '../../catalog/source-terms.js';
import type { Jobs, NewJob, Task } from '../../platform/jobs.js';
import { databaseProblem } from '../../platform/postgres/database-problem.js';
import type { Exchange } from '../exchange.js';
import { mayPass, runSource } from './run-source.js';
import { queueRun, RUN_TASK } from './source-runs.js';

const SCHEDULE_TASK = 'source-schedule';
/** Statutory time of the district: cron fields are in Asia/Shanghai, in any time zone of the machine. */
const ZONE = 'Asia/Shanghai';

/** The kinds of jobs that a node carries out. */
function sourceTasks(exchange: Exchange): Readonly<Record<string, Task>> {
  return { [RUN_TASK]: runTask(exchange), [SCHEDULE_TASK]: scheduleTask(exchange) };
}

/**
 * Tries again only failures that may pass. The run's row and the log have every failure; the last attempt leaves no
 * job.
 */
function runTask(exchange: Exchange): Task {
  return async ({ run, contract }, { last, signal }) => {
    try {
      await runSource(exchange, String(contract), { run: String(run), retried: !last, signal });
    } catch (error) {
      const problem = databaseProblem(error);
      if (!last && (mayPass(problem) || problem.code === 'in-progress')) throw problem;
    }
  };
}

function scheduleTask(exchange: Exchange): Task {
  return async ({ contract: contractId }) => {
    const contract = exchange.policy.current().catalog.contracts.get(String(contractId));
    const schedule = contract && scheduleOf(contract);
    if (contract === undefined || schedule === undefined) return; // the catalog has changed since, and the change has its own plan
    await exchange.jobs.within((tx) => exchange.jobs.add(tx, scheduleJob(contract, schedule, exchange.clock.now())));
    await queueRun(exchange, { contractId: contract.id, cause: 'schedule' });
  };
}

/** Makes the planned runs match the catalog. Every node may do it: a job name exists only once. @internal */
export function planSchedules(exchange: Exchange): Promise<void> {
  const { catalog } = exchange.policy.current();
  const wanted = [...catalog.contracts.values()].flatMap((contract) => {
    const schedule = scheduleOf(contract);
    return schedule === undefined ? [] : [{ ...scheduleJob(contract, schedule, exchange.clock.now()), once: true }];
  });
  return exchange.jobs.within((tx) => replan(exchange.jobs, tx, wanted));
}

async function replan(jobs: Jobs, tx: Parameters<Jobs['add']>[0], wanted: readonly NewJob[]): Promise<void> {
  const keys = new Set(wanted.map(({ key }) => key));
  for (const key of await jobs.keys(tx, `${SCHEDULE_TASK} `)) if (!keys.has(key)) await jobs.remove(tx, key);
  for (const job of wanted) await jobs.add(tx, job);
}

function scheduleOf({ delivery: { source } }: Contract): string | undefined {
  return isPulled(source) ? source.schedule : undefined;
}

/** The name includes the expression: a new expression is a new job, and an unchanged one keeps its time. */
function scheduleJob({ id }: Contract, schedule: string, now: number): NewJob {
  return {
    task: SCHEDULE_TASK,
    payload: { contract: id, schedule },
    key: `${SCHEDULE_TASK} ${id} ${schedule}`,
    runAt: nextRun(schedule, now),
  };
}

/** The next time of a schedule after `now` (ms). @internal */
export function nextRun(schedule: string, now: number): Date {
  const next = new Cron(schedule, { timezone: ZONE, paused: true }).nextRun(new Date(now));
  // The contract's schema allows only five fields, but 30 February never comes: then look again after a year.
  return next ?? new Date(now + 365 * 86_400_000);
}

/** Plans the runs on every node, and starts the worker if this node has one: for these and for other kinds of jobs. The worker ends with `jobs`. */
export async function openSourceJobs(
  exchange: Exchange,
  others: Readonly<Record<string, Task>>,
): Promise<{ close(): Promise<void> }> {
  let planning: Promise<void> = Promise.resolve();
  let planned = '[]';
  const plan = () => {
    const contracts = [...exchange.policy.current().catalog.contracts.values()];
    const now = JSON.stringify(
      contracts.flatMap((each) => (scheduleOf(each) === undefined ? [] : [[each.id, scheduleOf(each)]])),
    );
    if (now === planned) return;
    planned = now;
    planning = planning
      .then(() => planSchedules(exchange))
      .catch(() => {
        planned = '[]'; // the next policy change plans again
      });
  };
  exchange.policy.onChange(plan);
  if (exchange.config.worker === 'on') {
    await planSchedules(exchange);
    await exchange.jobs.start({ ...sourceTasks(exchange), ...others });
  }
  return {
    close: () => planning,
  };
}
