import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Application } from '../../access/identity/subject.js';
import type { By } from '../../access/policy/change-policy.js';
import { requireRole } from '../../access/policy/require-role.js';
import type { Actor, Receipt } from '../../audit/entry.js';
import { enter } from '../../audit/recorded.js';
import { receiptHeader } from '../../exchange/answering/receipt-header.js';
import type { Exchange } from '../../exchange/exchange.js';
import { Problem } from '../../platform/errors.js';
import type { StoredReply } from '../http/idempotency.js';
import { withReceipt } from '../http/request.js';

const JSON_TYPE = 'application/json; charset=utf-8';

/** The operator of a change, and the role: it must still have that role on the index of the change. */
export function byOperator(exchange: Exchange, request: FastifyRequest): By {
  const authorise = () => requireRole(exchange, request.subject, 'operator');
  return { actor: actorOf(request, authorise()), request: request.id, authorise };
}

/** Operators and auditors also see what belongs to others. */
export function seesAll({ roles }: Application): boolean {
  return roles.includes('operator') || roles.includes('auditor');
}

function actorOf(request: FastifyRequest, { clientId, department }: Application): Actor {
  const { issuer, sub } = request.subject;
  return { issuer, subject: sub, application: clientId, department };
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
  const application = exchange.policy.current().applications.get(request.subject.sub);
  const route = `${request.method} ${request.routeOptions.url ?? ''}`;
  const { receipt } = await enter(exchange.log, {
    request: request.id,
    event: 'platform.denied',
    outcome: 'denied',
    actor: application === undefined ? null : actorOf(request, application),
    accesses: [],
    sealed: { ask: { params: request.params ?? null }, address: request.ip, reason: error.message },
    detail: { route, code: error.code },
  });
  withReceipt(reply, receipt);
}
