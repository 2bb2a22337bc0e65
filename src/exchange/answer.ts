import type { Subject } from '../access/identity/subject.js';
import type { Denial } from '../access/policy/decision.js';
import type { Receipt } from '../audit/entry.js';
import type { Ask } from '../query/ask.js';
import type { Rows } from '../query/rows.js';
import type { Exchange } from './exchange.js';

/** Who asks, why, and how it is traced; the same from both doors. */
export interface Call {
  subject: Subject;
  /** UUID. */
  request: string;
  address: string;
  purpose: string | undefined;
  grant: string | undefined;
  caseNumber: string | undefined;
  operator: string | undefined;
}

export type Outcome = { outcome: 'rows'; rows: Rows } | { outcome: 'denied'; denial: Denial };

/** What a door makes of the outcomes: the status and the exact bytes that will leave. May run more than once (a stale decision). */
export type Present = (outcomes: readonly Outcome[]) => Presented | Promise<Presented>;
export interface Presented {
  status: number;
  body: Buffer;
}

export interface Answer extends Presented {
  receipt: Receipt;
  outcomes: readonly Outcome[];
}

/** decide → plan → run → present → record. The only way by which a row leaves. Implemented below this line by the integrator. */
export type AnswerFunction = (
  exchange: Exchange,
  call: Call,
  asks: readonly Ask[],
  door: { event: 'data.read' | 'graphql.read'; present: Present },
) => Promise<Answer>;
