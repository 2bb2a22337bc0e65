import type pg from 'pg';
import { statusRecord } from '../../access/grants/change-status.js';
import { grantRecord } from '../../access/grants/grant-record.js';
import { type By, changePolicy, type NewChange } from '../../access/policy/change-policy.js';
import type { PolicyIndex } from '../../access/policy/policy.js';
import type { Draft, Receipt } from '../../audit/entry.js';
import { enterIn, recorded } from '../../audit/recorded.js';
import type { Exchange } from '../../exchange/exchange.js';
import { Problem } from '../../platform/errors.js';
import { known } from '../../platform/known.js';
import { databaseProblem } from '../../platform/postgres/database-problem.js';
import { inTransaction } from '../../platform/postgres/in-transaction.js';
import { clocksIn } from '../duty-clock/clocks.js';
import { EFFECTS } from './effects.js';
import { refuseStep, type Taker } from './refuse-step.js';
import type { AccessRequest, StepBody } from './request.js';
import { readRequest, stepsOf, writeRequest } from './requests.js';
import { seesRequest } from './sees-request.js';
import { type StepName, transitionOf } from './transitions.js';

export type Workflow = Pick<Exchange, 'database' | 'log' | 'policy' | 'clock'>;

export interface Taking {
  id: string;
  step: StepName;
  said: StepBody;
  /** The version that the caller has read; undefined for the exchange. */
  version: number | undefined;
  by: By;
  /** Who takes the step, by the policy in force; undefined for the exchange. Throws where they may act no more. */
  taker(): Taker;
}

/**
 * Takes a step of a request: its row, its clock, its grant and its entry commit together. It is decided again where the policy changed meanwhile, so a
 * role that was taken away a moment ago decides nothing.
 * @throws Problem not-found, forbidden, conflict, changed-meanwhile (says who took which step), unprocessable
 */
export async function takeStep(
  exchange: Workflow,
  taking: Taking,
): Promise<{ request: AccessRequest; receipt: Receipt }> {
  const { by } = taking;
  let moved: AccessRequest | undefined;
  const move = async (index: PolicyIndex, tx: pg.ClientBase): Promise<Moved> => {
    const made = await makeMove(exchange, taking, { index, tx });
    moved = made.request;
    return made;
  };
  const grantEvent = GRANT_EVENTS.has(transitionOf(taking.step).entry);
  const receipt = grantEvent
    ? (
        await changePolicy(exchange, by, async (index, tx) => [
          await move(index, tx).then((made) => recordOf(exchange, made)),
        ])
      ).receipt
    : await recorded(
        exchange.policy,
        () => by.authorise?.(),
        (_, index) =>
          inTransaction(exchange.database.app, async (tx) =>
            enterIn(exchange.log, tx, { ...entryOf(by, await move(index, tx)), epoch: index.epoch }),
          ),
      ).catch((error: unknown) => Promise.reject(databaseProblem(error)));
  if (moved === undefined) throw new Error('A step that is recorded has moved its request.');
  return { request: moved, receipt };
}

const GRANT_EVENTS: ReadonlySet<string> = new Set([
  'grant.issued',
  'grant.suspended',
  'grant.resumed',
  'grant.revoked',
]);

interface Moving {
  index: PolicyIndex;
  tx: pg.ClientBase;
}

/** What a step did, for its entry and its grant. */
interface Moved {
  step: StepName;
  before: AccessRequest;
  request: AccessRequest;
  index: PolicyIndex;
  said: StepBody;
  /** The request that it renews. */
  renewed: AccessRequest | undefined;
}

async function makeMove(exchange: Workflow, taking: Taking, { index, tx }: Moving): Promise<Moved> {
  const { id, step, said, version } = taking;
  const taker = taking.taker();
  const before = await readRequest(tx, id, true);
  if (before === undefined || !seesRequest(before, taker)) throw new Problem('not-found', 'No such request');
  if (version !== undefined && version !== before.version) throw await changedMeanwhile(tx, before);
  const refusal = refuseStep(step, before, taker);
  if (refusal !== undefined) throw new Problem(refusal.code, refusal.detail);
  const now = exchange.clock.now();
  const person = taker?.id ?? '';
  const department = taker?.department ?? '';
  const facts = EFFECTS[step]?.({ request: before, said, person, department, index, now }) ?? {};
  const renewed = await renewedBy(tx, step, before);
  const request: AccessRequest = {
    ...before,
    ...facts,
    version: before.version + 1,
    state: transitionOf(step).to,
    movedAt: new Date(now).toISOString(),
  };
  if (step === 'agree') request.grant = renewed?.grant ?? exchange.clock.uuid();
  const at = new Date(now);
  await writeRequest(tx, request, { step, person: taker?.id ?? null, department: taker?.department ?? null, said, at });
  await moveClock(exchange, tx, { step, request, renewed });
  if (renewed !== undefined) {
    const next = { ...renewed, version: renewed.version + 1, state: transitionOf('renewed').to };
    await writeRequest(tx, next, { step: 'renewed', person: null, department: null, said: {}, at });
  }
  return { step, before, request, index, said, renewed };
}

