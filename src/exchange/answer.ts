import { decide } from '../access/policy/decide.js';
import type { Decision, Permit } from '../access/policy/decision.js';
import type { PolicyIndex } from '../access/policy/policy.js';
import type { Receipt } from '../audit/entry.js';
import { proxyOf } from '../catalog/source-terms.js';
import { Problem } from '../platform/errors.js';
import type { Ask } from '../query/ask.js';
import { confirm } from './answering/confirm.js';
import type { Outcome, Present, Presented } from './answering/outcome.js';
import { type Recorded, recordAnswer, recordFailure } from './answering/record.js';
import type { Call } from './call.js';
import type { Exchange } from './exchange.js';
import { type Fetched, type Live, openLive } from './proxy/ask-live.js';

export type { Outcome, Present, Presented } from './answering/outcome.js';
export type { Call } from './call.js';

export interface Door {
  event: 'data.read' | 'graphql.read';
  present: Present;
  /** A single ask whose answer the caller may already hold. */
  ifNoneMatch?: string | undefined;
}

export interface Answer extends Presented {
  receipt: Receipt;
  outcomes: readonly Outcome[];
  /** Of a permitted single ask. */
  etag?: string | undefined;
  /** Of a 304, which has no rows to tell it. */
  release?: number;
}

export type AnswerFunction = (exchange: Exchange, call: Call, asks: readonly Ask[], door: Door) => Promise<Answer>;

/** Under a storm of policy changes an ask is decided again this often before it is given up as unavailable. */
const ATTEMPTS = 8;
const BEGUN_WITHIN_MS = 2_000;

/**
 * decide → (ask the department, where the dataset is asked live) → plan → run → present → record. The only way by which a row leaves, and never before its entry is committed (`audit.md`). Where the
 * policy moved between the decision and the commit, everything read so far is dropped and the ask begins anew.
 * @throws Problem for every failure; it is recorded too
 */
export const answer: AnswerFunction = async (exchange, call, asks, door) => {
  const live = openLive(exchange, call);
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const index = exchange.policy.current();
      const asked = asks.map((ask) => renew(ask, index));
      const decisions = asked.map((ask) => decideOn(exchange, call, ask, index));
      const confirmed =
        door.ifNoneMatch === undefined
          ? undefined
          : await confirm(exchange, { call, index, ask: asked[0]!, decision: decisions[0]!, etag: door.ifNoneMatch });
      if (confirmed !== undefined) return { ...confirmed, outcomes: [] };
      const fetched = asked.some(isLive) ? await live.fetch({ index, asks: asked, decisions }) : NOTHING_LIVE;
      const given =
        fetched.state === 'fetched'
          ? await give(exchange, { call, index, asks: asked, decisions, door, live, records: fetched.records })
          : fetched;
      if (given.state === 'recorded') return given.answer;
      if (given.state === 'stale') await exchange.policy.reach(given.epoch);
      else if (attempt > 0)
        throw new Problem('unauthenticated', 'The token or the grant ended while the answer was made.');
    }
    throw new Problem('unavailable', 'The policy changes too quickly to decide. Try again.', { retryAfter: 1 });
  } catch (error) {
    await recordFailure(exchange, { call, asks, error, asked: live.asked });
    throw error;
  }
};

const NOTHING_LIVE: Fetched = { state: 'fetched', records: new Map() };

function isLive({ contract }: Ask): boolean {
  return proxyOf(contract) !== undefined;
}

interface Giving {
  call: Call;
  index: PolicyIndex;
  asks: readonly Ask[];
  decisions: readonly Decision[];
  door: Door;
  live: Live;
  /** Of the asks that are asked live. */
  records: ReadonlyMap<Ask, string>;
}

/** plan → run → present → record: what is decided becomes the answer, or has to be decided again. */
async function give(
  exchange: Exchange,
  { call, index, asks, decisions, door, live, records }: Giving,
): Promise<{ state: 'recorded'; answer: Answer } | Exclude<Recorded, { state: 'recorded' }>> {
  const outcomes = await runAll(exchange, asks, decisions, records);
  const presenting = door.present(outcomes);
  const presented = presenting instanceof Promise ? await presenting : presenting;
  const { event } = door;
  const recorded = await recordAnswer(exchange, { call, index, asks, outcomes, event, presented, asked: live.asked });
  if (recorded.state !== 'recorded') return recorded;
  refuseLate(exchange.clock.now() - recorded.sentAt);
  const { status, body } = presented;
  return { state: 'recorded', answer: { status, body, outcomes, receipt: recorded.receipt, etag: recorded.etag } };
}

/** A reply that can't begin within 2 s of its commit is dropped: what was revoked meanwhile would still go out (access.md, revocation). */
function refuseLate(ageMs: number): void {
  if (ageMs <= BEGUN_WITHIN_MS) return;
  throw new Problem('unavailable', 'The answer was recorded too late to be given. Try again.', { retryAfter: 1 });
}

function decideOn(exchange: Exchange, call: Call, ask: Ask, index: PolicyIndex): Decision {
  const application = index.applications.get(call.subject.sub);
  return decide({ subject: call.subject, application, ask, call, index, now: exchange.clock.now(), mode: 'read' });
}

/** An ask speaks of the contract that is in force now; within a major it only ever gained (api.md, versions). */
function renew(ask: Ask, index: PolicyIndex): Ask {
  const current = index.catalog.contracts.get(ask.contract.id);
  return current === undefined || current === ask.contract ? ask : { ...ask, contract: current };
}

async function runAll(
  exchange: Exchange,
  asks: readonly Ask[],
  decisions: readonly Decision[],
  records: Giving['records'],
): Promise<Outcome[]> {
  const [only] = decisions;
  if (decisions.length === 1 && only!.outcome === 'permit') {
    return [{ outcome: 'rows', rows: await exchange.reading.run(only as Permit, asks[0]!, records.get(asks[0]!)) }];
  }
  return Promise.all(
    decisions.map(async (decision, i): Promise<Outcome> => {
      if (decision.outcome === 'deny') return { outcome: 'denied', denial: decision };
      return { outcome: 'rows', rows: await exchange.reading.run(decision, asks[i]!, records.get(asks[i]!)) };
    }),
  );
}
