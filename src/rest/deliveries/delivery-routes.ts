import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Offer } from '../../exchange/delivering/begin-delivery.js';
import { cancelDelivery } from '../../exchange/delivering/cancel-delivery.js';
import { type DeliveryView, listDeliveries, readDelivery, readRejects } from '../../exchange/delivering/deliveries.js';
import { fileIntakeOf } from '../../exchange/delivering/file-intake-of.js';
import { readRejectsWorkbook } from '../../exchange/delivering/rejects-workbook.js';
import type { Exchange } from '../../exchange/exchange.js';
import { FILE_TYPES } from '../../ingest/readers/open.js';
import { type Body, receive } from '../../ingest/receive/receive.js';
import { negotiate } from '../../platform/accept.js';
import { Problem } from '../../platform/errors.js';
import { authoriseRequest as authorise } from '../data/authorise-request.js';
import { type BodyDigest, idempotencyKey, idempotent, type Reply } from '../http/idempotency.js';
import { callOfRequest, withReceipt } from '../http/request.js';
import { beginUploadOf, isBeginning } from './begin-upload.js';
import { noParameters, parseManifest, parseTerms, parseType } from './delivery-request.js';
import {
  type DeliveryRequest,
  type HandingOver,
  handOver,
  type Params,
  type Permitted,
  rejectsOf,
  UPLOAD_MS,
} from './route-dataset.js';
import { WORKBOOK_TYPE } from './template-routes.js';

const BASE = '/data/:publisher/:dataset/v:major/deliveries';

/** Hand over a batch, see what became of it, read what was set aside. Only the publisher's own applications under a grant of mode deliver. */
export async function deliveryRoutes(app: FastifyInstance, { exchange }: { exchange: Exchange }): Promise<void> {
  const running = new Set<Promise<unknown>>();
  app.removeAllContentTypeParsers();
  app.addContentTypeParser([...FILE_TYPES], (_request, payload, done) => done(null, payload));
  app.addHook('onClose', () => Promise.allSettled(running));

  app.post<{ Params: Params }>(BASE, { handlerTimeout: UPLOAD_MS }, async (request, reply) => {
    try {
      const permitted = await authorise(exchange, request, reply);
      const given = await takeBody(exchange, permitted, { request, running });
      return reply.code(given.status).headers(given.headers).send(given.body);
    } catch (error) {
      // What is left of the body is read away, or the sender would never come to read the reply.
      reply.header('connection', 'close');
      request.raw.resume();
      throw error;
    }
  });
  app.get<{ Params: Params }>(BASE, async (request, reply) => {
    const { contractId } = await authorise(exchange, request, reply);
    noParameters(request);
    const views = await listDeliveries(exchange, { application: request.subject.sub, contractId });
    const data = views.map((view) => ({ ...view, rejects: rejectsOf(request, view) }));
    return reply.send({ data });
  });
  app.delete<{ Params: Params }>(`${BASE}/:id`, async (request, reply) => {
    const { contractId } = await authorise(exchange, request, reply);
    noParameters(request);
    const by = { application: request.subject.sub, contractId, id: request.params.id };
    const view = await cancelDelivery(exchange, by);
    return reply.send({ ...view, rejects: rejectsOf(request, view) });
  });
  app.get<{ Params: Params }>(`${BASE}/:id`, async (request, reply) => {
    const view = await ownDelivery(exchange, request, await authorise(exchange, request, reply));
    noParameters(request);
    return reply.send({ ...view, rejects: rejectsOf(request, view) });
  });
  app.get<{ Params: Params }>(`${BASE}/:id/rejects`, { handlerTimeout: UPLOAD_MS }, async (request, reply) => {
    const permitted = await authorise(exchange, request, reply);
    await ownDelivery(exchange, request, permitted);
    noParameters(request);
    const asked = { ...permitted, call: callOfRequest(request), deliveryId: request.params.id };
    reply.header('vary', 'accept');
    const type = negotiate(request.headers.accept, ['application/x-ndjson', WORKBOOK_TYPE]);
    if (type === WORKBOOK_TYPE) return sendWorkbook(exchange, asked, reply);
    const first = await readRejects(exchange, asked, 0);
    const chunks = async function* () {
      let chunk = first;
      for (;;) {
        yield chunk.text;
        if (chunk.after === undefined) return;
        chunk = await readRejects(exchange, asked, chunk.after);
      }
    };
    withReceipt(reply, first.receipt).type('application/x-ndjson; charset=utf-8');
    return reply.send(Readable.from(chunks(), { objectMode: false }));
  });
}

async function sendWorkbook(
  exchange: Exchange,
  asked: Parameters<typeof readRejectsWorkbook>[1],
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { body, receipt } = await readRejectsWorkbook(exchange, asked);
  const disposition = `attachment; filename="rejects-${asked.deliveryId}.xlsx"`;
  withReceipt(reply, receipt).header('content-disposition', disposition);
  return reply.type(WORKBOOK_TYPE).send(body);
}

async function ownDelivery(exchange: Exchange, request: DeliveryRequest, permitted: Permitted): Promise<DeliveryView> {
  const { contractId } = permitted;
  const view = await readDelivery(exchange, { application: request.subject.sub, contractId, id: request.params.id });
  if (view === undefined) throw new Problem('not-found');
  return view;
}

async function takeBody(exchange: Exchange, permitted: Permitted, handing: HandingOver): Promise<Reply> {
  const { request } = handing;
  const terms = parseTerms(request, permitted.permit.access.get('')!.contract);
  const type = parseType(request.headers['content-type']);
  idempotencyKey(request.headers['idempotency-key']);
  if (isBeginning(request)) return beginUploadOf(exchange, request, { permitted, terms });
  const body = receive(request.body as Readable, parseManifest(request, exchange.config.deliveryLimitBytes));
  const id = exchange.clock.uuid();
  const intake = fileIntakeOf(exchange, { ...type, body });
  const offer: Offer = { ...permitted, ...terms, id, call: callOfRequest(request), intake };
  const { mode, again } = terms;
  const digest = digestOf(body, `${mode} ${again ? 'again ' : ''}${type.mediaType}`);
  return idempotent(exchange, request, digest, () => handOver(exchange, offer, handing));
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
