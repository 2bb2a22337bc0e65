import type { Caller } from '../../access/people/caller.js';
import type { By } from '../../access/policy/change-policy.js';
import type { PolicyIndex } from '../../access/policy/policy.js';
import type { Receipt } from '../../audit/entry.js';
import { enterIn, recorded } from '../../audit/recorded.js';
import { Problem } from '../../platform/errors.js';
import { databaseProblem } from '../../platform/postgres/database-problem.js';
import { inTransaction } from '../../platform/postgres/in-transaction.js';
import { checkDraft } from './check-draft.js';
import { refuseStep } from './refuse-step.js';
import type { AccessRequest, RequestDraft } from './request.js';
import { openRequest, readRequest, writeRequest } from './requests.js';
import type { Workflow } from './take-step.js';

interface DraftingRequest {
  draft: RequestDraft;
  by: By;
  /** Who drafts, by the policy in force. Throws where they may act no more. */
  taker(): Caller;
  /** The draft that this one replaces. */
  replaces?: { id: string; version: number };
}

/**
 * Makes a draft, or changes one, with its entry. The rest of its life is `takeStep`.
 * @throws Problem unprocessable naming every fault, conflict naming the open request for the same, not-found, forbidden, changed-meanwhile
 */
export function draftRequest(
  exchange: Workflow,
  drafting: DraftingRequest,
): Promise<{ request: AccessRequest; receipt: Receipt }> {
  const { by } = drafting;
  const id = drafting.replaces?.id ?? exchange.clock.uuid();
  return recorded(
    exchange.policy,
    () => by.authorise?.(),
    (_, index) =>
      inTransaction(exchange.database.app, async (tx) => {
        const taker = drafting.taker();
        const before = drafting.replaces === undefined ? undefined : await readRequest(tx, id, true);
        refuseChange(drafting, before, taker);
        const request = made(exchange, drafting, { index, taker, id, before });
        const same = await openRequest(tx, request);
        if (same !== undefined)
          throw new Problem('conflict', `The request ${same} for the same is open: go on with that one`);
        if (request.asked.renews !== undefined) refuseRenewal(request, await readRequest(tx, request.asked.renews));
        const step = before === undefined ? 'draft' : 'change';
        const at = new Date(request.movedAt);
        await writeRequest(tx, request, { step, person: taker.id, department: taker.department, said: {}, at });
        const { application, dataset, major, mode } = request.asked;
        const receipt = await enterIn(exchange.log, tx, {
          request: by.request,
          event: before === undefined ? 'request.drafted' : 'request.changed',
          outcome: 'success',
          actor: by.actor,
          accesses: [],
          sealed: { ask: request.asked },
          detail: { request: { id, version: request.version, step, to: 'draft', application, dataset, major, mode } },
          epoch: index.epoch,
        });
        return { request, receipt };
      }),
  ).catch((error: unknown) => Promise.reject(databaseProblem(error)));
}

function refuseChange({ replaces }: DraftingRequest, before: AccessRequest | undefined, taker: Caller): void {
  if (replaces === undefined) return;
  if (before === undefined || before.department !== taker.department) throw new Problem('not-found', 'No such request');
  const refusal = refuseStep('change', before, taker);
  if (refusal !== undefined) throw new Problem(refusal.code, refusal.detail);
  if (before.version !== replaces.version)
    throw new Problem('changed-meanwhile', `It is version ${before.version}, not ${replaces.version}`);
}

/** Everyone who changed a draft made it: none of them approves it. */
function made(
  { clock }: Workflow,
  { draft }: DraftingRequest,
  { index, taker, id, before }: { index: PolicyIndex; taker: Caller; id: string; before: AccessRequest | undefined },
): AccessRequest {
  const now = clock.now();
  const { department } = taker;
  const { publisher, sharing } = checkDraft(draft, { index, department, now });
  const at = new Date(now).toISOString();
  return {
    ...{ id, version: (before?.version ?? 0) + 1, state: 'draft', department, provider: publisher, asked: draft },
    sharing: sharing.attribute === 'unconditional' ? 'unconditional' : 'conditional',
    ...{ drafters: [...new Set([...(before?.drafters ?? []), taker.id])], approvedBy: null, grant: null },
    ...{ supplement: null, extension: null, decision: null, termination: null },
    ...{ draftedAt: before?.draftedAt ?? at, movedAt: at },
  };
}

/** A renewal goes on with the grant of the same application, dataset, mode and purposes. */
function refuseRenewal({ asked, department }: AccessRequest, renewed: AccessRequest | undefined): void {
  const same =
    renewed?.department === department &&
    (['application', 'dataset', 'major', 'mode'] as const).every((member) => renewed.asked[member] === asked[member]) &&
    asked.purposes.every((purpose) => renewed.asked.purposes.includes(purpose)) &&
    refuseStep('renewed', renewed, undefined) === undefined;
  if (same) return;
  const reason = 'Not a request of the same application for the same dataset, mode and purposes whose grant can go on';
  throw new Problem('unprocessable', 'This request cannot be renewed', { faults: [{ pointer: '/renews', reason }] });
}
