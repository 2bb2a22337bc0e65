import type { Contract } from '../../catalog/contract.js';
import { contractId } from '../../catalog/contract-id.js';
import { Problem } from '../../platform/errors.js';
import { known } from '../../platform/known.js';
import type { Mask, Sensitivity } from '../../standard/type.js';
import type { NewChange } from '../policy/change-policy.js';
import { defaultMask } from '../policy/compile-access.js';
import type { PolicyIndex } from '../policy/policy.js';
import { checkGrant } from './check-grant.js';
import type { GrantDraft } from './draft-grant.js';
import type { Grant } from './grant.js';

interface Issuing {
  id: string;
  linkage: string;
  /** ms since the epoch. */
  now: number;
  /** The grant that goes on as this one: its id and linkage are kept. */
  renews?: Grant;
}

/**
 * The record of a new grant, or of the next version of a renewed one. Throws Problem `unprocessable` naming every fault, or `conflict` where another
 * active grant exists for the same application, dataset major, mode and purpose at an overlapping time.
 */
export function grantRecord(draft: GrantDraft, index: PolicyIndex, { id, linkage, now, renews }: Issuing): NewChange {
  const dated = { ...draft, validFrom: draft.validFrom ?? new Date(now).toISOString() };
  const faults = checkGrant(dated, index, now);
  if (faults.length > 0) throw new Problem('unprocessable', 'The grant cannot be agreed like this', { faults });
  refuseSecond(dated, index, renews);
  const contract = known(index.catalog.contracts, contractId(draft.dataset, draft.major));
  const made = renews === undefined ? { id, linkage } : { id: renews.id, linkage: renews.linkage };
  const event = renews === undefined ? 'grant.issued' : 'grant.renewed';
  return { kind: 'grant', id: made.id, document: grantDocument(dated, contract, made), event };
}

function grantDocument(
  draft: GrantDraft & { validFrom: string },
  contract: Contract,
  made: { id: string; linkage: string },
): Omit<Grant, 'version'> {
  return {
    ...made,
    application: draft.application,
    dataset: draft.dataset,
    major: draft.major,
    mode: draft.mode,
    fields: draft.fields,
    masks: draft.masks,
    rows: draft.rows,
    purposes: draft.purposes,
    legalBasis: draft.legalBasis,
    requires: draft.requires ?? {},
    validFrom: new Date(draft.validFrom).toISOString(),
    validUntil: new Date(draft.validUntil).toISOString(),
    status: 'active',
    approved: approvedUnder(contract, draft.fields),
  };
}

function approvedUnder(contract: Contract, fields: readonly string[]): NonNullable<Grant['approved']> {
  const approved: Record<string, { sensitivity: Sensitivity; mask: Mask }> = {};
  for (const name of fields) {
    const field = known(contract.fields, name);
    approved[name] = { sensitivity: field.sensitivity, mask: defaultMask(field) };
  }
  return approved;
}

/** Throws Problem `conflict` where another active grant exists for the same application, dataset major, mode and purpose at an overlapping time. */
export function refuseSecond(draft: GrantDraft & { validFrom: string }, index: PolicyIndex, beside?: Grant): void {
  const from = Date.parse(draft.validFrom);
  const until = Date.parse(draft.validUntil);
  for (const held of index.grantsOf(draft.application, contractId(draft.dataset, draft.major), draft.mode)) {
    const purpose = held.purposes.find((code) => draft.purposes.includes(code));
    if (held.id === beside?.id || purpose === undefined) continue;
    if (Date.parse(held.validUntil) <= from || until <= Date.parse(held.validFrom)) continue;
    throw new Problem('conflict', `Grant ${held.id} exists for the same dataset, mode and purpose ${purpose}`);
  }
}
