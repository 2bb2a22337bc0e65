import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { actorOf, type Caller, type Callers, requireCaller } from '../../access/people/caller.js';
import type { By } from '../../access/policy/change-policy.js';
import type { Receipt } from '../../audit/entry.js';
import { enter } from '../../audit/recorded.js';
import { receiptHeader } from '../../exchange/answering/receipt-header.js';
import type { Exchange } from '../../exchange/exchange.js';
import { Problem } from '../../platform/errors.js';
import type { StoredReply } from '../http/idempotency.js';
import { withReceipt } from '../http/request.js';

const JSON_TYPE = 'application/json; charset=utf-8';

/** Who makes the change: it must still be one of the operation's callers on the index of the change. */
export function byCaller(exchange: Exchange, request: FastifyRequest): By {
  const { who = [] } = request.routeOptions.config;
  const authorise = () => requireCaller(exchange, request.subject, who);
  authorise();
  return { actor: actorOf(request.subject, exchange.policy.current()), request: request.id, authorise };
}

/** Who looks at applications and grants. */
export const ACCESS_READERS: Callers = [
  'application',
  'department-operator',
  'department-manager',
  'authority-reviewer',
  'security-administrator',
  'security-auditor',
];

/** Who prepares the registration of a dataset. */
export const REGISTRARS: Callers = ['application', 'department-operator'];

const SEE_ALL: readonly Caller['roles'][number][] = [
  'operator',
  'auditor',
  'authority-reviewer',
  'platform-operator',
  'security-administrator',
  'system-administrator',
  'security-auditor',
];

/** Whether the caller also sees what belongs to others. A person of a department sees what belongs to the department. */
export function seesAll({ roles }: Caller): boolean {
  return roles.some((role) => SEE_ALL.includes(role));
}

/** What was created, in the form that idempotency stores, with the receipt of its entry. */
export function created(data: unknown, receipt: Receipt, location: string): StoredReply {
  return {
    status: 201,
    headers: { 'content-type': JSON_TYPE, location, 'exchange-receipt': receiptHeader(receipt) },
    body: JSON.stringify({ data }),
  };
}

/**
 * A refused call of the platform API is recorded before the reply: the caller, the route, and the true reason in the
 * sealed part. If the log can't be written, the refusal has no receipt: no data leaves with it.
 */
export function recordDenials(app: FastifyInstance, { exchange }: { exchange: Exchange }): void {
  app.addHook('onError', async (request, reply, error) => {
    if (!(error instanceof Problem) || error.status !== 403) return;
    await recordDenial(exchange, request, reply, error).catch(() => {}); // nothing leaves the exchange: the refusal is sent in any case
  });
}

async function recordDenial(
  exchange: Exchange,
  request: FastifyRequest,
  reply: FastifyReply,
  error: Problem,
): Promise<void> {
  const route = `${request.method} ${request.routeOptions.url ?? ''}`;
  const { receipt } = await enter(exchange.log, {
    request: request.id,
    event: 'platform.denied',
    outcome: 'denied',
    actor: actorOf(request.subject, exchange.policy.current()),
    accesses: [],
    sealed: { ask: { params: request.params ?? null }, address: request.ip, reason: error.message },
    detail: { route, code: error.code },
  });
  withReceipt(reply, receipt);
}
