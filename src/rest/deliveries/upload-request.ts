import type { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import { Problem } from '../../platform/errors.js';
import { itemIn, statedDigest } from '../../platform/structured-field.js';
import { streamOf } from '../http/request.js';

export const PARTIAL = 'application/partial-upload';

/** Headers of draft-ietf-httpbis-resumable-upload and RFC 9530 about one part. */
export interface Partial {
  complete: boolean;
  /** Where the body belongs; undefined for the first part. */
  offset: number | undefined;
  /** Bytes of the whole upload. */
  length: number | null;
  /** SHA-256 of the whole upload. */
  whole: Buffer | null;
  /** SHA-256 of this body. */
  stated: Buffer | undefined;
  body: Readable;
}

/** Throws Problem bad-header. */
export function parsePartial(request: FastifyRequest): Partial {
  const { headers } = request;
  return {
    complete: parseComplete(request),
    offset: integerOf(request, 'Upload-Offset'),
    length: integerOf(request, 'Upload-Length') ?? null,
    whole: statedDigest(headers['repr-digest'], 'Repr-Digest') ?? null,
    stated: statedDigest(headers['content-digest']),
    body: streamOf(request),
  };
}

/** Throws Problem bad-header. */
export function parseComplete({ headers }: FastifyRequest): boolean {
  const complete = itemIn(headers['upload-complete']);
  if (typeof complete === 'boolean') return complete;
  throw badHeader('Upload-Complete', '?0 or ?1');
}

function integerOf({ headers }: FastifyRequest, name: string): number | undefined {
  const header = headers[name.toLowerCase()];
  if (header === undefined) return undefined;
  const value = itemIn(header);
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw badHeader(name, 'a number of bytes');
}

export function badHeader(parameter: string, expected: string): Problem {
  return new Problem('bad-header', undefined, {
    faults: [{ parameter, reason: 'missing, or not what is expected', expected }],
  });
}
