import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Authorised, authoriseDelivery } from '../exchange/authorise-delivery.js';
import type { Offer } from '../exchange/begin-delivery.js';
import { deliver } from '../exchange/deliver.js';
import type { Exchange } from '../exchange/exchange.js';
import { receiptHeader } from '../exchange/receipt-header.js';
import { type DeliveryView, readDelivery, readRejects } from '../exchange/rejects.js';
import { fileIntake } from '../ingest/file-intake.js';
import { type Body, receive } from '../ingest/receive.js';
import { FILE_TYPES } from '../ingest/sources/open.js';
import { spoolDirectory } from '../ingest/sources/spool.js';
import { Problem } from '../platform/errors.js';
import { noParameters, parseManifest, parseMode, parseType, prefersAsync } from './delivery-request.js';
import { type BodyDigest, idempotencyKey, idempotent, type Reply } from './idempotency.js';
import { callOfRequest, withReceipt } from './request.js';

interface Params {
  publisher: string;
  dataset: string;
  major: string;
  id: string;
}
type DeliveryRequest = FastifyRequest<{ Params: Params }>;
type Permitted = Extract<Authorised, { outcome: 'permit' }> & { contractId: string };

const BASE = '/data/:publisher/:dataset/v:major/deliveries';
/** A body may take long to come; the server's request timeout is the other bound. */
const UPLOAD_MS = 3_600_000;

/** Hand over a batch, see what became of it, read what was set aside. Only the publisher's own applications under a grant of mode deliver. */
export async function deliveryRoutes(app: FastifyInstance, { exchange }: { exchange: Exchange }): Promise<void> {
  const running = new Set<Promise<unknown>>();
  app.removeAllContentTypeParsers();
  app.addContentTypeParser([...FILE_TYPES], (_request, payload, done) => done(null, payload));
  app.addHook('onClose', () => Promise.allSettled(running));

  app.post<{ Params: Params }>(BASE, { handlerTimeout: UPLOAD_MS }, async (request, reply) => {
    try {
      const permitted = await authorise(exchange, request, reply);
      const given = await handOver(exchange, { request, permitted, running });
      return reply.code(given.status).headers(given.headers).send(given.body);
    } catch (error) {
      // What is left of the body is read away, or the sender would never come to read the reply.
      reply.header('connection', 'close');
      request.raw.resume();
      throw error;
    }
  });
  app.get<{ Params: Params }>(`${BASE}/:id`, async (request, reply) => {
    const view = await ownDelivery(exchange, request, await authorise(exchange, request, reply));
    noParameters(request);
    return reply.header('cache-control', 'no-store').send({ ...view, rejects: rejectsOf(request, view) });
  });
  app.get<{ Params: Params }>(`${BASE}/:id/rejects`, { handlerTimeout: UPLOAD_MS }, async (request, reply) => {
    const permitted = await authorise(exchange, request, reply);
    await ownDelivery(exchange, request, permitted);
    noParameters(request);
    const asked = { ...permitted, call: callOfRequest(request), deliveryId: request.params.id };
    const first = await readRejects(exchange, asked, 0);
    const chunks = async function* () {
      let chunk = first;
      for (;;) {
        yield chunk.text;
        if (chunk.after === undefined) return;
        chunk = await readRejects(exchange, asked, chunk.after);
      }
    };
    withReceipt(reply, first.receipt).header('cache-control', 'no-store').type('application/x-ndjson; charset=utf-8');
    return reply.send(Readable.from(chunks(), { objectMode: false }));
  });
}

async function authorise(exchange: Exchange, request: DeliveryRequest, reply: FastifyReply): Promise<Permitted> {
  const { publisher, dataset, major } = request.params;
  const contractId = `${publisher}/${dataset}/v${major}`;
  const authorised = await authoriseDelivery(exchange, callOfRequest(request), contractId);
  if (authorised.outcome === 'permit') return { ...authorised, contractId };
  withReceipt(reply, authorised.receipt);
  throw new Problem(authorised.denial.code, undefined, { faults: authorised.denial.faults });
}

async function ownDelivery(exchange: Exchange, request: DeliveryRequest, permitted: Permitted): Promise<DeliveryView> {
  const { contractId } = permitted;
  const view = await readDelivery(exchange, { application: request.subject.sub, contractId, id: request.params.id });
  if (view === undefined) throw new Problem('not-found');
  return view;
}

interface HandingOver {
  request: DeliveryRequest;
  permitted: Permitted;
  running: Set<Promise<unknown>>;
}

async function handOver(exchange: Exchange, handing: HandingOver): Promise<Reply> {
  const { request, permitted } = handing;
  const mode = parseMode(request, permitted.permit.access.get('')!.contract);
  const type = parseType(request.headers['content-type']);
  idempotencyKey(request.headers['idempotency-key']);
  const body = receive(request.body as Readable, parseManifest(request, exchange.config.deliveryLimitBytes));
  const id = exchange.clock.uuid();
  const { dataDir, deliveryLimitBytes: limitBytes } = exchange.config;
  const spool = { directory: spoolDirectory(dataDir), name: () => exchange.clock.uuid() };
  const intake = fileIntake({ ...type, body, spool, limitBytes });
  const offer: Offer = { ...permitted, id, call: callOfRequest(request), mode, intake };
  const run = prefersAsync(request.headers.prefer)
    ? () => handOverAsync(exchange, offer, handing)
    : () => handOverNow(exchange, offer, handing);
  return idempotent(exchange, request, digestOf(body, `${mode} ${type.mediaType}`), run);
}

async function handOverNow(exchange: Exchange, offer: Offer, { request }: HandingOver): Promise<Reply> {
  const { delivery, receipt } = await deliver(exchange, offer);
  const { id, state, mode, counts, release, digest, report } = delivery;
  const { received, accepted, rejected, inserted, updated, deleted } = counts;
  const view = { id, state, mode, received, accepted, rejected, inserted, updated, deleted, release, digest, report };
  return {
    status: 201,
    headers: {
      ...replyHeaders(request, id),
      'exchange-receipt': receiptHeader(receipt),
      ...(release === null ? {} : { 'exchange-release': String(release) }),
    },
    body: JSON.stringify({ ...view, rejects: rejectsOf(request, view) }),
  };
}

/** 202 as soon as the body has been read whole and is sound; publishing goes on. */
async function handOverAsync(exchange: Exchange, offer: Offer, { request, running }: HandingOver): Promise<Reply> {
  const landed = new Promise<void>((resolve, reject) => {
    const ended = deliver(exchange, { ...offer, onLanded: resolve });
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
    headers: { ...replyHeaders(request, id), 'preference-applied': 'respond-async' },
    body: JSON.stringify({ id, state: 'landed', mode }),
  };
}

function replyHeaders(request: DeliveryRequest, id: string): Record<string, string> {
  return {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    location: `${pathOf(request)}/${id}`,
  };
}

/** Where the rejected rows are, or null where there are none. */
function rejectsOf(request: DeliveryRequest, view: { id: string; rejected: number }): string | null {
  return view.rejected === 0 ? null : `${pathOf(request)}/${view.id}/rejects`;
}

function pathOf({ params }: DeliveryRequest): string {
  return `/data/${params.publisher}/${params.dataset}/v${params.major}/deliveries`;
}

/** What an Idempotency-Key of a delivery stands for: its mode and type, and the bytes as sent. */
function digestOf(body: Body, meaning: string): BodyDigest {
  const seen = () => `${meaning} ${body.digest().toString('hex')}`;
  return {
    seen,
    drain: async () => {
      await body.drain();
      return seen();
    },
  };
}
