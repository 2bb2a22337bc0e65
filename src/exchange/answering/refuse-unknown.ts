import type { Denial } from '../../access/policy/decision.js';
import type { Receipt } from '../../audit/entry.js';
import { enter } from '../../audit/recorded.js';
import type { Presented } from '../answer.js';
import type { Call } from '../call.js';
import type { Exchange } from '../exchange.js';
import { actorOf, stated } from './record.js';

const NO_GRANT: Denial = {
  outcome: 'deny',
  rule: 'check-grant',
  reason: 'no grant on this dataset, or no such dataset',
  code: 'not-found',
  faults: [],
};

/** Refuses a caller without any grant on the dataset. Recorded, and the same whether or not the dataset exists. Throws Problem not-found beyond a rate. */
export async function refuseUnknown(
  exchange: Exchange,
  call: Call,
  route: string,
  present: (denial: Denial) => Presented,
): Promise<Presented & { receipt: Receipt }> {
  exchange.strangers.admit(call);
  const presented = present(NO_GRANT);
  const { receipt } = await enter(exchange.log, {
    request: call.request,
    event: 'data.denied',
    outcome: 'denied',
    actor: actorOf(call, exchange.policy.current()),
    accesses: [],
    answer: presented.body,
    sealed: { ...stated(call), ask: route, rule: NO_GRANT.rule, reason: NO_GRANT.reason },
  });
  return { ...presented, receipt };
}
