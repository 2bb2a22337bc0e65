import { decideDelivery } from '../../access/policy/decide.js';
import type { Decision, Denial, Permit } from '../../access/policy/decision.js';
import type { PolicyIndex } from '../../access/policy/policy.js';
import type { Receipt } from '../../audit/entry.js';
import { proxyOf } from '../../catalog/source-terms.js';
import { Problem } from '../../platform/errors.js';
import { askedLive } from '../../query/live-keys.js';
import type { Call } from '../call.js';
import type { Exchange } from '../exchange.js';
import { deniedEntry } from './delivery-entries.js';

export type Authorised =
  | { outcome: 'permit'; permit: Permit; index: PolicyIndex }
  /** Recorded; the caller is told `denial.code`. */
  | { outcome: 'deny'; denial: Denial; receipt: Receipt };

/** May this call deliver into the contract, or see what became of it? A denial is recorded before it is told. @throws Problem asked-live */
export async function authoriseDelivery(exchange: Exchange, call: Call, contractId: string): Promise<Authorised> {
  const index = exchange.policy.current();
  const decision = decideOn(exchange, { call, index, contractId });
  if (decision.outcome === 'permit') {
    if (proxyOf(decision.access.get('')!.contract) !== undefined) throw askedLive();
    return { outcome: 'permit', permit: decision, index };
  }
  const appended = await exchange.log.append(deniedEntry(call, index, { contractId, denial: decision }));
  if (appended.state !== 'recorded') throw new Problem('unavailable', undefined, { retryAfter: 1 });
  return { outcome: 'deny', denial: decision, receipt: appended.receipt };
}

/**
 * The same at the moment of publishing, on the newest index. An upload may take longer than a token lives: its age no longer matters
 * then, its key, its application and its grant do.
 */
export function decideAgain(exchange: Exchange, call: Call, contractId: string): Authorised | Denial {
  const index = exchange.policy.current();
  const subject = { ...call.subject, expiresAt: Number.MAX_SAFE_INTEGER };
  const decision = decideOn(exchange, { call: { ...call, subject }, index, contractId });
  return decision.outcome === 'permit' ? { outcome: 'permit', permit: decision, index } : decision;
}

function decideOn(exchange: Exchange, asked: { call: Call; index: PolicyIndex; contractId: string }): Decision {
  const { call, index, contractId } = asked;
  return decideDelivery({
    subject: call.subject,
    application: index.applications.get(call.subject.sub),
    call,
    index,
    now: exchange.clock.now(),
    contract: { id: contractId },
  });
}
