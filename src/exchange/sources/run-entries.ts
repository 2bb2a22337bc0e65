import type { PolicyIndex } from '../../access/policy/policy.js';
import type { Draft } from '../../audit/entry.js';
import type { Contract } from '../../catalog/contract.js';
import type { SourceTerms } from '../../catalog/source-terms.js';
import { actorOf } from '../answering/record.js';
import type { Call } from '../call.js';

interface AboutRun {
  call: Call;
  index: PolicyIndex;
  contract: Contract;
  /** UUID of the run. */
  run: string;
}

const NOTHING = { release: null, grant: null, version: null, purpose: null, fields: [], masks: [], rows: null };

/** Recorded before any call: what the exchange does outside leaves a trace first. */
export function beganEntry(about: AboutRun): Draft {
  return { ...entryOf(about), event: 'source.began', outcome: 'success' };
}

/** `code` is from the register of problems; the reason is in the sealed part. */
export function runFailedEntry(about: AboutRun, failure: { code: string; reason: string }): Draft {
  const entry = entryOf(about);
  return {
    ...entry,
    event: 'source.failed',
    outcome: 'failed',
    detail: { source: { ...entry.detail.source, code: failure.code } },
    sealed: { ...entry.sealed, reason: failure.reason },
  };
}

function entryOf({ call, index, contract, run }: AboutRun) {
  const { source } = contract.delivery;
  return {
    request: call.request,
    actor: actorOf(call, index),
    accesses: [{ ...NOTHING, dataset: contract.name, major: contract.major, decision: 'permit' as const }],
    detail: { source: { run, kind: source.kind, ...upstreamOf(source) } },
    sealed: { ask: { run } },
  };
}

function upstreamOf(source: SourceTerms): { upstream?: string } {
  return 'upstream' in source ? { upstream: source.upstream } : {};
}
