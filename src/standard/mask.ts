import { type FieldType, type Mask, type Sensitivity, typeOf, type ValueSchema } from './type.js';

/** A mask keeps the type of its field, so each fits only some types; `none` and `hide` fit all. */
export function maskFits(mask: Mask, type: FieldType): boolean {
  return mask === 'none' || mask === 'hide' || typeOf(type).masks[mask] !== undefined;
}

/** What leaves of a field under a mask that fits it; undefined where nothing does. `plain`: what leaves unmasked. */
export function maskedSchema(mask: Mask, type: FieldType, plain: ValueSchema): ValueSchema | undefined {
  return mask === 'none' ? plain : typeOf(type).masks[mask];
}

/** The mask where nothing else is declared: L3 and L4 never leave unmasked by default. */
export function defaultMask(sensitivity: Sensitivity, named: Mask | undefined): Mask {
  if (named !== undefined && named !== 'none') return named;
  return isPersonal(sensitivity) ? 'hide' : 'none';
}

/** L3 and L4 are personal: masked by default, and their values do not belong in a URL. */
export function isPersonal(sensitivity: Sensitivity): boolean {
  return sensitivity === 'L3' || sensitivity === 'L4';
}
