import type { Contract } from '../../catalog/contract.js';
import type { Fault } from '../../platform/errors.js';
import { isPersonal } from '../../standard/mask.js';
import { MASKS } from '../../standard/type.js';
import type { GrantDraft } from './draft-grant.js';
import { canApply } from './masks.js';

const MINORS = 'minors';

/** The grant names a mask for every L3 and L4 field. A mask that can't be applied is refused, not replaced. */
export function checkMasks({ fields, masks, mode }: GrantDraft, contract: Contract): Fault[] {
  const faults: Fault[] = [];
  for (const [name, mask] of Object.entries(masks)) {
    const pointer = `/masks/${name}`;
    const field = contract.fields.get(name);
    if (name === MINORS && field === undefined) {
      if (mask !== 'none') faults.push({ pointer, reason: 'It can only be lifted', expected: 'none' });
    } else if (field === undefined || !fields.includes(name)) {
      faults.push({ pointer, reason: 'Not a field of the grant' });
    } else if (!MASKS.includes(mask)) {
      faults.push({ pointer, reason: 'No such mask', expected: MASKS.join(', ') });
    } else if (!canApply(mask, field)) {
      faults.push({ pointer, reason: `The mask does not fit the type ${field.type.name} of this field` });
    }
  }
  if (mode === 'deliver') return faults; // this grant lets rows in, not out
  for (const name of fields) {
    const field = contract.fields.get(name);
    if (name === MINORS) faults.push({ pointer: '/fields', reason: 'A field of this name cannot be granted' });
    if (field === undefined || !isPersonal(field.sensitivity) || Object.hasOwn(masks, name)) continue;
    faults.push({
      pointer: `/masks/${name}`,
      reason: `An ${field.sensitivity} field needs its mask named`,
      expected: `${field.defaultMask}, or none to leave it unmasked`,
    });
  }
  return faults;
}
