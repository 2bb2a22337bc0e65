import type { Access, Denial } from '../decision.js';
import { deny } from '../deny.js';
import type { Stated } from '../question.js';

/** A grant may require the case number and the operator. The application states both; they are recorded, not proven. */
export function checkRequirements(access: Access, stated: Stated): Denial | undefined {
  const { requires } = access.grant;
  if (requires.case === true && isBlank(stated.caseNumber)) {
    return deny('check-requirements', 'case-required', {
      reason: 'no case number stated',
      faults: [{ parameter: 'Exchange-Case', reason: 'The grant requires a case number' }],
      grant: access.grant,
    });
  }
  if (requires.operator === true && isBlank(stated.operator)) {
    return deny('check-requirements', 'operator-required', {
      reason: 'no operator stated',
      faults: [{ parameter: 'Exchange-Operator', reason: 'The grant requires the operator' }],
      grant: access.grant,
    });
  }
  return undefined;
}

function isBlank(value: string | undefined): boolean {
  return value === undefined || value.trim() === '';
}
