import type { Catalog } from '../../catalog/catalog.js';
import { pascal } from '../../catalog/names.js';

/**
 * The name of each contract in components and operation ids, by id: `PoliceResident`, `PoliceResidentV2`. If two
 * datasets have the same name (`a-b/c` and `a/b-c`), the later id gets a name with separated parts.
 */
export function componentNames(catalog: Catalog): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const taken = new Set<string>();
  for (const contract of catalog.contracts.values()) {
    const version = contract.major === 1 ? '' : `V${contract.major}`;
    const wanted = `${pascal(contract.publisher)}${pascal(contract.dataset)}${version}`;
    const name = taken.has(wanted)
      ? `${pascal(contract.publisher)}_${pascal(contract.dataset)}_V${contract.major}`
      : wanted;
    taken.add(name);
    names.set(contract.id, name);
  }
  return names;
}

/** `GB/T 3304` → `Codes-GB-T-3304`: component keys may have letters, digits, dots, hyphens and underscores. */
export const codeListName = (name: string): string => `Codes-${name.replaceAll(/[^A-Za-z0-9._-]+/g, '-')}`;
