import type { Denial, Permit } from '../../access/policy/decision.js';
import type { PolicyIndex } from '../../access/policy/policy.js';
import type { Draft, EntryAccess } from '../../audit/entry.js';
import type { Delivery } from '../../ingest/delivery.js';
import type { Interrupted } from '../../ingest/recover.js';
import { actorOf, stated } from '../answering/record.js';
import type { Call } from '../call.js';

/** A permitted call: the decision and its index. */
export interface PermittedCall {
  call: Call;
  index: PolicyIndex;
  permit: Permit;
}

/** Entries about a delivery contain counts and positions, never a value. */
export function endedEntry({ call, index, permit }: PermittedCall, delivery: Delivery): Draft {
  const published = delivery.state === 'published';
  const unchanged = delivery.report?.unchanged;
  const { grant } = permit.root;
  return {
    request: call.request,
    event: unchanged !== undefined ? 'delivery.unchanged' : published ? 'delivery.published' : 'delivery.rejected',
    outcome: published ? 'success' : 'failed',
    actor: actorOf(call, index),
    accesses: [deliveryAccess(permit, delivery.release, published ? delivery.counts.accepted : 0)],
    detail: {
      delivery: {
        id: delivery.id,
        mode: delivery.mode,
        state: delivery.state,
        digest: delivery.digest,
        ...delivery.counts,
        ...(unchanged === undefined ? {} : { sameAs: unchanged.sameAs }),
      },
    },
    sealed: {
      ...stated(call),
      ask: { delivery: delivery.id },
      ...(delivery.report?.refused === undefined ? {} : { rule: delivery.report.refused.rule }),
    },
    epoch: index.epoch,
    notAfter: Date.parse(grant.validUntil),
  };
}

/** The delivery broke off and published nothing. `code` is from the register of problems. */
export function failedEntry({ call, index, permit }: PermittedCall, deliveryId: string, code: string): Draft {
  return {
    request: call.request,
    event: 'delivery.failed',
    outcome: 'failed',
    actor: actorOf(call, index),
    accesses: [{ ...deliveryAccess(permit, null, null), decision: 'failed' }],
    detail: { delivery: { id: deliveryId, code } },
    sealed: { ...stated(call), ask: { delivery: deliveryId }, reason: code },
  };
}

/** The deliverer cancelled the delivery or its upload; nothing was published. */
export function cancelledEntry({ call, index, permit }: PermittedCall, id: string): Draft {
  return {
    request: call.request,
    event: 'delivery.cancelled',
    outcome: 'success',
    actor: actorOf(call, index),
    accesses: [deliveryAccess(permit, null, null)],
    detail: { delivery: { id } },
    sealed: { ...stated(call), ask: { cancel: id } },
  };
}

/** The exchange stopped or lost the database during the delivery; nothing was published. There is no caller. */
export function interruptedEntry(index: PolicyIndex, request: string, interrupted: Interrupted): Draft {
  const { id, application, grant } = interrupted;
  const contract = index.catalog.contracts.get(interrupted.contract);
  const about = contract === undefined ? [] : [{ dataset: contract.name, major: contract.major }];
  const department = index.applications.get(application)?.department ?? '';
  return {
    request,
    event: 'delivery.failed',
    outcome: 'failed',
    actor: { issuer: '', subject: application, application, department },
    accesses: about.map((dataset) => ({ ...NOTHING, ...dataset, grant, decision: 'failed' })),
    detail: { delivery: { id, code: 'interrupted' } },
    sealed: { ask: { delivery: id }, reason: 'interrupted' },
  };
}

/** Without any grant the open part names no dataset, as in the reply. */
export function deniedEntry(call: Call, index: PolicyIndex, about: { contractId: string; denial: Denial }): Draft {
  const contract = index.catalog.contracts.get(about.contractId);
  const known = contract !== undefined && about.denial.code !== 'not-found';
  return {
    request: call.request,
    event: 'delivery.denied',
    outcome: 'denied',
    actor: actorOf(call, index),
    accesses: known ? [{ ...NOTHING, dataset: contract.name, major: contract.major, decision: 'deny' }] : [],
    sealed: {
      ...stated(call),
      ask: { contract: about.contractId },
      rule: about.denial.rule,
      reason: about.denial.reason,
    },
  };
}

/** A read of rejects: the deliverer sees its own rows again. */
export function rejectsEntry({ call, index, permit }: PermittedCall, deliveryId: string, rows: number): Draft {
  return {
    request: call.request,
    event: 'rejects.read',
    outcome: 'success',
    actor: actorOf(call, index),
    accesses: [deliveryAccess(permit, null, rows)],
    detail: { delivery: { id: deliveryId } },
    sealed: { ...stated(call), ask: { rejects: deliveryId } },
    epoch: index.epoch,
    notAfter: permit.notAfter,
  };
}

/** A read of a dataset's quality, full or rounded. */
export function qualityEntry({ call, index, permit }: PermittedCall, release: number | null): Draft {
  return {
    request: call.request,
    event: 'quality.read',
    outcome: 'success',
    actor: actorOf(call, index),
    accesses: [deliveryAccess(permit, release, null)],
    sealed: { ...stated(call), ask: { quality: release } },
    epoch: index.epoch,
    notAfter: permit.notAfter,
  };
}

const NOTHING = { release: null, grant: null, version: null, purpose: null, fields: [], masks: [], rows: null };

function deliveryAccess(permit: Permit, release: number | null, rows: number | null): EntryAccess {
  const { contract, grant } = permit.root;
  return {
    ...NOTHING,
    dataset: contract.name,
    major: contract.major,
    release,
    grant: grant.id,
    version: grant.version,
    purpose: permit.purpose,
    decision: 'permit',
    rows,
  };
}
