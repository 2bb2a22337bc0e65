import type { FastifyRequest } from 'fastify';
import { Problem } from '../../platform/errors.js';

const PAIRS_AT_MOST = 300;

export interface QueryPair {
  name: string;
  value: string;
}

/** The part of the URL after `?`, not decoded. */
export function queryStringOf(request: FastifyRequest): string {
  const url = request.raw.url ?? '';
  const at = url.indexOf('?');
  return at < 0 ? '' : url.slice(at + 1);
}

/**
 * Form decoding (WHATWG URL) that refuses invalid UTF-8 instead of replacing it.
 * @throws Problem bad-value, too-complex
 */
export function pairsOf(queryString: string): QueryPair[] {
  if (queryString === '') return [];
  const parts = queryString.split('&').filter((part) => part !== '');
  if (parts.length > PAIRS_AT_MOST) throw new Problem('too-complex', 'Too many parameters: put the ask in a body.');
  return parts.map((part) => {
    const at = part.indexOf('=');
    const [name, value] = at < 0 ? [part, ''] : [part.slice(0, at), part.slice(at + 1)];
    try {
      return { name: decode(name), value: decode(value) };
    } catch (cause) {
      const fault = { parameter: part.slice(0, Math.max(0, at)).slice(0, 100), reason: 'bad percent-encoding' };
      throw new Problem('bad-value', 'The query string is not percent-encoded UTF-8.', { faults: [fault], cause });
    }
  });
}

function decode(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '));
}
