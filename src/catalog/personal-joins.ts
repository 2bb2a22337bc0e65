import { isPersonal } from '../standard/mask.js';
import type { Contract } from './contract.js';

/** Rows of these entities are addresses, whatever the sensitivity of their fields. */
const ADDRESSES: ReadonlySet<string | undefined> = new Set(['address', 'house']);

/**
 * Fills `personalJoins`: the fields of each relation whose target, or a dataset behind the target, has a personal field or is an address. A contract
 * for which nothing changes keeps its identity, because accesses and plans are cached by it.
 */
export function withPersonalJoins(contracts: readonly Contract[]): Contract[] {
  const telling = new Set(contracts.filter(tells).map(({ id }) => id));
  for (let grew = true; grew; ) {
    const led = contracts.filter(({ id, relations }) => !telling.has(id) && leads(relations, telling));
    for (const { id } of led) telling.add(id);
    grew = led.length > 0;
  }
  return contracts.map((contract) => {
    const joins = [...contract.relations.values()]
      .filter(({ to }) => telling.has(to))
      .flatMap(({ on }) => Object.keys(on));
    const found = new Set(joins);
    return same(found, contract.personalJoins) ? contract : { ...contract, personalJoins: found };
  });
}

function tells({ entity, fields }: Contract): boolean {
  return ADDRESSES.has(entity) || [...fields.values()].some((field) => isPersonal(field.sensitivity));
}

function leads(relations: Contract['relations'], telling: ReadonlySet<string>): boolean {
  return [...relations.values()].some(({ to }) => telling.has(to));
}

function same(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((name) => b.has(name));
}
