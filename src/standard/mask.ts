import type { FieldType, Mask, Sensitivity, TypeName } from './type.js';

/** A mask keeps the type of its field, so each fits only some types; `none` and `hide` fit all. */
const FITS: Readonly<Record<Mask, readonly TypeName[] | 'all'>> = {
  none: 'all',
  hide: 'all',
  initial: ['text'],
  'id-number': ['text', 'identifier'],
  phone: ['text'],
  year: ['date'],
  division: ['text'],
  pseudonym: ['text', 'identifier'],
};

export function maskFits(mask: Mask, type: FieldType): boolean {
  const types = FITS[mask];
  return types === 'all' || types.includes(type.name);
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
