import type { Access } from '../access/policy/decision.js';
import { known } from '../platform/known.js';
import type { Value } from '../standard/type.js';
import { parseValue } from './value.js';

/** A key of L1 or L2 fields may be in a path, if the grant gives it unmasked. */
export function hasOpenKey({ contract, fields }: Access): boolean {
  return contract.key.every((name) => {
    const { sensitivity } = known(contract.fields, name);
    const access = fields.get(name);
    return (sensitivity === 'L1' || sensitivity === 'L2') && access?.mask === 'none' && access.minorMask === 'none';
  });
}

/**
 * The key in a path, with commas between the parts of a compound key; undefined if it is not a key or must not be in a
 * path.
 */
export function naturalKey(id: string, access: Access): readonly Value[] | undefined {
  const { contract } = access;
  const parts = id.split(',');
  if (parts.length !== contract.key.length || !hasOpenKey(access)) return undefined;
  try {
    return contract.key.map((name, i) =>
      parseValue({ field: known(contract.fields, name), op: 'eq', text: true }, parts[i]),
    );
  } catch {
    return undefined;
  }
}
