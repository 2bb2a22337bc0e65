import type { Field } from '../../catalog/contract.js';
import { maskFits } from '../../standard/mask.js';
import type { Mask, Sensitivity } from '../../standard/type.js';

/** The mask itself where it can be applied to the field, else `hide`: a mask that cannot be applied never means an open field. */
export function fitting(mask: Mask, field: Field): Mask {
  return canApply(mask, field) ? mask : 'hide';
}

/** The mask keeps the field's type; `division` also needs the field of the row that holds the division code. */
export function canApply(mask: Mask, field: Field): boolean {
  return maskFits(mask, field.type) && (mask !== 'division' || field.divisionField !== undefined);
}

/** The stricter of two. Two different masks that both let something through have no order (a year and an initial): then nothing gets through. */
export function stricter(a: Mask, b: Mask): Mask {
  if (a === b || b === 'none') return a;
  return a === 'none' ? b : 'hide';
}

/** L3 and L4: personal, so masked by default. */
export function isPersonal(sensitivity: Sensitivity): boolean {
  return sensitivity === 'L3' || sensitivity === 'L4';
}
