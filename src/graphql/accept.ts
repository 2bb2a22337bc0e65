import { Problem } from '../platform/errors.js';

export type ResponseType = 'application/graphql-response+json' | 'application/json';

/**
 * Content type of the response (GraphQL over HTTP, "Legacy watershed"): the new type only for callers that name it, else `application/json`. Of two
 * named types the one with the higher q wins, on a tie the new one. Throws Problem `not-acceptable`.
 */
export function mediaTypeFor(accept: string | undefined): ResponseType {
  if (accept === undefined || accept.trim() === '') return 'application/json';
  let modern = 0;
  let json: number | undefined;
  let any = 0;
  for (const range of accept.split(',')) {
    const [name, ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const q = qualityOf(parameters);
    if (name === 'application/graphql-response+json') modern = Math.max(modern, q);
    else if (name === 'application/json') json = Math.max(json ?? 0, q);
    else if (name === '*/*' || name === 'application/*') any = Math.max(any, q);
  }
  const plain = json ?? any;
  if (modern > 0 && modern >= plain) return 'application/graphql-response+json';
  if (plain > 0) return 'application/json';
  throw new Problem('not-acceptable', undefined, {
    faults: [{ parameter: 'Accept', reason: 'none fits', expected: 'application/graphql-response+json' }],
  });
}

function qualityOf(parameters: readonly string[]): number {
  const q = parameters.find((parameter) => parameter.startsWith('q='));
  if (q === undefined) return 1;
  const value = Number(q.slice(2));
  return Number.isFinite(value) ? Math.min(1, Math.max(0, value)) : 0;
}
