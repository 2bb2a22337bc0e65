import type { FastifyReply } from 'fastify';
import { authoriseDelivery } from '../../exchange/delivering/authorise-delivery.js';
import type { Exchange } from '../../exchange/exchange.js';
import { Problem } from '../../platform/errors.js';
import type { DeliveryRequest, Permitted } from '../deliveries/route-dataset.js';
import { callOfRequest, withReceipt } from '../http/request.js';

/** May this request deliver into the dataset of its path? A denial is thrown as its problem, with the receipt of its entry on the reply. */
export async function authoriseRequest(
  exchange: Exchange,
  request: DeliveryRequest,
  reply: FastifyReply,
): Promise<Permitted> {
  const { publisher, dataset, major } = request.params;
  const contractId = `${publisher}/${dataset}/v${major}`;
  const authorised = await authoriseDelivery(exchange, callOfRequest(request), contractId);
  if (authorised.outcome === 'permit') return { ...authorised, contractId };
  withReceipt(reply, authorised.receipt);
  throw new Problem(authorised.denial.code, undefined, { faults: authorised.denial.faults });
}
