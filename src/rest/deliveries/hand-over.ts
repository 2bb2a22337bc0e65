import type { FastifyRequest } from 'fastify';
import { datasetPath } from '../../catalog/contract-id.js';
import { receiptHeader } from '../../exchange/answering/receipt-header.js';
import { deliver } from '../../exchange/deliver.js';
import type { Offer } from '../../exchange/delivering/begin-delivery.js';
import type { Exchange } from '../../exchange/exchange.js';
import { Problem } from '../../platform/errors.js';
import type { Permitted } from '../http/authorise-request.js';
import type { StoredReply } from '../http/idempotency.js';
import { prefersAsync } from './delivery-request.js';

/** The longest time for a reply: a body may arrive slowly. The server's request timeout is the other bound. */
export const UPLOAD_MS = 3_600_000;

/** An offer, and the contract for the paths in the reply. */
type OfferedTo = Offer & Pick<Permitted, 'contractId'>;

export interface HandingOver {
  request: FastifyRequest;
  /** Deliveries that continue after their reply; a node that closes waits for them. */
  running: Set<Promise<unknown>>;
  /** Default: `deliver`. */
  carryOut?: typeof deliver;
}

/**
 * Carries a delivery out. If the sender prefers that, it only starts it and continues after the reply. Throws what
 * `deliver` throws.
 */
export function handOver(exchange: Exchange, offer: OfferedTo, handing: HandingOver): Promise<StoredReply> {
  const later = prefersAsync(handing.request.headers.prefer);
  return later ? handOverAsync(exchange, offer, handing) : handOverNow(exchange, offer, handing);
}

async function handOverNow(
  exchange: Exchange,
  offer: OfferedTo,
  { request, carryOut = deliver }: HandingOver,
): Promise<StoredReply> {
  const { delivery, receipt } = await carryOut(exchange, { ...offer, onLanded: () => patient(request) });
  const { id, state, mode, counts, release, digest, report } = delivery;
  const { received, accepted, rejected, inserted, updated, deleted } = counts;
  const view = { id, state, mode, received, accepted, rejected, inserted, updated, deleted, release, digest, report };
  return {
    status: 201,
    headers: {
      ...replyHeaders(offer.contractId, id),
      'exchange-receipt': receiptHeader(receipt),
      ...(release === null ? {} : { 'exchange-release': String(release) }),
    },
    body: JSON.stringify({ ...view, rejects: rejectsOf(offer.contractId, view) }),
  };
}

/**
 * Publishing may take longer than the server allows a silent connection; the next request has the usual bound again.
 */
export function patient(request: Pick<FastifyRequest, 'raw'>): void {
  request.raw.socket.setTimeout(UPLOAD_MS);
}

/** Replies 202 as soon as the whole body is read and intact; publishing continues. */
async function handOverAsync(exchange: Exchange, offer: OfferedTo, handing: HandingOver): Promise<StoredReply> {
  const { request, running, carryOut = deliver } = handing;
  const landed = new Promise<void>((resolve, reject) => {
    const ended = carryOut(exchange, { ...offer, onLanded: resolve });
    const settled = ended.then(
      () => resolve(),
      (error) => {
        request.log.warn({ code: error instanceof Problem ? error.code : 'internal' }, 'a delivery failed');
        reject(error); // after the 202 nobody waits for the result, and an unhandled rejection would end the process
      },
    );
    running.add(settled);
    void settled.finally(() => running.delete(settled));
  });
  await landed;
  const { id, mode } = offer;
  return {
    status: 202,
    headers: { ...replyHeaders(offer.contractId, id), 'preference-applied': 'respond-async' },
    body: JSON.stringify({ id, state: 'landed', mode }),
  };
}

function replyHeaders(contractId: string, id: string): Record<string, string> {
  return {
    'content-type': 'application/json; charset=utf-8',
    location: `${deliveriesOf(contractId)}/${id}`,
  };
}

/** The path of the rejected rows, or null if there are none. */
export function rejectsOf(contractId: string, view: { id: string; rejected: number }): string | null {
  return view.rejected === 0 ? null : `${deliveriesOf(contractId)}/${view.id}/rejects`;
}

export function deliveriesOf(contractId: string): string {
  return `${datasetPath(contractId)}/deliveries`;
}
