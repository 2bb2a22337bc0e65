import type { Access } from '../access/policy/decision.js';
import { Problem } from '../platform/errors.js';
import type { Value } from '../standard/type.js';
import type { Ask } from './ask.js';
import { hasOpenKey, naturalKey } from './natural-key.js';

/** A department's system answers one call for each. */
export const LIVE_KEYS_AT_MOST = 10;
/** What needs rows that lie here, and so is refused of a dataset that is asked live. */
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

/** The one refusal of everything that a proxied dataset can't do; it says what can be done instead. */
export function askedLive(): Problem {
  const instead = `Look up at most ${LIVE_KEYS_AT_MOST} keys: POST …/rows/lookup, or in GraphQL the dataset's field with its key.`;
  return new Problem(
    'asked-live',
    `This dataset is asked live at its department, and nothing of it lies here. ${instead}`,
  );
}

/**
 * The keys that an ask of a proxied dataset names, null for a malformed one.
 * @throws Problem asked-live where it asks for anything else: a page, a relation, an `_id`, which no department knows
 */
export function liveKeys({ target, selection }: Ask, access: Access): readonly (readonly Value[] | null)[] {
  if (selection.relations.size > 0) throw askedLive();
  if (target.kind === 'keys') return target.keys;
  if (target.kind === 'id' && hasOpenKey(access)) return [naturalKey(target.id, access) ?? null];
  throw askedLive();
}
