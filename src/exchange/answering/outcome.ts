import type { Decision, Denial } from '../../access/policy/decision.js';
import type { PolicyIndex } from '../../access/policy/policy.js';
import type { Ask } from '../../query/ask.js';
import type { Rows } from '../../query/rows.js';

/** The asks of one call on one index, each with its decision. */
export interface DecidedAsks {
  index: PolicyIndex;
  asks: readonly Ask[];
  decisions: readonly Decision[];
}

export type Outcome = { outcome: 'rows'; rows: Rows } | { outcome: 'denied'; denial: Denial };

/** What a door makes of the outcomes: the status and the exact bytes that will leave. May run more than once (a stale decision). */
export type Present = (outcomes: readonly Outcome[]) => Presented | Promise<Presented>;
export interface Presented {
  status: number;
  /** Text leaves in one piece with the headers; its UTF-8 is what the entry's digest is over. */
  body: Buffer | string;
}
