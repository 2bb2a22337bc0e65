import type { Catalog } from '../catalog/catalog.js';
import type { Contract } from '../catalog/contract.js';
import { pascal } from '../catalog/names.js';
import { known } from '../platform/known.js';
import { TYPES } from '../standard/type.js';

/** Names of one contract in the schema. */
export interface DatasetNames {
  /** Root field of the publisher, `civil_affairs`, and its type, `CivilAffairs`. */
  group: string;
  groupType: string;
  /** `resident`, or `resident_v2`. */
  one: string;
  list: string;
  /** `PoliceResident`, or `PoliceResidentV2`. */
  type: string;
}

const SUFFIXES = ['', 'Where', 'RelationWhere', 'Connection', 'Edge'];

const snake = (slug: string): string => slug.replaceAll('-', '_');

const RESERVED = [
  ...['Query', 'PageInfo', 'JSON', 'String', 'Int', 'Float', 'Boolean', 'ID', 'Integer64Filter'],
  ...Object.keys(TYPES).map((name) => `${pascal(name)}Filter`),
];

/**
 * Names of all contracts, by id. Two datasets can want one name (`a-b/c` and `a/b-c`; `resident-list` and the list of `resident`). The lower major
 * keeps it, then the first in order; the other one gets its major as suffix. So no published dataset is left out.
 */
export function nameDatasets(catalog: Catalog): ReadonlyMap<string, DatasetNames> {
  const types = new Set(RESERVED);
  const fields = new Set<string>();
  const groups = new Map<string, string>();
  const names = new Map<string, DatasetNames>();
  const contracts = [...catalog.contracts.values()].sort(byMajorThenName);
  for (const { publisher } of contracts) {
    const group = snake(publisher);
    if (!groups.has(group)) groups.set(group, take(types, pascal(publisher), 'Publisher', ['']));
  }
  for (const contract of contracts) {
    const group = snake(contract.publisher);
    const version = contract.major === 1 ? '' : `v${contract.major}`;
    const spare = `v${contract.major}`;
    const base = snake(contract.dataset) + (version === '' ? '' : `_${version}`);
    const one = take(fields, `${group}.${base}`, `_${spare}`, ['', '_list']).slice(group.length + 1);
    const typeBase = pascal(contract.name) + version.toUpperCase();
    names.set(contract.id, {
      group,
      groupType: known(groups, group),
      one,
      list: `${one}_list`,
      type: take(types, typeBase, spare.toUpperCase(), SUFFIXES),
    });
  }
  return names;
}

function byMajorThenName(a: Contract, b: Contract): number {
  return a.major - b.major || (a.name < b.name ? -1 : 1);
}

/** Takes and returns the first of `base`, `base + spare`, `base + spare + spare` … that is free with all its suffixes. */
function take(taken: Set<string>, base: string, spare: string, suffixes: readonly string[]): string {
  let name = base;
  while (suffixes.some((suffix) => taken.has(name + suffix))) name += spare;
  for (const suffix of suffixes) taken.add(name + suffix);
  return name;
}
