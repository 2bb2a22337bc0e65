import { openRateLimit } from '../../access/identity/rate-limit.js';
import type { Refusals } from '../../access/identity/refusals.js';
import type { Clock } from '../../platform/clock.js';
import { Problem } from '../../platform/errors.js';
import type { Call } from '../call.js';

/** Callers without a grant on what they ask for. */
export interface Strangers {
  /** The caller has no grant: there may be an entry of its own. Throws Problem not-found where it is only counted. */
  admit(call: Call): void;
}

/** Entries of one application about datasets that it has no grant on; what is beyond is counted like calls without a token. */
const RATE = { perSecond: 1, burst: 120 };

export function openStrangers({ refusals, clock }: { refusals: Refusals; clock: Clock }): Strangers {
  const limit = openRateLimit({ config: { rate: RATE }, clock });
  return {
    admit({ subject, address }) {
      if (limit.take(subject.sub).ok) return;
      refusals.note('access.refused', address, 'no-grant');
      throw new Problem('not-found');
    },
  };
}
