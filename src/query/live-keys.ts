import type { Access } from '../access/policy/decision.js';
import { Problem } from '../platform/errors.js';
import type { Value } from '../standard/type.js';
import type { Ask } from './ask.js';
import { hasOpenKey, naturalKey } from './natural-key.js';

/** Each key costs one call to the department's system. */
export const LIVE_KEYS_AT_MOST = 10;
/** These need stored rows, so a dataset that is asked live refuses them. */
export const LIVE_CANNOT = [
  'page',
  'filter',
  'sort',
  'count',
  'relations',
  'id',
  'etag',
  'history',
  'deliver',
] as const;

/** The one refusal of what a proxied dataset can't do; it names what works instead. */
export function askedLive(): Problem {
  const instead = `Look up at most ${LIVE_KEYS_AT_MOST} keys: POST …/rows/lookup, or in GraphQL the dataset's field with its key.`;
  return new Problem(
    'asked-live',
    `This dataset is asked live at its department, and nothing of it lies here. ${instead}`,
  );
}

/**
 * The keys in an ask of a proxied dataset; null for a malformed one.
 * @throws Problem asked-live for anything else: a page, a relation, or an `_id`, which no department knows
 */
export function liveKeys({ target, selection }: Ask, access: Access): readonly (readonly Value[] | null)[] {
  if (selection.relations.size > 0) throw askedLive();
  if (target.kind === 'keys') return target.keys;
  if (target.kind === 'id' && hasOpenKey(access)) return [naturalKey(target.id, access) ?? null];
  throw askedLive();
}
