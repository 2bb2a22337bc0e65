import { Cron } from 'croner';
import type { Contract } from '../../catalog/contract.js';
import { isPulled } from '../../catalog/source-terms.js';
import type { Jobs, NewJob, Task } from '../../platform/jobs.js';
import { databaseProblem } from '../../platform/postgres/database-problem.js';
import type { Exchange } from '../exchange.js';
import { mayPass, runSource } from './run-source.js';
import { queueRun, RUN_TASK } from './source-runs.js';

const SCHEDULE_TASK = 'source-schedule';
/** Statutory time of the district; cron fields say Asia/Shanghai whatever the machine's zone. */
const ZONE = 'Asia/Shanghai';

/** What a node carries out. */
function sourceTasks(exchange: Exchange): Readonly<Record<string, Task>> {
  return { [RUN_TASK]: runTask(exchange), [SCHEDULE_TASK]: scheduleTask(exchange) };
}

/** Tries again only what may pass by itself; whatever it is, the run's row and the log have it, and the last attempt leaves no job behind. */
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
    if (contract === undefined || schedule === undefined) return; // the catalog has moved, and its change planned anew
    await exchange.jobs.within((tx) => exchange.jobs.add(tx, scheduleJob(contract, schedule, exchange.clock.now())));
    await queueRun(exchange, { contractId: contract.id, cause: 'schedule' });
  };
}

/** Brings the planned runs to what the catalog says: every node may do it, a job of one name exists once. @internal */
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

/** The expression is part of the name: another one is another job, and the same one keeps the time that it has. */
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
  // The contract's schema lets only five fields in, but a 30 February among them never comes: once a year is looked again.
  return next ?? new Date(now + 365 * 86_400_000);
}

/** Starts this node's worker where it has one; every node plans. Returns what stops it. */
export async function openSourceJobs(exchange: Exchange): Promise<{ close(): Promise<void> }> {
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
        planned = '[]'; // the next change of the policy plans again
      });
  };
  exchange.policy.onChange(plan);
  if (exchange.config.worker === 'on') {
    await planSchedules(exchange);
    await exchange.jobs.start(sourceTasks(exchange));
  }
  return {
    async close() {
      await planning;
      await exchange.jobs.close();
    },
  };
}
