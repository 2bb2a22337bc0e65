import { MODES } from '../access/grants/grant.js';
import { decide } from '../access/policy/decide.js';
import type { PolicyIndex } from '../access/policy/policy.js';
import type { Receipt } from '../audit/entry.js';
import { recorded } from '../audit/recorded.js';
import { proxyOf } from '../catalog/source-terms.js';
import { Problem } from '../platform/errors.js';
import { itemAt } from '../platform/known.js';
import type { Ask } from '../query/ask.js';
import { confirm } from './answering/confirm.js';
import type { DecidedAsks, Outcome, Present, Presented } from './answering/outcome.js';
import { recordAnswer, recordFailure } from './answering/record.js';
import type { Call } from './call.js';
import type { Exchange } from './exchange.js';
import { Gone } from './in-flight/recipient.js';
import { rowsAtMost } from './in-flight/weight.js';
import { type Live, type LiveRecords, openLive } from './proxy/ask-live.js';

export type { Outcome, Present, Presented } from './answering/outcome.js';

interface Door {
  event: 'data.read' | 'graphql.read';
  present: Present;
  /** A single ask: the tag of the answer that the caller may already have. */
  ifNoneMatch?: string | undefined;
}

export interface Answer extends Presented {
  receipt: Receipt;
  outcomes: readonly Outcome[];
  /** Only on a permitted single ask. */
  etag?: string | undefined;
  /** Only on a 304: it has no rows to take the release from. */
  release?: number;
}

export type AnswerFunction = (exchange: Exchange, call: Call, asks: readonly Ask[], door: Door) => Promise<Answer>;

/**
 * A reply that starts later than this after its commit is dropped: a right revoked in between would still yield data
 * (access.md, revocation).
 */
const BEGUN_WITHIN_MS = 2_000;

/**
 * wait for its turn → decide → (ask the department, if the dataset is asked live) → plan → run → present → record. Rows
 * leave the exchange only through this function, and only after their entry is committed (`audit.md`).
 * @throws Problem for every failure, which is recorded too; rate-limited, unavailable if it got no turn, and Gone if
 * nobody waits for it, which are not
 */
export const answer: AnswerFunction = async (exchange, call, asks, door) => {
  if (asks.length > 0 && asks.every((ask) => isStranger(exchange, call, ask))) exchange.strangers.admit(call);
  const { queue } = exchange;
  const { sub } = call.subject;
  const rows = rowsAtMost(asks);
  const turn = queue.enter(sub, rows, call.recipient);
  if (turn !== undefined) await turn;
  const asking: Asking = { call, door, rows, live: undefined };
  try {
    return await recorded(
      exchange.policy,
      (index) => decideAll(exchange, { call, asks, index }),
      (decided) => give(exchange, decided, asking),
    );
  } catch (error) {
    if (!(error instanceof Gone))
      await recordFailure(exchange, { call, asks, error, asked: asking.live?.asked ?? NOTHING_ASKED });
    throw error;
  } finally {
    queue.leave(sub, rows);
  }
};

function isStranger({ policy }: Exchange, { subject }: Call, { contract }: Ask): boolean {
  const index = policy.current();
  return MODES.every((mode) => index.grantsOf(subject.sub, contract.id, mode).length === 0);
}

/** One call with all its attempts. */
interface Asking {
  call: Call;
  door: Door;
  /** At most, of all asks. */
  rows: number;
  /** Set as soon as one of its datasets is asked live. */
  live: Live | undefined;
}

function decideAll(
  { clock }: Exchange,
  { call, asks, index }: { call: Call; asks: readonly Ask[]; index: PolicyIndex },
): DecidedAsks {
  if (call.recipient?.gone === true) throw new Gone();
  const application = index.applications.get(call.subject.sub);
  const renewed = asks.map((ask) => renew(ask, index));
  const decisions = renewed.map((ask) =>
    decide({ subject: call.subject, application, ask, call, index, now: clock.now(), mode: 'read' }),
  );
  return { index, asks: renewed, decisions };
}

/** An ask uses the contract in force now: within a major version a contract only gains fields (api.md, versions). */
function renew(ask: Ask, index: PolicyIndex): Ask {
  const current = index.catalog.contracts.get(ask.contract.id);
  return current === undefined || current === ask.contract ? ask : { ...ask, contract: current };
}

/** plan → run → present → record, for asks that are decided. */
async function give(exchange: Exchange, decided: DecidedAsks, asking: Asking): Promise<Answer> {
  const { call, door } = asking;
  const confirmed =
    door.ifNoneMatch === undefined ? undefined : await confirm(exchange, decided, { call, etag: door.ifNoneMatch });
  if (confirmed !== undefined) return confirmed;
  if (decided.asks.some(({ contract }) => proxyOf(contract) !== undefined)) asking.live ??= openLive(exchange, call);
  const records = asking.live === undefined ? NO_RECORDS : await asking.live.fetch(decided);
  const outcomes = await runAll(exchange, decided, { records, rows: asking.rows });
  const presenting = door.present(outcomes);
  const presented = presenting instanceof Promise ? await presenting : presenting;
  if (call.recipient?.gone === true) throw new Gone();
  const answered = { call, outcomes, event: door.event, presented, asked: asking.live?.asked ?? NOTHING_ASKED };
  const { receipt, sentAt, etag } = await recordAnswer(exchange, decided, answered);
  if (exchange.clock.now() - sentAt > BEGUN_WITHIN_MS) {
    throw new Problem('unavailable', 'The answer was recorded too late to be given. Try again.', { retryAfter: 1 });
  }
  call.recipient?.takes(presented.body.length, sentAt);
  return { status: presented.status, body: presented.body, outcomes, receipt, etag };
}

/** Rows of asks that are read at the same time; larger ones one after another, so that they do not occupy the whole reading pool. */
const TOGETHER_AT_MOST = 1_000;
const NO_RECORDS: LiveRecords = new Map();
const NOTHING_ASKED: readonly number[] = [];

async function runAll(
  { reading }: Exchange,
  { asks, decisions }: DecidedAsks,
  { records, rows }: { records: LiveRecords; rows: number },
): Promise<Outcome[]> {
  const [[ask], [only]] = [asks, decisions];
  if (decisions.length === 1 && only?.outcome === 'permit' && ask !== undefined) {
    return [{ outcome: 'rows', rows: await reading.run(only, ask, records.get(ask)) }];
  }
  const run = async (ask: Ask, i: number): Promise<Outcome> => {
    const decision = itemAt(decisions, i);
    if (decision.outcome === 'deny') return { outcome: 'denied', denial: decision };
    return { outcome: 'rows', rows: await reading.run(decision, ask, records.get(ask)) };
  };
  if (rows <= TOGETHER_AT_MOST) return Promise.all(asks.map(run));
  const outcomes: Outcome[] = [];
  for (const [i, ask] of asks.entries()) outcomes.push(await run(ask, i));
  return outcomes;
}
