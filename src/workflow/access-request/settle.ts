import { contractId } from '../../catalog/contract-id.js';
import { proxyOf } from '../../catalog/source-terms.js';
import type { Exchange } from '../../exchange/exchange.js';
import { Problem } from '../../platform/errors.js';
import type { AccessRequest } from './request.js';
import { readRequest } from './requests.js';
import { takeStep } from './take-step.js';
import type { StepName } from './transitions.js';

type Settling = Pick<Exchange, 'database' | 'log' | 'policy' | 'clock' | 'releases'>;

/** The step that the exchange takes by itself now: the agreed time is over, or a release can be read. */
function ownStep({ policy, clock, releases }: Settling, request: AccessRequest): StepName | undefined {
  const { state, asked, decision } = request;
  if (decision?.terms == null || !['provisioning', 'active', 'suspended', 'rectified'].includes(state))
    return undefined;
  if (Date.parse(decision.terms.validUntil) <= clock.now()) return 'expire';
  if (state !== 'provisioning') return undefined;
  const contract = policy.current().catalog.contracts.get(contractId(asked.dataset, asked.major));
  const isLive = contract !== undefined && proxyOf(contract) !== undefined;
  return isLive || (releases.release(asked.dataset) ?? 0) > 0 ? 'provide' : undefined;
}

/** Takes the steps that wait for nobody. Returns the request as it is then. */
export async function settleRequest(exchange: Settling, request: AccessRequest): Promise<AccessRequest> {
  const step = ownStep(exchange, request);
  if (step === undefined) return request;
  const by = { actor: null, request: exchange.clock.uuid() };
  const taking = { id: request.id, step, said: {}, version: request.version, by, taker: () => undefined };
  try {
    return (await takeStep(exchange, taking)).request;
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'changed-meanwhile') throw error;
    return (await readRequest(exchange.database.app, request.id)) ?? request;
  }
}

/** Settles every request that may wait for it. */
export async function settleRequests(exchange: Settling): Promise<void> {
  const { rows } = await exchange.database.app.query<{ id: string }>(
    `SELECT id FROM exchange.access_request
     WHERE state = 'provisioning' OR (state IN ('active', 'suspended', 'rectified') AND valid_until <= $1)`,
    [new Date(exchange.clock.now())],
  );
  for (const { id } of rows) {
    const request = await readRequest(exchange.database.app, id);
    if (request !== undefined) await settleRequest(exchange, request);
  }
}
