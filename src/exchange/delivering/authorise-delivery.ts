import { decideDelivery } from '../../access/policy/decide.js';
import type { Decision, Denial, Permit } from '../../access/policy/decision.js';
import type { PolicyIndex } from '../../access/policy/policy.js';
import type { Receipt } from '../../audit/entry.js';
import { enter } from '../../audit/recorded.js';
import { proxyOf } from '../../catalog/source-terms.js';
import { Problem } from '../../platform/errors.js';
import { askedLive } from '../../query/live-keys.js';
import type { Call } from '../call.js';
import type { Exchange } from '../exchange.js';
import { deniedEntry } from './delivery-entries.js';

export type Authorised =
  | { outcome: 'permit'; permit: Permit; index: PolicyIndex }
  /** Recorded. The caller gets `denial.code`. */
  | { outcome: 'deny'; denial: Denial; receipt: Receipt };

/** What decides a delivery. */
export interface AskedDelivery {
  call: Call;
  contractId: string;
}

/**
 * Decides whether this call may deliver into the contract, or see its deliveries. A denial is recorded first. @throws
 * Problem asked-live; not-found where a denial is only counted
 */
export async function authoriseDelivery(exchange: Exchange, call: Call, contractId: string): Promise<Authorised> {
  const index = exchange.policy.current();
  const decision = decideOn(exchange, { call, contractId }, index);
  if (decision.outcome === 'deny') {
    if (decision.code === 'not-found') exchange.strangers.admit(call);
    return { outcome: 'deny', denial: decision, receipt: await recordDenied(exchange, { call, contractId }, decision) };
  }
  if (proxyOf(decision.root.contract) !== undefined) throw askedLive();
  return { outcome: 'permit', permit: decision, index };
}

export async function recordDenied(exchange: Exchange, asked: AskedDelivery, denial: Denial): Promise<Receipt> {
  const { call, contractId } = asked;
  const draft = deniedEntry(call, exchange.policy.current(), { contractId, denial });
  return (await enter(exchange.log, draft)).receipt;
}

export function decideOn(exchange: Exchange, { call, contractId }: AskedDelivery, index: PolicyIndex): Decision {
  return decideDelivery({
    subject: call.subject,
    application: index.applications.get(call.subject.sub),
    call,
    index,
    now: exchange.clock.now(),
    contract: { id: contractId },
  });
}

/**
 * The same decision at the time of publishing. An upload may take longer than its token is valid, so the token's age no
 * longer counts; its key, application and grant do. @throws Problem the code of the denial
 */
export function decideAgain(exchange: Exchange, { call, contractId }: AskedDelivery, index: PolicyIndex): Permit {
  const subject = { ...call.subject, expiresAt: Number.MAX_SAFE_INTEGER };
  const decision = decideOn(exchange, { call: { ...call, subject }, contractId }, index);
  if (decision.outcome === 'deny') throw new Problem(decision.code);
  return decision;
}
