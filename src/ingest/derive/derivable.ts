import type { Contract } from '../../catalog/contract.js';

/** A field, and what has to be there for it to follow; in the order in which `derivation.ts` fills. */
type Way = readonly [field: string, ...from: string[]];

/** Fields that a delivery may leave out because others, which it has, can fill them: whether a row's do is seen row by row. */
export function derivable({ fields }: Contract, sent: ReadonlySet<string>): ReadonlySet<string> {
  const address = fields.has('residence_address') ? 'residence_address' : 'address';
  const division = fields.has('residence_division') ? 'residence_division' : 'division_code';
  const ways: readonly Way[] = [
    ['building_code', 'compound_code', 'building_name'],
    ['house_code', 'building_code', 'room'],
    ['grid_code', 'house_code'],
    ['grid_code', 'building_code'],
    ['grid_code', 'address_code'],
    ['grid_code', address, division],
    [division, 'grid_code'],
  ];
  const there = new Set(sent);
  for (const [field, ...from] of ways) {
    if (fields.has(field) && from.every((name) => there.has(name))) there.add(field);
  }
  return there;
}
