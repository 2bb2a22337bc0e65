import type { Receipt } from '../../audit/entry.js';
import type { Contract } from '../../catalog/contract.js';
import { contractId } from '../../catalog/contract-id.js';
import { Problem } from '../../platform/errors.js';
import { known } from '../../platform/known.js';
import type { Mask, Sensitivity } from '../../standard/type.js';
import { type By, type ChangeDependencies, changePolicy, type MakeRecord } from '../policy/change-policy.js';
import { defaultMask } from '../policy/compile-access.js';
import type { PolicyIndex } from '../policy/policy.js';
import { checkGrant } from './check-grant.js';
import type { GrantDraft } from './draft-grant.js';
import type { Grant } from './grant.js';

/**
 * Writes a grant and its entry, and puts it in force. The caller checks who may issue. Throws Problem `unprocessable` naming every fault, or
 * `conflict` where an active grant exists for the same application, dataset major, mode and purpose at an overlapping time.
 */
export async function issueGrant(
  dependencies: ChangeDependencies,
  draft: GrantDraft,
  by: By,
): Promise<{ grant: Grant; receipt: Receipt }> {
  const { clock } = dependencies;
  const id = clock.uuid();
  const make: MakeRecord = (index) => {
    const now = clock.now();
    const dated = { ...draft, validFrom: draft.validFrom ?? new Date(now).toISOString() };
    const faults = checkGrant(dated, index, now);
    if (faults.length > 0) throw new Problem('unprocessable', 'The grant cannot be agreed like this', { faults });
    refuseSecond(dated, index);
    const contract = known(index.catalog.contracts, contractId(draft.dataset, draft.major));
    const document = grantDocument(dated, contract, { id, linkage: clock.uuid() });
    return { kind: 'grant', id, document, event: 'grant.issued' };
  };
  const changed = await changePolicy(dependencies, by, make);
  return { grant: known(changed.index.grants, id), receipt: changed.receipt };
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

/** Throws Problem `conflict` where an active grant exists for the same application, dataset major, mode and purpose at an overlapping time. */
export function refuseSecond(draft: GrantDraft & { validFrom: string }, index: PolicyIndex): void {
  const from = Date.parse(draft.validFrom);
  const until = Date.parse(draft.validUntil);
  for (const held of index.grantsOf(draft.application, contractId(draft.dataset, draft.major), draft.mode)) {
    const purpose = held.purposes.find((code) => draft.purposes.includes(code));
    if (purpose === undefined || Date.parse(held.validUntil) <= from || until <= Date.parse(held.validFrom)) continue;
    throw new Problem('conflict', `Grant ${held.id} exists for the same dataset, mode and purpose ${purpose}`);
  }
}
