import type { FastifyReply, FastifyRequest } from 'fastify';
import { serializeItem } from 'structured-headers';
import type { Offer } from '../../exchange/delivering/begin-delivery.js';
import { appendToUpload, bodyOfUpload, cancelUpload, deliverUpload } from '../../exchange/delivering/uploads.js';
import type { Exchange } from '../../exchange/exchange.js';
import { fileIntake } from '../../ingest/receive/file-intake.js';
import { findUpload, tellWhole, type Upload } from '../../ingest/receive/upload.js';
import { Problem } from '../../platform/errors.js';
import type { Permitted } from '../http/authorise-request.js';
import { sendKept } from '../http/idempotency.js';
import { callOfRequest, withReceipt } from '../http/request.js';
import { CALL } from '../openapi/headers.js';
import { type Called, DATASET, datasetOperation, isKept, json, whereContract } from '../operation.js';
import { bytes, closed, uuid } from '../shapes.js';
import { withUpload } from './begin-upload.js';
import { parseType } from './delivery-request.js';
import { accepted, delivery } from './delivery-shapes.js';
import { deliveriesOf, handOver, UPLOAD_MS } from './hand-over.js';
import { badHeader, PARTIAL, type Partial, parsePartial } from './upload-request.js';

const ONE = {
  path: `${DATASET}/uploads/{id}`,
  who: ['deliverer'],
  params: closed({ id: uuid }),
  malformed: 'not-found',
} as const;
const STATE = ['Upload-Offset', 'Upload-Complete', 'Upload-Limit'];

/**
 * Deliveries in parts (draft-ietf-httpbis-resumable-upload): shows their state, appends, cancels. Only for the
 * application that began them.
 */
export const uploadOperations = whereContract(isKept, [
  datasetOperation({
    ...ONE,
    method: 'HEAD',
    of: ({ name, title }) => ({
      id: `get${name}Upload`,
      summary: `${title}: the offset of an upload in parts`,
      headers: CALL,
      replies: { 204: { description: 'The headers say what is stored.', headers: STATE } },
      problems: [400, 403, 404],
    }),
    async handler({ exchange }, call) {
      return withUpload(call.reply, exchange, await ownUpload(exchange, call))
        .code(204)
        .send();
    },
  }),
  datasetOperation({
    ...ONE,
    method: 'PATCH',
    streams: { [PARTIAL]: bytes(1_073_741_824) },
    timeoutMs: UPLOAD_MS,
    of: ({ name, title }) => ({
      id: `append${name}Upload`,
      summary: `${title}: append a part to an upload`,
      description:
        'draft-ietf-httpbis-resumable-upload. Begin with `POST …/deliveries` and `Upload-Complete: ?0`; `HEAD` gives `Upload-Offset`. Stored bytes survive a broken connection and the end of a node.',
      headers: [...CALL, 'UploadOffset', 'UploadComplete', 'UploadLength', 'ReprDigest', 'ContentDigest', 'Prefer'],
      replies: {
        201: json('The upload is complete and the delivery has ended.', delivery, [
          'Location',
          'Exchange-Receipt',
          'Exchange-Release',
          ...STATE,
        ]),
        202: json('The upload is complete; publishing continues.', accepted, [
          'Location',
          'Preference-Applied',
          ...STATE,
        ]),
        204: { description: 'Stored.', headers: STATE },
      },
      problems: [400, 403, 404, 409, 413, 415, 422],
    }),
    handler: ({ exchange, running }, call) => append(exchange, call, running),
  }),
  datasetOperation({
    ...ONE,
    method: 'DELETE',
    of: ({ name, title }) => ({
      id: `cancel${name}Upload`,
      summary: `${title}: cancel an upload in parts`,
      headers: CALL,
      replies: { 204: { description: 'Deleted.', headers: ['Exchange-Receipt'] } },
      problems: [400, 403, 404, 409],
    }),
    async handler({ exchange }, call) {
      const upload = await ownUpload(exchange, call);
      const receipt = await cancelUpload(exchange, upload, { call: callOfRequest(call.request), ...call.caller });
      return withReceipt(call.reply, receipt).code(204).send();
    },
  }),
]);

type UploadCall = Called<{ id: string }, unknown, unknown, Permitted>;

async function ownUpload(exchange: Exchange, { request, reply, params, caller }: UploadCall): Promise<Upload> {
  const by = { id: params.id, application: request.subject.sub, contract: caller.contractId };
  const upload = await findUpload(exchange.database.app, by);
  if (upload === undefined) throw new Problem('not-found');
  if (upload.delivery !== null) reply.header('location', `${deliveriesOf(caller.contractId)}/${upload.delivery}`);
  return upload;
}

async function append(exchange: Exchange, call: UploadCall, running: Set<Promise<unknown>>): Promise<FastifyReply> {
  const { request, reply, caller } = call;
  const upload = await ownUpload(exchange, call);
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
  const given = await handOver(exchange, offerOf(exchange, request, { upload: whole, permitted: caller }), {
    request,
    running,
    carryOut: (_, offer) => deliverUpload(exchange, offer, whole),
  });
  return sendKept(reply.header('upload-complete', serializeItem(true)), given);
}

function offerOf(
  exchange: Exchange,
  request: FastifyRequest,
  { upload, permitted }: { upload: Upload; permitted: Permitted },
): Offer & Permitted {
  const { mode, again } = upload;
  const intake = fileIntake(exchange, { ...parseType(upload.contentType), body: bodyOfUpload(exchange, upload) });
  return { ...permitted, mode, again, id: exchange.clock.uuid(), call: callOfRequest(request), intake };
}

/** The length and digest of the whole upload may not change. */
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
