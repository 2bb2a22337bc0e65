import type { Access } from '../access/policy/decision.js';
import type { Value } from '../standard/type.js';
import { parseValue } from './value.js';

/** A key of L1 or L2 fields may stand in a path, where the grant gives it unmasked. */
export function hasOpenKey({ contract, fields }: Access): boolean {
  return contract.key.every((name) => {
    const { sensitivity } = contract.fields.get(name)!;
    const access = fields.get(name);
    return (sensitivity === 'L1' || sensitivity === 'L2') && access?.mask === 'none' && access.minorMask === 'none';
  });
}

/** The key that a path names, parts of a compound one parted by commas; undefined where it is none, or must not stand there. */
export function naturalKey(id: string, access: Access): readonly Value[] | undefined {
  const { contract } = access;
  const parts = id.split(',');
  if (parts.length !== contract.key.length || !hasOpenKey(access)) return undefined;
  try {
    return contract.key.map((name, i) =>
      parseValue({ field: contract.fields.get(name)!, op: 'eq', text: true }, parts[i]),
    );
  } catch {
    return undefined;
  }
}
