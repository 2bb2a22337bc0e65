import Type from 'typebox';
import type { Exchange } from '../../exchange/exchange.js';
import { shanghaiDate } from '../../platform/clock.js';
import { Problem } from '../../platform/errors.js';
import { draftRequest } from '../../workflow/access-request/draft-request.js';
import { type ListedRequest, listRequests } from '../../workflow/access-request/list-requests.js';
import { readRequest } from '../../workflow/access-request/requests.js';
import { seesRequest } from '../../workflow/access-request/sees-request.js';
import { REQUEST_STATES } from '../../workflow/access-request/transition.js';
import { idempotent, sendKept } from '../http/idempotency.js';
import { json, type Operation, operation } from '../operation.js';
import { boolean, choice, closed, datasetName, list, slug, uuid } from '../shapes.js';
import { listingOf, pageInfoOf, paging, platformPage } from './page.js';
import { movedReply, presentClock, presentRequest, REQUESTS, takerOf, versionRead } from './present-request.js';
import { accessRequest, listedRequest, requestDraft } from './request-shapes.js';

const DRAFTERS = ['department-operator', 'department-manager'] as const;
const READERS = [...DRAFTERS, 'authority-reviewer', 'security-auditor'] as const;
const ONE = closed({ id: uuid });
const one = closed({ data: accessRequest });

/** Drafts of access requests, and reading them. The steps are in `step-operations.ts`. */
export const requestOperations: readonly Operation[] = [
  operation({
    method: 'POST',
    path: REQUESTS,
    id: 'draftAccessRequest',
    tag: 'workflow',
    who: DRAFTERS,
    summary: 'Draft a request of an application for a dataset',
    description: 'For people of the department whose application it is. Refused while a request for the same is open.',
    headers: ['IdempotencyKey'],
    body: requestDraft,
    replies: { 201: json('The draft.', one, ['Location', 'ETag', 'Exchange-Receipt']) },
    problems: [400, 403, 409, 413, 415, 422],
    async handler({ exchange }, { request, reply, body, caller }) {
      const kept = await idempotent(exchange, request, undefined, async () => {
        const drafted = await draftRequest(exchange, { draft: body, ...takerOf(exchange, request) });
        return movedReply(await presentRequest(exchange, drafted.request, caller), drafted.receipt, 201);
      });
      return sendKept(reply, kept);
    },
  }),
  operation({
    method: 'PUT',
    path: `${REQUESTS}/{id}`,
    id: 'changeAccessRequest',
    tag: 'workflow',
    who: DRAFTERS,
    summary: 'Replace a draft',
    params: ONE,
    headers: ['IfMatch'],
    body: requestDraft,
    replies: { 200: json('The draft as it is now.', one, ['ETag', 'Exchange-Receipt']) },
    problems: [400, 403, 404, 409, 412, 413, 415, 422, 428],
    async handler({ exchange }, { request, reply, body, caller, params: { id } }) {
      const replaces = { id, version: versionRead(request) };
      const changed = await draftRequest(exchange, { draft: body, replaces, ...takerOf(exchange, request) });
      return sendKept(reply, movedReply(await presentRequest(exchange, changed.request, caller), changed.receipt, 200));
    },
  }),
  operation({
    method: 'GET',
    path: `${REQUESTS}/{id}`,
    id: 'getAccessRequest',
    tag: 'workflow',
    who: READERS,
    summary: 'One request with its clocks, its steps, and what the caller can do now',
    params: ONE,
    replies: { 200: json('The request.', one, ['ETag']) },
    problems: [400, 403, 404],
    async handler({ exchange }, { reply, caller, params: { id } }) {
      const found = await readRequest(exchange.database.app, id);
      if (found === undefined || !seesRequest(found, caller)) throw new Problem('not-found');
      reply.header('etag', `"${found.version}"`);
      return { data: await presentRequest(exchange, found, caller) };
    },
  }),
  operation({
    method: 'GET',
    path: REQUESTS,
    id: 'listAccessRequests',
    tag: 'workflow',
    who: READERS,
    summary: 'Requests that the caller sees, newest first',
    query: closed({
      state: Type.Optional(choice(REQUEST_STATES)),
      dataset: Type.Optional(datasetName),
      application: Type.Optional(slug),
      side: Type.Optional(choice(['applicant', 'provider'])),
      overdue: Type.Optional(boolean),
      ...paging,
    }),
    replies: { 200: json('A page of requests.', closed({ data: list(listedRequest, 200), page: platformPage })) },
    problems: [400, 403],
    async handler({ exchange }, { caller, query }) {
      const { overdue, limit, cursor, ...filter } = query();
      const dueBefore = overdue === true ? shanghaiDate(exchange.clock.now()) : undefined;
      const listing = { ...listingOf({ ...(limit && { limit }), ...(cursor && { cursor }) }), ...filter, dueBefore };
      const { items, next } = await listRequests(exchange.database.app, caller, listing);
      return { data: items.map((item) => listed(exchange, item)), page: pageInfoOf(next) };
    },
  }),
];

function listed(exchange: Exchange, { request, clock, may }: ListedRequest) {
  return { ...request, may, clock: presentClock(exchange, clock) };
}
