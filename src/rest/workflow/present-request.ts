import type { FastifyRequest } from 'fastify';
import { type Caller, requireCaller } from '../../access/people/caller.js';
import type { By } from '../../access/policy/change-policy.js';
import type { Receipt } from '../../audit/entry.js';
import { receiptHeader } from '../../exchange/answering/receipt-header.js';
import type { Exchange } from '../../exchange/exchange.js';
import { shanghaiDate } from '../../platform/clock.js';
import { Problem } from '../../platform/errors.js';
import { type RunningClock, stepsFor } from '../../workflow/access-request/list-requests.js';
import type { AccessRequest } from '../../workflow/access-request/request.js';
import { stepsOf } from '../../workflow/access-request/requests.js';
import { clocksOf } from '../../workflow/duty-clock/clocks.js';
import { DUTIES } from '../../workflow/duty-clock/duties.js';
import type { StoredReply } from '../http/idempotency.js';
import { byCaller } from '../platform/platform-call.js';

export const REQUESTS = '/api/v1/access-requests';
const JSON_TYPE = 'application/json; charset=utf-8';

/** Who takes a step: decided again on the index that the step is based on. */
export function takerOf(exchange: Exchange, request: FastifyRequest): { by: By; taker(): Caller } {
  const { who = [] } = request.routeOptions.config;
  return { by: byCaller(exchange, request), taker: () => requireCaller(exchange, request.subject, who) };
}

/** The version in `If-Match`. Throws Problem `if-match-missing` or `bad-header`. */
export function versionRead({ headers }: FastifyRequest): number {
  const tag = headers['if-match'];
  if (tag === undefined) throw new Problem('if-match-missing', undefined, { faults: [ifMatch('missing')] });
  const version = /^"([0-9]{1,9})"$/.exec(tag)?.[1];
  if (version === undefined) throw new Problem('bad-header', undefined, { faults: [ifMatch('malformed')] });
  return Number(version);
}

function ifMatch(reason: string) {
  return { parameter: 'If-Match', reason, expected: 'the ETag of the request as you read it, such as "3"' };
}

/** The whole request as the caller sees it. */
export async function presentRequest({ database }: Exchange, request: AccessRequest, caller: Caller) {
  const [clocks, steps] = [await clocksOf(database.app, request.id), await stepsOf(database.app, request.id)];
  return { ...request, may: stepsFor(request, caller), clocks, steps };
}

/** With its title, its article, and whether its day is over. */
export function presentClock({ clock }: Exchange, running: RunningClock | null) {
  if (running === null) return null;
  const { title, article } = DUTIES[running.duty];
  return { ...running, title, article, overdue: running.due !== null && running.due < shanghaiDate(clock.now()) };
}

/** The reply to a step, in the form that idempotency stores. */
export function movedReply(data: { id: string; version: number }, receipt: Receipt, status: 200 | 201): StoredReply {
  return {
    status,
    headers: {
      'content-type': JSON_TYPE,
      etag: `"${data.version}"`,
      'exchange-receipt': receiptHeader(receipt),
      ...(status === 201 ? { location: `${REQUESTS}/${data.id}` } : {}),
    },
    body: JSON.stringify({ data }),
  };
}
