import type { FastifyRequest } from 'fastify';
import type { Contract } from '../catalog/contract.js';
import { type Manifest, statedDigest } from '../ingest/receive.js';
import { type Charset, namedCharset } from '../ingest/sources/charset.js';
import { FILE_TYPES, type FileType } from '../ingest/sources/open.js';
import { Problem } from '../platform/errors.js';
import { nearMiss } from '../platform/near-miss.js';
import { pairsOf } from './parse-url.js';
import { queryStringOf } from './request.js';

/** `mode`, the one parameter, by the contract's terms. Throws Problem unknown-parameter, repeated-parameter, bad-value, unprocessable. */
export function parseMode(request: FastifyRequest, contract: Contract): 'snapshot' | 'delta' {
  const pairs = pairsOf(queryStringOf(request));
  const foreign = pairs.find((pair) => pair.name !== 'mode');
  if (foreign !== undefined) {
    const suggestion = nearMiss(foreign.name, ['mode']);
    throw new Problem('unknown-parameter', undefined, {
      faults: [
        {
          parameter: foreign.name.slice(0, 100),
          reason: 'unknown parameter',
          expected: 'mode',
          ...(suggestion === undefined ? {} : { suggestion }),
        },
      ],
    });
  }
  if (pairs.length > 1) {
    throw new Problem('repeated-parameter', undefined, { faults: [{ parameter: 'mode', reason: 'stands twice' }] });
  }
  const mode = pairs[0]?.value;
  if (mode !== 'snapshot' && mode !== 'delta') {
    const reason = mode === undefined ? 'is required' : 'not a mode';
    throw new Problem('bad-value', undefined, {
      faults: [{ parameter: 'mode', reason, expected: contract.delivery.modes.join(' or ') }],
    });
  }
  if (!contract.delivery.modes.includes(mode)) throw new Problem('unprocessable', `The contract takes no ${mode}`);
  return mode;
}

/** Throws Problem unknown-parameter. */
export function noParameters(request: FastifyRequest): void {
  const [first] = pairsOf(queryStringOf(request));
  if (first === undefined) return;
  throw new Problem('unknown-parameter', undefined, {
    faults: [{ parameter: first.name.slice(0, 100), reason: 'unknown parameter' }],
  });
}

/** Media type and charset. NDJSON is UTF-8 by definition. Throws Problem unsupported-media-type. */
export function parseType(header: string | undefined): { mediaType: FileType; charset: Charset | undefined } {
  const [name, ...parameters] = (header ?? '').split(';').map((part) => part.trim());
  const mediaType = FILE_TYPES.find((type) => type === name?.toLowerCase());
  if (mediaType === undefined) throw new Problem('unsupported-media-type');
  const stated = parameters.map((part) => /^charset="?([A-Za-z0-9_-]+)"?$/i.exec(part)?.[1]).find(Boolean);
  const charset = namedCharset(stated);
  if (mediaType === 'application/x-ndjson' && charset === 'gb18030') throw new Problem('unsupported-media-type');
  return { mediaType, charset };
}

/** Throws Problem unsupported-media-type, bad-header, too-large. */
export function parseManifest(request: FastifyRequest, limitBytes: number): Manifest {
  const { headers } = request;
  const encoding = (headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (encoding !== 'identity' && encoding !== 'gzip') {
    throw new Problem('unsupported-media-type', 'The content encoding is not taken here: gzip or none');
  }
  if (Number(headers['content-length'] ?? 0) > limitBytes) throw new Problem('too-large');
  return { encoding, stated: statedDigest(headers['content-digest']), limitBytes };
}

/** RFC 7240. */
export function prefersAsync(header: string | string[] | undefined): boolean {
  return [header ?? []].flat().some((value) => /(^|,)\s*respond-async\s*(,|;|$)/i.test(value));
}