async function changedMeanwhile(tx: pg.ClientBase, { id }: AccessRequest): Promise<Problem> {
  const last = (await stepsOf(tx, id)).at(-1);
  const who = last?.person == null ? 'the exchange' : `${last.person} (${last.department})`;
  return new Problem(
    'changed-meanwhile',
    `Version ${last?.version}: ${who} took the step ${last?.step} at ${last?.at}`,
  );
}

/** Where a request is agreed that renews another one: that one, locked. */
async function renewedBy(
  tx: pg.ClientBase,
  step: StepName,
  { asked }: AccessRequest,
): Promise<AccessRequest | undefined> {
  if (step !== 'agree' || asked.renews === undefined) return undefined;
  const renewed = await readRequest(tx, asked.renews, true);
  if (renewed === undefined || refuseStep('renewed', renewed, undefined) !== undefined)
    throw new Problem(
      'conflict',
      `The request ${asked.renews} can no longer be renewed: it is ${renewed?.state ?? 'gone'}`,
    );
  return renewed;
}

async function moveClock(
  { clock }: Workflow,
  tx: pg.ClientBase,
  { step, request, renewed }: Pick<Moved, 'step' | 'request' | 'renewed'>,
): Promise<void> {
  const clocks = clocksIn(tx, { clock, subject: request.id });
  const move = transitionOf(step).clock;
  if (move === 'start-reply') await clocks.start(`reply-${request.sharing}`, request.provider);
  else if (move === 'pause') await clocks.pause();
  else if (move === 'resume') await clocks.resume();
  else if (move === 'extend') await clocks.extend(request.extension?.workingDays ?? 0);
  else if (move !== undefined) await clocks.stop();
  if (move === 'stop-and-provide') await clocks.start('provision', request.provider);
  if (renewed !== undefined) await clocksIn(tx, { clock, subject: renewed.id }).stop();
}

/** The grant's record: the entry of the step carries it. */
function recordOf({ clock }: Workflow, moved: Moved): NewChange {
  const { step, request, index, renewed } = moved;
  const { entry } = transitionOf(step);
  const id = request.grant ?? '';
  const facts = { request: detailOf(moved) };
  if (entry === 'grant.suspended' || entry === 'grant.resumed' || entry === 'grant.revoked')
    return { ...statusRecord(index, id, entry), facts };
  const terms = request.decision?.terms;
  const { application, dataset, major, mode, legalBasis } = request.asked;
  const draft = { application, dataset, major, mode, legalBasis, ...(terms ?? request.asked) };
  const renews = renewed?.grant == null ? undefined : known(index.grants, renewed.grant);
  const now = clock.now();
  const made = { id, linkage: clock.uuid(), now, ...(renews === undefined ? {} : { renews }) };
  return { ...grantRecord(draft, index, made), facts };
}

function entryOf({ actor, request }: By, moved: Moved): Draft {
  return {
    request,
    event: transitionOf(moved.step).entry,
    outcome: 'success',
    actor,
    accesses: [],
    sealed: { ask: moved.said },
    detail: { request: detailOf(moved) },
  };
}

/** Open facts: who asked for what, and how far it is. What people wrote is in the sealed part. */
function detailOf({ step, before, request, renewed }: Moved): Record<string, unknown> {
  const { id, version, state, department, provider, asked, decision } = request;
  const { clock } = transitionOf(step);
  return {
    ...{ id, version, step, from: before.state, to: state, department, provider },
    ...{ application: asked.application, dataset: asked.dataset, major: asked.major, mode: asked.mode },
    ...(decision === null ? {} : { outcome: decision.outcome }),
    ...(clock === undefined ? {} : { clock }),
    ...(step === 'ask-supplement' || step === 'still-missing' ? { clock: 'runs on' } : {}),
    ...(renewed === undefined ? {} : { renews: renewed.id }),
  };
}
