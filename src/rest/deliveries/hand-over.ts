import type { FastifyRequest } from 'fastify';
import { datasetPath } from '../../catalog/contract-id.js';
import { receiptHeader } from '../../exchange/answering/receipt-header.js';
import { deliver } from '../../exchange/deliver.js';
import type { Offer } from '../../exchange/delivering/begin-delivery.js';
import type { Exchange } from '../../exchange/exchange.js';
import { Problem } from '../../platform/errors.js';
import type { Permitted } from '../http/authorise-request.js';
import type { Reply } from '../http/idempotency.js';
import { prefersAsync } from './delivery-request.js';

/** How long a reply may take: a body may take long to come; the server's request timeout is the other bound. */
export const UPLOAD_MS = 3_600_000;

/** An offer, and the contract whose paths the reply names. */
type OfferedTo = Offer & Pick<Permitted, 'contractId'>;

export interface HandingOver {
  request: FastifyRequest;
  /** Deliveries that go on after their reply: a node that closes waits for them. */
  running: Set<Promise<unknown>>;
  /** `deliver`, or what does more around it. */
  carryOut?: typeof deliver;
}

/**
 * Carries a delivery out, or begins to and goes on after the reply where the sender prefers that. Throws what `deliver`
 * throws.
 */
export function handOver(exchange: Exchange, offer: OfferedTo, handing: HandingOver): Promise<Reply> {
  const later = prefersAsync(handing.request.headers.prefer);
  return later ? handOverAsync(exchange, offer, handing) : handOverNow(exchange, offer, handing);
}

async function handOverNow(
  exchange: Exchange,
  offer: OfferedTo,
  { request, carryOut = deliver }: HandingOver,
): Promise<Reply> {
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

/** Publishing may take longer than a silent connection is otherwise left open; the next request on it is under the usual bound again. */
export function patient(request: Pick<FastifyRequest, 'raw'>): void {
  request.raw.socket.setTimeout(UPLOAD_MS);
}

/** 202 as soon as the body has been read whole and is sound; publishing goes on. */
async function handOverAsync(exchange: Exchange, offer: OfferedTo, handing: HandingOver): Promise<Reply> {
  const { request, running, carryOut = deliver } = handing;
  const landed = new Promise<void>((resolve, reject) => {
    const ended = carryOut(exchange, { ...offer, onLanded: resolve });
    const settled = ended.then(
      () => resolve(),
      (error) => {
        request.log.warn({ code: error instanceof Problem ? error.code : 'internal' }, 'a delivery failed');
        reject(error); // after the 202 nobody listens any more, and nothing may be left unheard
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

/** Where the rejected rows are, or null where there are none. */
export function rejectsOf(contractId: string, view: { id: string; rejected: number }): string | null {
  return view.rejected === 0 ? null : `${deliveriesOf(contractId)}/${view.id}/rejects`;
}

export function deliveriesOf(contractId: string): string {
  return `${datasetPath(contractId)}/deliveries`;
}
