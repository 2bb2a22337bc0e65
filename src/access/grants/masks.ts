import type { Field } from '../../catalog/contract.js';
import { maskFits } from '../../standard/mask.js';
import type { Mask } from '../../standard/type.js';

/** The mask where it fits the field, else `hide`: a mask that does not fit never opens a field. */
export function fitting(mask: Mask, field: Field): Mask {
  return canApply(mask, field) ? mask : 'hide';
}

/** Whether the mask keeps the field's type. `division` also needs a field of the row that holds the division code. */
export function canApply(mask: Mask, field: Field): boolean {
  return maskFits(mask, field.type) && (mask !== 'division' || field.divisionField !== undefined);
}

/** The stricter of two masks. Two different masks that each let something through (a year, an initial) have no order: the result is `hide`. */
export function stricter(a: Mask, b: Mask): Mask {
  if (a === b || b === 'none') return a;
  return a === 'none' ? b : 'hide';
}
