import { parse } from 'content-type';
import type { FastifyRequest } from 'fastify';
import type { Contract } from '../../catalog/contract.js';
import { type Charset, namedCharset } from '../../ingest/readers/csv/charset.js';
import { FILE_TYPES, type FileType } from '../../ingest/readers/open.js';
import type { Manifest } from '../../ingest/receive/receive.js';
import { Problem } from '../../platform/errors.js';
import { nearMiss } from '../../platform/near-miss.js';
import { statedDigest } from '../../platform/structured-field.js';
import { pairsOf } from '../data/parse-url.js';
import { queryStringOf } from '../http/request.js';

const PARAMETERS = ['mode', 'again'];

/** What the query string says of a delivery. */
export interface Terms {
  mode: 'snapshot' | 'delta';
  /** Publish it though the same file was published before. */
  again: boolean;
}

/** `mode` by the contract's terms, and `again`. Throws Problem unknown-parameter, repeated-parameter, bad-value, unprocessable. */
export function parseTerms(request: FastifyRequest, contract: Contract): Terms {
  const pairs = pairsOf(queryStringOf(request));
  const foreign = pairs.find((pair) => !PARAMETERS.includes(pair.name));
  if (foreign !== undefined) {
    const suggestion = nearMiss(foreign.name, PARAMETERS);
    throw new Problem('unknown-parameter', undefined, {
      faults: [
        {
          parameter: foreign.name.slice(0, 100),
          reason: 'unknown parameter',
          expected: PARAMETERS.join(' or '),
          ...(suggestion === undefined ? {} : { suggestion }),
        },
      ],
    });
  }
  const oneOf = (name: string) => {
    const [pair, second] = pairs.filter((each) => each.name === name);
    if (second === undefined) return pair?.value;
    throw new Problem('repeated-parameter', undefined, { faults: [{ parameter: name, reason: 'stands twice' }] });
  };
  const again = oneOf('again');
  if (again !== undefined && again !== 'true' && again !== 'false')
    throw badValue('again', 'not true or false', 'true');
  return { mode: modeOf(oneOf('mode'), contract), again: again === 'true' };
}

function modeOf(mode: string | undefined, { delivery }: Contract): Terms['mode'] {
  if (mode !== 'snapshot' && mode !== 'delta') {
    const reason = mode === undefined ? 'is required' : 'not a mode';
    throw badValue('mode', reason, delivery.modes.join(' or '));
  }
  if (!delivery.modes.includes(mode)) throw new Problem('unprocessable', `The contract takes no ${mode}`);
  return mode;
}

function badValue(parameter: string, reason: string, expected: string): Problem {
  return new Problem('bad-value', undefined, { faults: [{ parameter, reason, expected }] });
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
  const { type, parameters } = parse(header ?? '');
  const mediaType = FILE_TYPES.find((each) => each === type);
  if (mediaType === undefined) throw new Problem('unsupported-media-type');
  const charset = namedCharset(parameters.charset);
  if (mediaType === 'application/x-ndjson' && charset === 'gb18030') throw new Problem('unsupported-media-type');
  return { mediaType, charset };
}

/** Throws Problem unsupported-media-type, bad-header, too-large. */
export function parseManifest(request: FastifyRequest, limitBytes: number): Manifest {
  const { headers } = request;
  if (Number(headers['content-length'] ?? 0) > limitBytes) throw new Problem('too-large');
  return { encoding: parseEncoding(request), stated: statedDigest(headers['content-digest']), limitBytes };
}

/** Throws Problem unsupported-media-type. */
export function parseEncoding({ headers }: FastifyRequest): Manifest['encoding'] {
  const encoding = (headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (encoding === 'identity' || encoding === 'gzip') return encoding;
  throw new Problem('unsupported-media-type', 'The content encoding is not taken here: gzip or none');
}

/** RFC 7240. */
export function prefersAsync(header: string | string[] | undefined): boolean {
  return [header ?? []].flat().some((value) => /(^|,)\s*respond-async\s*(,|;|$)/i.test(value));
}
