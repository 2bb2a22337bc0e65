import { checkGrant } from '../../access/grants/check-grant.js';
import { isWhole } from '../../access/grants/row-scope.js';
import type { PolicyIndex } from '../../access/policy/policy.js';
import type { Contract } from '../../catalog/contract.js';
import { contractId } from '../../catalog/contract-id.js';
import { type Fault, Problem } from '../../platform/errors.js';
import { isPersonal } from '../../standard/mask.js';
import type { RequestDraft } from './request.js';

interface DraftChecking {
  index: PolicyIndex;
  /** Of who asks. */
  department: string;
  now: number;
}

/** The contract that a draft asks for. Throws Problem `unprocessable` naming every fault of the draft. */
export function checkDraft(draft: RequestDraft, { index, department, now }: DraftChecking): Contract {
  const dated = { ...draft, validFrom: draft.validFrom ?? new Date(now).toISOString() };
  const contract = index.catalog.contracts.get(contractId(draft.dataset, draft.major));
  const faults = [
    ...checkGrant(dated, index, now),
    ...blank(draft, 'scenario'),
    ...blank(draft, 'scope'),
    ...(contract === undefined ? [] : checkBases(draft, contract)),
    ...notOwn(draft, index, department),
  ];
  if (faults.length > 0 || contract === undefined)
    throw new Problem('unprocessable', 'The request cannot be made like this', { faults });
  return contract;
}

function blank(draft: RequestDraft, member: 'scenario' | 'scope'): Fault[] {
  return draft[member].trim() === '' ? [{ pointer: `/${member}`, reason: 'It is missing' }] : [];
}

function notOwn({ application, mode }: RequestDraft, index: PolicyIndex, department: string): Fault[] {
  const owner = index.applications.get(application)?.department;
  if (owner !== undefined && owner !== department)
    return [{ pointer: '/application', reason: 'An application of another department' }];
  return mode === 'deliver' ? [{ pointer: '/mode', reason: 'A publisher delivers without asking' }] : [];
}

/** What lets more through than the rule needs a basis of its own (`access.md`). */
function checkBases(draft: RequestDraft, contract: Contract): Fault[] {
  const unmasked = Object.entries(draft.masks)
    .filter(([, mask]) => mask === 'none')
    .map(([name]) => name)
    .filter((name) => name === 'minors' || isPersonal(contract.fields.get(name)?.sensitivity ?? 'L1'));
  return [
    ...unbased(draft.unmaskedBasis, unmasked.length > 0, {
      pointer: '/unmaskedBasis',
      reason: `Unmasked ${unmasked.join(', ')} needs a basis of its own`,
      expected: 'the basis, or a mask for each of these fields',
    }),
    ...unbased(draft.allRowsBasis, isWhole(draft.rows) && contract.scopes.size > 0, {
      pointer: '/allRowsBasis',
      reason: 'All rows need a basis of their own',
      expected: `the basis, or a scope over ${[...contract.scopes].join(', ')}`,
    }),
  ];
}

function unbased(basis: string | undefined, needed: boolean, fault: Fault): Fault[] {
  return needed && (basis ?? '').trim() === '' ? [fault] : [];
}
