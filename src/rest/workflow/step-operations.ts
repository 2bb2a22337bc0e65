import type { Callers } from '../../access/people/caller.js';
import { itemAt } from '../../platform/known.js';
import type { StepOfPeople } from '../../workflow/access-request/list-requests.js';
import type { StepBody } from '../../workflow/access-request/request.js';
import { settleRequest } from '../../workflow/access-request/settle.js';
import { takeStep } from '../../workflow/access-request/take-step.js';
import { STEP_NAMES, transitionOf } from '../../workflow/access-request/transitions.js';
import { idempotent, sendKept } from '../http/idempotency.js';
import { json, type Operation, operation } from '../operation.js';
import { closed, uuid } from '../shapes.js';
import { movedReply, presentRequest, REQUESTS, takerOf, versionRead } from './present-request.js';
import { accessRequest, STEP_BODIES } from './request-shapes.js';

/** `ask-supplement` → `askSupplementAccessRequest` */
export function operationOf(step: StepOfPeople): string {
  return `${step.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase())}AccessRequest`;
}

/** One operation for each step of the transition table: who may call it is what the table says. */
export const stepOperations: readonly Operation[] = STEP_NAMES.map(stepOperation);

function stepOperation(step: StepOfPeople): Operation {
  const { title, by } = transitionOf(step);
  return operation({
    method: 'POST',
    path: `${REQUESTS}/{id}/${step}`,
    id: operationOf(step),
    tag: 'workflow',
    who: callersOf(step),
    summary: `${title.zh} ${title.en}`,
    description: `For the ${Object.keys(by).join(' and the ')} of the request. ${title.en}.`,
    params: closed({ id: uuid }),
    headers: ['IfMatch', 'IdempotencyKey'],
    body: STEP_BODIES[step],
    replies: {
      200: json('The request after the step.', closed({ data: accessRequest }), ['ETag', 'Exchange-Receipt']),
    },
    problems: [400, 403, 404, 409, 412, 413, 415, 422, 428],
    async handler({ exchange }, { request, reply, caller, params: { id }, body }) {
      const kept = await idempotent(exchange, request, undefined, async () => {
        const said: StepBody = body;
        const taking = { id, step, said, version: versionRead(request), ...takerOf(exchange, request) };
        const moved = await takeStep(exchange, taking);
        const settled = await settleRequest(exchange, moved.request);
        return movedReply(await presentRequest(exchange, settled, caller), moved.receipt, 200);
      });
      return sendKept(reply, kept);
    },
  });
}

function callersOf(step: StepOfPeople): Callers {
  const roles = [...new Set(Object.values(transitionOf(step).by).flat())];
  return [itemAt(roles, 0), ...roles.slice(1)];
}
