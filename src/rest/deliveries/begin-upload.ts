import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { serializeDictionary, serializeItem } from 'structured-headers';
import { datasetPath } from '../../catalog/contract-id.js';
import { appendToUpload } from '../../exchange/delivering/uploads.js';
import type { Exchange } from '../../exchange/exchange.js';
import { receive } from '../../ingest/receive/receive.js';
import { beginUpload, dropUpload, type Upload } from '../../ingest/receive/upload.js';
import { Problem } from '../../platform/errors.js';
import type { Permitted } from '../http/authorise-request.js';
import { idempotent, type StoredReply } from '../http/idempotency.js';
import { parseEncoding, type Terms } from './delivery-request.js';
import { parseComplete, parsePartial } from './upload-request.js';

/** True if the body is the first part of a delivery in parts. Throws Problem bad-header. */
export function isBeginning(request: FastifyRequest): boolean {
  return request.headers['upload-complete'] !== undefined && !parseComplete(request);
}

/**
 * Creates the upload, with the first bytes if the request has some. If they break off, no upload remains: its sender
 * would not know the address.
 * @throws Problem bad-header, too-large, rate-limited, digest-mismatch, bad-body
 */
export async function beginUploadOf(
  exchange: Exchange,
  request: FastifyRequest,
  { permitted, terms }: { permitted: Permitted; terms: Terms },
): Promise<StoredReply> {
  const encoding = parseEncoding(request);
  const { length, whole, stated, body } = parsePartial(request);
  const { deliveryLimitBytes: limitBytes } = exchange.config;
  if ((length ?? 0) > limitBytes) throw new Problem('too-large');
  const sent = receive(body, { encoding: 'identity', stated: undefined, limitBytes });
  const contentType = String(request.headers['content-type']);
  const seen = () => `upload ${terms.mode} ${terms.again} ${contentType} ${sent.digest().toString('hex')}`;
  const drain = async () => {
    await sent.drain();
    return seen();
  };
  return idempotent(exchange, request, { seen, drain }, async () => {
    const upload = await beginUpload(exchange.database.app, {
      ...terms,
      id: exchange.clock.uuid(),
      contract: permitted.contractId,
      application: request.subject.sub,
      contentType,
      encoding,
      length,
      digest: whole,
    });
    try {
      const received = await appendToUpload(exchange, upload, { body: Readable.from(sent.content()), stated });
      return createdReply(exchange, { ...upload, received });
    } catch (error) {
      await dropUpload(exchange.database.app, upload.id);
      throw error;
    }
  });
}

function createdReply(exchange: Exchange, upload: Upload): StoredReply {
  const { id, received, remaining } = upload;
  return {
    status: 201,
    headers: {
      ...uploadHeaders(exchange, upload),
      'content-type': 'application/json; charset=utf-8',
      location: `${datasetPath(upload.contract)}/uploads/${id}`,
    },
    body: JSON.stringify({ id, received, remaining }),
  };
}

/** The offset of an upload and its limits. */
function uploadHeaders({ config }: Pick<Exchange, 'config'>, upload: Upload): Record<string, string> {
  return {
    'upload-offset': String(upload.received),
    'upload-complete': serializeItem(upload.ended),
    'upload-limit': serializeDictionary({ 'max-size': config.deliveryLimitBytes, 'max-age': upload.remaining }),
    ...(upload.length === null ? {} : { 'upload-length': String(upload.length) }),
  };
}

export function withUpload(reply: FastifyReply, exchange: Exchange, upload: Upload): FastifyReply {
  return reply.headers(uploadHeaders(exchange, upload));
}
