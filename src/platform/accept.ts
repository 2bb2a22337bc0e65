import Negotiator from 'negotiator';
import { Problem } from './errors.js';

/** The media type of a reply (RFC 9110, 12.5.1): the offered type that `Accept` prefers, the first one on a tie. Throws Problem not-acceptable. */
export function negotiate<T extends string>(accept: string | undefined, offered: readonly [T, ...T[]]): T {
  const [first] = offered;
  // What most programs send; every read runs this.
  if (accept === undefined || accept === '' || accept === '*/*' || accept === first) return first;
  // A range may name the charset, which is always this one.
  const spelled = offered.flatMap((type) => [type, `${type};charset=utf-8`]);
  const preferred = new Negotiator({ headers: { accept } }).mediaType(spelled);
  const found = offered.find((type) => preferred === type || preferred === `${type};charset=utf-8`);
  if (found !== undefined) return found;
  throw new Problem('not-acceptable', `This comes as ${offered.join(' or ')}.`, {
    faults: [{ parameter: 'Accept', reason: 'no representation fits', expected: offered.join(' or ') }],
  });
}
