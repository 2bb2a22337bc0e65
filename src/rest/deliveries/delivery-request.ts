import { parse } from 'content-type';
import type { FastifyRequest } from 'fastify';
import type { Contract } from '../../catalog/contract.js';
import { type Charset, namedCharset } from '../../ingest/readers/csv/charset.js';
import { FILE_TYPES, type FileType } from '../../ingest/readers/open.js';
import type { DeliveryManifest } from '../../ingest/receive/receive.js';
import { Problem } from '../../platform/errors.js';
import { statedDigest } from '../../platform/structured-field.js';

/** The query string of a delivery. */
export interface Terms {
  mode: 'snapshot' | 'delta';
  /** Publish even if the same file was published before. */
  again: boolean;
}

/** Throws Problem unprocessable if the contract does not allow such a delivery. */
export function termsOf({ mode, again = false }: Pick<Terms, 'mode'> & Partial<Terms>, { delivery }: Contract): Terms {
  if (!delivery.modes.includes(mode)) throw new Problem('unprocessable', `The contract takes no ${mode}`);
  return { mode, again };
}

/** Media type and charset. NDJSON is always UTF-8. Throws Problem unsupported-media-type. */
export function parseType(header: string | undefined): { mediaType: FileType; charset: Charset | undefined } {
  const { type, parameters } = parse(header ?? '');
  const mediaType = FILE_TYPES.find((each) => each === type);
  if (mediaType === undefined) throw new Problem('unsupported-media-type');
  const charset = namedCharset(parameters.charset);
  if (mediaType === 'application/x-ndjson' && charset === 'gb18030') throw new Problem('unsupported-media-type');
  return { mediaType, charset };
}

/** Throws Problem unsupported-media-type, bad-header, too-large. */
export function parseManifest(request: FastifyRequest, limitBytes: number): DeliveryManifest {
  const { headers } = request;
  if (Number(headers['content-length'] ?? 0) > limitBytes) throw new Problem('too-large');
  return { encoding: parseEncoding(request), stated: statedDigest(headers['content-digest']), limitBytes };
}

/** Throws Problem unsupported-media-type. */
export function parseEncoding({ headers }: FastifyRequest): DeliveryManifest['encoding'] {
  const encoding = (headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (encoding === 'identity' || encoding === 'gzip') return encoding;
  throw new Problem('unsupported-media-type', 'The content encoding is not taken here: gzip or none');
}

/** RFC 7240. */
export function prefersAsync(header: string | string[] | undefined): boolean {
  return [header ?? []].flat().some((value) => /(^|,)\s*respond-async\s*(,|;|$)/i.test(value));
}
