import type { Decision, Denial } from '../../access/policy/decision.js';
import type { PolicyIndex } from '../../access/policy/policy.js';
import type { Ask } from '../../query/ask.js';
import type { Rows } from '../../query/rows.js';

/** The asks of one call, each with its decision, all on one index. */
export interface DecidedAsks {
  index: PolicyIndex;
  asks: readonly Ask[];
  decisions: readonly Decision[];
}

export type Outcome = { outcome: 'rows'; rows: Rows } | { outcome: 'denied'; denial: Denial };

/** A door turns the outcomes into the status and the exact bytes to send. It may run twice, if a decision is stale. */
export type Present = (outcomes: readonly Outcome[]) => Presented | Promise<Presented>;
export interface Presented {
  status: number;
  /** Text is sent in one piece with the headers. The digest in the entry is over its UTF-8. */
  body: Buffer | string;
}
