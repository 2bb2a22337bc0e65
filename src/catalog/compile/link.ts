import { typeOf } from '../../standard/type.js';
import type { Catalog } from '../catalog.js';
import { type CatalogFault, gatherFaults } from '../check/fault.js';
import type { Contract, Relation } from '../contract.js';
import { pascal } from '../names.js';

/** Faults of one contract within its future catalog: its publisher, the targets of its relations, names derived from its own. */
export function linkContract(contract: Contract, catalog: Catalog): CatalogFault[] {
  const faults = gatherFaults();
  if (!catalog.publishers.has(contract.publisher)) {
    faults.unknown(['dataset'], contract.publisher, catalog.publishers.keys(), 'publisher');
  }
  for (const other of catalog.contracts.values()) {
    if (other.name !== contract.name && pascal(other.name) === pascal(contract.name)) {
      faults.add(['dataset'], `The name reads like ${other.name} in GraphQL (${pascal(other.name)})`);
    }
  }
  for (const relation of contract.relations.values()) {
    const path = ['relations', relation.name];
    const target = catalog.contracts.get(relation.to);
    if (target === undefined) {
      faults.unknown([...path, 'to'], relation.to, catalog.contracts.keys(), 'contract');
      continue;
    }
    if (target.delivery.source.kind === 'proxy')
      faults.add([...path, 'to'], 'A proxied dataset takes part in no relation');
    for (const fault of linkRelation(contract, relation, target)) {
      faults.add(
        [...path, 'on', ...fault.at],
        fault.reason,
        fault.expected === undefined ? {} : { expected: fault.expected },
      );
    }
  }
  return faults.list;
}

/** A relation is to-one: it joins on the whole key of its target and on no other field. */
function linkRelation(contract: Contract, relation: Relation, target: Contract) {
  const faults: { at: string[]; reason: string; expected?: string }[] = [];
  const joined = Object.values(relation.on);
  for (const [own, theirs] of Object.entries(relation.on)) {
    const from = contract.fields.get(own);
    const to = target.fields.get(theirs);
    if (to === undefined) {
      faults.push({ at: [own], reason: `${target.name} has no field ${theirs}`, expected: target.key.join(', ') });
    } else if (!target.key.includes(theirs)) {
      faults.push({
        at: [own],
        reason: `${theirs} is not of the key of ${target.name}`,
        expected: target.key.join(', '),
      });
    } else if (from !== undefined && typeOf(from.type).column(from.type) !== typeOf(to.type).column(to.type)) {
      faults.push({ at: [own], reason: `${own} and ${theirs} have types that don't compare` });
    }
  }
  const missing = target.key.filter((name) => !joined.includes(name));
  if (faults.length === 0 && missing.length > 0) {
    faults.push({ at: [], reason: 'A relation joins on the whole key of its target', expected: target.key.join(', ') });
  }
  return faults;
}
