import type { Subject } from '../../access/identity/subject.js';
import type { Denial } from '../../access/policy/decision.js';
import type { PolicyIndex } from '../../access/policy/policy.js';
import type { Actor, Draft, EntryAccess, Receipt, Sealed } from '../../audit/entry.js';
import { enter } from '../../audit/recorded.js';
import { shanghaiDate } from '../../platform/clock.js';
import { Problem } from '../../platform/errors.js';
import { type Ask, EVERYTHING } from '../../query/ask.js';
import type { Call } from '../call.js';
import type { Exchange } from '../exchange.js';
import { BrokenReply } from '../proxy/read-reply.js';
import type { DecidedAsks, Outcome, Presented } from './outcome.js';

/** Writes the entry of an answer or a denial, and stores the answer's tag. Nothing may be sent before this returns. */
export async function recordAnswer(
  exchange: Exchange,
  { index, asks }: DecidedAsks,
  answered: {
    call: Call;
    outcomes: readonly Outcome[];
    event: 'data.read' | 'graphql.read';
    presented: Presented;
    /** Entries of the calls to departments' interfaces for this answer. */
    asked: readonly number[];
  },
): Promise<{ receipt: Receipt; sentAt: number; etag: string | undefined }> {
  const { call, outcomes, presented, asked } = answered;
  const query = canonicalAsk(asks);
  const { accesses, rows, denials, notAfter } = leavingOf(asks, outcomes);
  const denied = outcomes.length > 0 && denials.length === outcomes.length;
  const sealed: Sealed = { ...stated(call), ask: query, rows };
  if (denials.length > 0) {
    sealed.rule = denials.map(({ rule }) => rule).join();
    sealed.reason = denials.map(({ reason }) => reason).join('; ');
  }
  const { receipt, sentAt } = await enter(exchange.log, {
    request: call.request,
    event: denied && answered.event === 'data.read' ? 'data.denied' : answered.event,
    outcome: denied ? 'denied' : 'success',
    actor: actorOf(call, index),
    accesses,
    answer: presented.body,
    query,
    sealed,
    ...(asked.length === 0 ? {} : { detail: { asked } }),
    epoch: index.epoch,
    ...(notAfter === Number.POSITIVE_INFINITY ? {} : { notAfter }),
  });
  return { receipt, sentAt, etag: tag(exchange, query, outcomes, receipt.index) };
}

/**
 * What the entry records of the outcomes: datasets, counts of rows, denials, and the time until which all of it may
 * leave.
 */
function leavingOf(asks: readonly Ask[], outcomes: readonly Outcome[]) {
  const accesses: EntryAccess[] = [];
  const rows: Buffer[] = [];
  const denials: Denial[] = [];
  let notAfter = Number.POSITIVE_INFINITY;
  for (const [i, outcome] of outcomes.entries()) {
    if (outcome.outcome === 'rows') {
      accesses.push(...outcome.rows.entries());
      rows.push(...outcome.rows.packed());
      notAfter = Math.min(notAfter, outcome.rows.permit.notAfter);
      continue;
    }
    denials.push(outcome.denial);
    const ask = asks[i];
    // Without any grant the entry names no dataset, and neither does the reply: known and unknown datasets look the
    // same.
    if (ask !== undefined && outcome.denial.grant !== undefined) accesses.push({ ...touched(ask), decision: 'deny' });
  }
  return { accesses, rows, denials, notAfter };
}

/** Records a failure if the log still works. The caller gets the error that caused the failure. */
export async function recordFailure(
  exchange: Exchange,
  failed: { call: Call; asks: readonly Ask[]; error: unknown; asked: readonly number[] },
): Promise<void> {
  if (failed.error instanceof Problem && failed.error.code === 'audit-unavailable') return;
  const { call, asks, asked } = failed;
  const code = failed.error instanceof Problem ? failed.error.code : 'internal';
  const draft: Draft = {
    request: call.request,
    event: 'data.failed',
    outcome: 'failed',
    actor: actorOf(call, exchange.policy.current()),
    accesses: asks.map((ask) => ({ ...touched(ask), decision: 'failed' })),
    sealed: {
      ...stated(call),
      ask: canonicalAsk(asks),
      reason: failed.error instanceof BrokenReply ? `${code}: ${failed.error.reason}` : code,
    },
    detail: asked.length === 0 ? { code } : { code, asked },
  };
  await enter(exchange.log, draft)
    .catch((error: unknown) => {
      // An ask too large for an entry is left out of it; the log still records the failure.
      if (!(error instanceof Problem) || error.code !== 'unprocessable') return;
      return enter(exchange.log, { ...draft, sealed: { ...stated(call), ask: null, reason: code } });
    })
    .catch(() => {}); // the log does not work: the reply is an error without data in any case
}

const actors = new WeakMap<Subject, Actor>();

/** The same object for the same subject (a token) in the same department, so that its JSON is written only once. */
export function actorOf(call: Call, index: PolicyIndex): Actor {
  const { subject } = call;
  const department = index.applications.get(subject.sub)?.department ?? '';
  const known = actors.get(subject);
  if (known?.department === department) return known;
  const actor = { issuer: subject.issuer, subject: subject.sub, application: subject.sub, department };
  actors.set(subject, actor);
  return actor;
}

/** What the application states about the person and the case. Goes into the sealed part. */
export function stated(call: Call): Pick<Sealed, 'case' | 'operator' | 'address'> {
  const { address, caseNumber, operator } = call;
  const said: Pick<Sealed, 'case' | 'operator' | 'address'> = { address };
  if (caseNumber !== undefined) said.case = caseNumber;
  if (operator !== undefined) said.operator = operator;
  return said;
}

/** The asks with their values, as text: for the query digest and for auditors. */
export function canonicalAsk(asks: readonly Ask[]): string {
  const [only] = asks;
  if (asks.length === 1 && only?.target.kind === 'id' && only.selection === EVERYTHING) {
    return `[{"contract":"${only.contract.id}","target":{"kind":"id","id":${JSON.stringify(only.target.id)}},"selection":"*"}]`;
  }
  return JSON.stringify(
    asks.map((ask) => ({ contract: ask.contract.id, target: ask.target, selection: selectionOf(ask.selection) })),
  );
}

function selectionOf(selection: Ask['selection']): unknown {
  if (selection.relations.size === 0) return selection.fields ?? '*';
  return [
    selection.fields ?? '*',
    Object.fromEntries([...selection.relations].map(([name, inner]) => [name, selectionOf(inner)])),
  ];
}

function touched(ask: Ask): Omit<EntryAccess, 'decision'> {
  return {
    dataset: ask.contract.name,
    major: ask.contract.major,
    release: null,
    grant: null,
    version: null,
    purpose: null,
    fields: [],
    masks: [],
    rows: null,
  };
}

function tag(exchange: Exchange, query: string, outcomes: readonly Outcome[], entry: number): string | undefined {
  const only = outcomes.length === 1 ? outcomes[0] : undefined;
  if (only?.outcome !== 'rows') return undefined;
  const { permit, releases } = only.rows;
  if (!isReleased(releases)) return undefined;
  const etag = exchange.etags.of(permit, query, releases, shanghaiDate(exchange.clock.now()));
  exchange.etags.remember(etag, entry);
  return etag;
}

/** Data that is asked live has no release, so it has no tag. */
function isReleased(releases: readonly (number | null)[]): releases is readonly number[] {
  return !releases.includes(null);
}
