import type { Contract } from '../../../catalog/contract.js';
import { type Grant, MODES, type Mode } from '../../grants/grant.js';
import { type CompiledAccess, compileAccess } from '../compile-access.js';
import type { Denial } from '../decision.js';
import { deny } from '../deny.js';
import type { PolicyIndex } from '../policy.js';
import type { Stated } from '../question.js';

export interface GrantSearch {
  index: PolicyIndex;
  clientId: string;
  mode: Mode;
  nowMs: number;
}

export interface ChosenGrant {
  access: CompiledAccess;
  purpose: string;
}

const RULE = 'choose-grant';

/** The one grant that decides. Grants never merge: no request gets what only two grants together give. */
export function chooseGrant(choosing: GrantSearch, contract: Contract, stated: Stated): ChosenGrant | Denial {
  const held = choosing.index.grantsOf(choosing.clientId, contract.id, choosing.mode);
  let found: CompiledAccess | undefined;
  let matches = 0;
  for (const grant of held) {
    if (stated.grant !== undefined && grant.id !== stated.grant) continue;
    if (stated.purpose !== undefined && !grant.purposes.includes(stated.purpose)) continue;
    const access = compileAccess(grant, contract);
    if (!isValid(access, choosing.nowMs)) continue;
    found = access;
    matches++;
  }
  if (found === undefined) return denyNone(choosing, contract, stated);
  if (matches > 1) {
    return deny(RULE, 'choose-grant', {
      reason: `${matches} grants match`,
      faults: [{ parameter: 'Exchange-Grant', reason: 'Several grants match this request' }],
    });
  }
  const { purposes } = found.grant;
  const purpose = stated.purpose ?? (purposes.length === 1 ? purposes[0] : undefined);
  if (purpose === undefined) {
    return deny('check-purpose', 'purpose-required', {
      reason: 'no purpose stated and the grant has several',
      faults: [{ parameter: 'Exchange-Purpose', reason: 'The purpose is missing', expected: purposes.join(', ') }],
      grant: found.grant,
    });
  }
  return { access: found, purpose };
}

function isValid(access: CompiledAccess, nowMs: number): boolean {
  return access.validFromMs <= nowMs && nowMs < access.validUntilMs;
}

/** No grant matches. Says which statement failed, but only to a caller that holds a valid grant on the dataset. */
function denyNone(choosing: GrantSearch, contract: Contract, stated: Stated): Denial {
  const valid = (grant: Grant) => isValid(compileAccess(grant, contract), choosing.nowMs);
  const of = (mode: Mode) => choosing.index.grantsOf(choosing.clientId, contract.id, mode).filter(valid);
  const inMode = of(choosing.mode);
  if (inMode.length === 0) {
    if (MODES.some((mode) => of(mode).length > 0)) {
      return deny('check-mode', 'mode-not-granted', { reason: `no valid grant with mode ${choosing.mode}` });
    }
    if (choosing.index.holdsSuspended(choosing.clientId, contract.id, choosing.nowMs)) {
      return deny('check-suspended', 'suspended', {
        reason: 'the grant was suspended for misuse, or by a new origin of the log',
      });
    }
    const reason = choosing.index.holdsAny(choosing.clientId, contract.id)
      ? 'no grant is valid at this time'
      : 'no grant on the dataset';
    return deny('check-grant', 'not-found', { reason });
  }
  const ofPurpose = inMode.filter((g) => stated.purpose === undefined || g.purposes.includes(stated.purpose));
  if (ofPurpose.length === 0) {
    return deny('check-purpose', 'wrong-purpose', {
      reason: `no valid grant has the purpose ${stated.purpose}`,
      faults: [{ parameter: 'Exchange-Purpose', reason: 'No grant of yours on this dataset has this purpose' }],
    });
  }
  return deny(RULE, 'choose-grant', {
    reason: 'the grant named is not a valid one of this application here',
    faults: [{ parameter: 'Exchange-Grant', reason: 'Not a valid grant of yours for this dataset, mode and purpose' }],
  });
}
