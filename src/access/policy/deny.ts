import type { Fault, ProblemCode } from '../../platform/errors.js';
import type { Grant } from '../grants/grant.js';
import type { Denial } from './decision.js';

export interface Why {
  /** The true reason, for the sealed part. */
  reason: string;
  faults?: readonly Fault[];
  /** The grant in question, where the caller may know of it. */
  grant?: Grant;
}

export function deny(rule: string, code: ProblemCode, why: Why): Denial {
  return {
    outcome: 'deny',
    rule,
    code,
    reason: why.reason,
    faults: why.faults ?? [],
    ...(why.grant === undefined ? {} : { grant: why.grant }),
  };
}
