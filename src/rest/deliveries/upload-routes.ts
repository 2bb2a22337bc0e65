import type { FastifyInstance, FastifyReply } from 'fastify';
import { serializeItem } from 'structured-headers';
import type { Offer } from '../../exchange/delivering/begin-delivery.js';
import { fileIntakeOf } from '../../exchange/delivering/file-intake-of.js';
import { appendToUpload, bodyOfUpload, cancelUpload, deliverUpload } from '../../exchange/delivering/uploads.js';
import type { Exchange } from '../../exchange/exchange.js';
import { findUpload, tellWhole, type Upload } from '../../ingest/receive/upload.js';
import { Problem } from '../../platform/errors.js';
import { authoriseRequest } from '../data/authorise-request.js';
import { callOfRequest, withReceipt } from '../http/request.js';
import { withUpload } from './begin-upload.js';
import { noParameters, parseType } from './delivery-request.js';
import {
  type DeliveryRequest,
  deliveriesOf,
  handOver,
  type Params,
  type Permitted,
  UPLOAD_MS,
} from './route-dataset.js';
import { badHeader, PARTIAL, type Partial, parsePartial } from './upload-request.js';

const PATH = '/data/:publisher/:dataset/v:major/uploads/:id';
type Handler = { request: DeliveryRequest; reply: FastifyReply };

/** Deliveries that come in by parts (draft-ietf-httpbis-resumable-upload): where they stand, more of them, their end. For who began them only. */
export async function uploadRoutes(app: FastifyInstance, { exchange }: { exchange: Exchange }): Promise<void> {
  const running = new Set<Promise<unknown>>();
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(PARTIAL, (_request, payload, done) => done(null, payload));
  app.addHook('onClose', () => Promise.allSettled(running));

  app.head<{ Params: Params }>(PATH, async (request, reply) => {
    const { upload } = await ownUpload(exchange, { request, reply });
    return withUpload(reply, exchange, upload).code(204).send();
  });
  app.patch<{ Params: Params }>(PATH, { handlerTimeout: UPLOAD_MS }, async (request, reply) => {
    try {
      return await append(exchange, { request, reply }, running);
    } catch (error) {
      // What is left of the body is read away, or the sender would never come to read the reply.
      reply.header('connection', 'close');
      request.raw.resume();
      throw error;
    }
  });
  app.delete<{ Params: Params }>(PATH, async (request, reply) => {
    const { upload, permitted } = await ownUpload(exchange, { request, reply });
    const receipt = await cancelUpload(exchange, upload, { call: callOfRequest(request), ...permitted });
    withReceipt(reply, receipt);
    return reply.code(204).send();
  });
}

async function ownUpload(
  exchange: Exchange,
  { request, reply }: Handler,
): Promise<{ upload: Upload; permitted: Permitted }> {
  const permitted = await authoriseRequest(exchange, request, reply);
  noParameters(request);
  const by = { id: request.params.id, application: request.subject.sub, contract: permitted.contractId };
  const upload = await findUpload(exchange.database.app, by);
  if (upload === undefined) throw new Problem('not-found');
  if (upload.delivery !== null) reply.header('location', `${deliveriesOf(request)}/${upload.delivery}`);
  return { upload, permitted };
}

async function append(exchange: Exchange, handler: Handler, running: Set<Promise<unknown>>): Promise<FastifyReply> {
  const { request, reply } = handler;
  const { upload, permitted } = await ownUpload(exchange, handler);
  const partial = parsePartial(request);
  if (partial.offset === undefined) throw badHeader('Upload-Offset', 'where the body goes');
  withUpload(reply, exchange, upload);
  if (upload.ended) throw takenOver();
  if (partial.offset !== upload.received) throw new Problem('conflict', `The next byte is ${upload.received}.`);
  checkLength(upload, partial);
  const told = { ...upload, length: upload.length ?? partial.length, digest: upload.digest ?? partial.whole };
  await tellWhole(exchange.database.app, upload.id, told);
  const received = await appendToUpload(exchange, told, partial);
  const whole = { ...told, received };
  withUpload(reply, exchange, whole);
  if (!partial.complete) return reply.code(204).send();
  if (whole.length !== null && whole.length !== received) {
    throw new Problem('bad-body', `${received} bytes have come, and ${whole.length} were told.`);
  }
  const given = await handOver(exchange, offerOf(exchange, request, { upload: whole, permitted }), {
    request,
    running,
    carryOut: (_, offer) => deliverUpload(exchange, offer, whole),
  });
  return reply
    .code(given.status)
    .headers(given.headers)
    .header('upload-complete', serializeItem(true))
    .send(given.body);
}

function offerOf(
  exchange: Exchange,
  request: DeliveryRequest,
  { upload, permitted }: { upload: Upload; permitted: Permitted },
): Offer {
  const { mode, again } = upload;
  const intake = fileIntakeOf(exchange, { ...parseType(upload.contentType), body: bodyOfUpload(exchange, upload) });
  return { ...permitted, mode, again, id: exchange.clock.uuid(), call: callOfRequest(request), intake };
}

/** The whole has one length and one digest. */
function checkLength(upload: Upload, { length, whole }: Partial): void {
  if (upload.length !== null && length !== null && length !== upload.length) {
    throw badHeader('Upload-Length', `${upload.length}, as was told before`);
  }
  if (upload.digest !== null && whole !== null && !whole.equals(upload.digest)) {
    throw badHeader('Repr-Digest', 'the digest that was told before');
  }
}

function takenOver(): Problem {
  return new Problem('conflict', 'A delivery has taken this upload over.');
}
