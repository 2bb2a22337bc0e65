import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Authorised, authoriseDelivery } from '../../exchange/delivering/authorise-delivery.js';
import type { Exchange } from '../../exchange/exchange.js';
import { Problem } from '../../platform/errors.js';
import { callOfRequest, withReceipt } from './request.js';

/** A caller that may deliver into the dataset of its path. */
export type Permitted = Extract<Authorised, { outcome: 'permit' }> & { contractId: string };

/**
 * Decides whether this request may deliver into the dataset. A denial is thrown as its problem, and the reply has the
 * receipt of its entry.
 */
export async function authoriseRequest(
  exchange: Exchange,
  contractId: string,
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
): Promise<Permitted> {
  const authorised = await authoriseDelivery(exchange, callOfRequest(request), contractId);
  if (authorised.outcome === 'permit') return { ...authorised, contractId };
  withReceipt(reply, authorised.receipt);
  throw new Problem(authorised.denial.code, undefined, { faults: authorised.denial.faults });
}
