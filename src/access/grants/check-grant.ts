import type { Contract } from '../../catalog/contract.js';
import { contractId } from '../../catalog/contract-id.js';
import type { Fault } from '../../platform/errors.js';
import { nearMiss } from '../../platform/near-miss.js';
import type { PolicyIndex } from '../policy/policy.js';
import { checkMasks } from './check-masks.js';
import type { GrantDraft } from './draft-grant.js';
import { checkRows } from './row-scope.js';

/** Every fault of a draft against the catalog and the registered applications; empty where the grant can be agreed. `validFrom` is filled. */
export function checkGrant(draft: GrantDraft & { validFrom: string }, index: PolicyIndex, nowMs: number): Fault[] {
  const contract = index.catalog.contracts.get(contractId(draft.dataset, draft.major));
  const faults = [
    ...checkPurposes(draft, index),
    ...checkValidity(draft, nowMs),
    ...checkApplication(draft, index, contract),
  ];
  if (draft.legalBasis.trim() === '') faults.push({ pointer: '/legalBasis', reason: 'The legal basis is missing' });
  if (contract === undefined) {
    return [...faults, { pointer: '/dataset', reason: 'No such dataset and major is published' }];
  }
  // 政务数据共享条例 art. 15: a grant can't share what the contract does not share. Its publisher may still deliver it.
  if (contract.sharing.attribute === 'none' && draft.mode !== 'deliver') {
    faults.push({ pointer: '/dataset', reason: 'The dataset is not shared (不予共享)' });
  }
  return [...faults, ...checkFields(draft, contract), ...checkMasks(draft, contract), ...checkRows(draft, contract)];
}

function checkApplication(draft: GrantDraft, index: PolicyIndex, contract: Contract | undefined): Fault[] {
  const application = index.applications.get(draft.application);
  if (application?.status !== 'active') return [{ pointer: '/application', reason: 'No such active application' }];
  if (draft.mode !== 'deliver' || contract === undefined) return [];
  const own = application.department === contract.publisher && application.roles.includes('publisher');
  return own ? [] : [{ pointer: '/application', reason: 'Only an application of the publisher delivers' }];
}

function checkPurposes({ purposes }: GrantDraft, { catalog }: PolicyIndex): Fault[] {
  if (purposes.length === 0) return [{ pointer: '/purposes', reason: 'At least one purpose is needed' }];
  return purposes.flatMap((code, i): Fault[] => {
    const pointer = `/purposes/${i}`;
    if (purposes.indexOf(code) !== i) return [{ pointer, reason: 'The purpose appears more than once' }];
    if (catalog.purposes.has(code)) return [];
    const suggestion = nearMiss(code, catalog.purposes.keys());
    return [{ pointer, reason: 'No such purpose', ...(suggestion && { suggestion }) }];
  });
}

function checkFields({ fields, mode }: GrantDraft, contract: Contract): Fault[] {
  if (fields.length === 0 && mode !== 'deliver')
    return [{ pointer: '/fields', reason: 'At least one field is needed' }];
  return fields.flatMap((name, i): Fault[] => {
    const pointer = `/fields/${i}`;
    if (fields.indexOf(name) !== i) return [{ pointer, reason: 'The field appears more than once' }];
    if (contract.fields.has(name)) return [];
    const suggestion = nearMiss(name, contract.fields.keys());
    return [{ pointer, reason: 'The dataset has no such field', ...(suggestion && { suggestion }) }];
  });
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?(Z|[+-]\d\d:\d\d)$/;

function checkValidity({ validFrom, validUntil }: GrantDraft & { validFrom: string }, nowMs: number): Fault[] {
  const from = INSTANT.test(validFrom) ? Date.parse(validFrom) : Number.NaN;
  const until = INSTANT.test(validUntil) ? Date.parse(validUntil) : Number.NaN;
  const expected = 'RFC 3339 date and time with zone';
  if (Number.isNaN(from)) return [{ pointer: '/validFrom', reason: 'Not an instant', expected }];
  if (Number.isNaN(until)) return [{ pointer: '/validUntil', reason: 'Not an instant', expected }];
  if (until <= nowMs) return [{ pointer: '/validUntil', reason: 'It lies in the past' }];
  return until <= from ? [{ pointer: '/validUntil', reason: 'It is not after validFrom' }] : [];
}
