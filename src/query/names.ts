import type { Catalog } from '../catalog/catalog.js';
import type { Contract, Field } from '../catalog/contract.js';
import { proxyOf } from '../catalog/source-terms.js';
import { type Fault, Problem, type ProblemCode } from '../platform/errors.js';
import { nearMiss } from '../platform/near-miss.js';
import { OPERATORS, type Operator, typeOf } from '../standard/type.js';
import { EVERYTHING, type Selection } from './ask.js';
import { ASK_LIMITS } from './limits.js';
import { askedLive } from './live-keys.js';

/** Where a name is in the request, for errors: `{ parameter: 'born.gte' }` or `{ pointer: '/where/field' }`. */
export type Place = Pick<Fault, 'parameter' | 'pointer'>;

export function refuse(
  code: ProblemCode,
  detail: string,
  fault: Place & Omit<Fault, 'parameter' | 'pointer'>,
): Problem {
  return new Problem(code, detail, { faults: [fault] });
}

/** The field that a filter path names, in the contract or in a relation's target. Throws Problem `unknown-field`. */
export function fieldAt(contract: Contract, path: string, catalog: Catalog, place: Place): Field {
  const [relation, name, ...more] = path.split('.');
  if (more.length > 0)
    throw refuse('unknown-field', 'A filter reaches over one relation at most.', {
      ...place,
      reason: 'too many segments',
      expected: 'relation.field',
    });
  if (relation === undefined || name === undefined) return fieldOf(contract, path, place);
  return fieldOf(relationTarget(contract, relation, catalog, place), name, place);
}

function fieldOf(contract: Contract, name: string, place: Place): Field {
  const field = contract.fields.get(name);
  if (field !== undefined) return field;
  throw refuse('unknown-field', `${contract.name} has no field of this name.`, {
    ...place,
    reason: 'unknown field',
    ...suggestion(name, contract.fields.keys()),
  });
}

export function relationTarget(contract: Contract, name: string, catalog: Catalog, place: Place): Contract {
  const relation = contract.relations.get(name);
  const target = relation === undefined ? undefined : catalog.contracts.get(relation.to);
  if (target !== undefined) return target;
  const known = [...contract.relations.keys(), ...contract.fields.keys()].filter((other) => other !== name);
  throw refuse('unknown-field', `${contract.name} has no relation of this name.`, {
    ...place,
    reason: 'unknown relation',
    ...suggestion(name, known),
  });
}

/** Throws Problem `unknown-operator` or `not-filterable` unless the contract allows this filter. */
export function checkOperator(
  contract: Contract,
  field: Field,
  op: string,
  places: { field: Place; op: Place },
): asserts op is Operator {
  const operators: readonly string[] = typeOf(field.type).operators;
  if (!operators.includes(op)) {
    const near = suggestion(op, operators);
    throw refuse('unknown-operator', `${field.name} does not take this operator.`, {
      ...places.op,
      reason: 'operator not known for this type',
      expected: operators.join(', '),
      ...near,
    });
  }
  if (!contract.filterable.has(field.name)) {
    throw refuse('not-filterable', `${field.name} takes no filter.`, {
      ...places.field,
      reason: 'not filterable',
      expected: `one of ${[...contract.filterable].join(', ')}`,
    });
  }
}

/** Parses `-born`. Throws Problem `unknown-field` or `not-filterable`. */
export function parseSort(contract: Contract, text: string, place: Place): { field: string; descending: boolean } {
  const descending = text.startsWith('-');
  const field = fieldOf(contract, descending ? text.slice(1) : text, place).name;
  if (!contract.sortable.has(field)) {
    throw refuse('not-filterable', `${field} takes no sort.`, {
      ...place,
      reason: 'not sortable',
      expected: `one of ${[...contract.sortable].join(', ')}`,
    });
  }
  return { field, descending };
}

/**
 * Makes a Selection from names to select and relation paths to expand. Throws Problem `unknown-field`, `bad-value`,
 * `too-complex`.
 */
export function parseSelection(
  contract: Contract,
  asked: { select: readonly string[] | undefined; expand: readonly string[] },
  catalog: Catalog,
  places: { select: Place; expand: Place },
): Selection {
  if (asked.expand.length > 0 && proxyOf(contract) !== undefined) throw askedLive();
  if (asked.select === undefined && asked.expand.length === 0) return EVERYTHING;
  const fields = asked.select?.filter((name) => name !== '_id');
  if (fields !== undefined && new Set(fields).size !== fields.length) {
    throw refuse('bad-value', 'A field appears twice.', { ...places.select, reason: 'repeated field' });
  }
  for (const name of fields ?? []) fieldOf(contract, name, places.select);
  const root: Growing = { fields, relations: new Map() };
  if (asked.expand.length > ASK_LIMITS.expanded)
    throw refuse('too-complex', 'Too many relations.', {
      ...places.expand,
      reason: 'too many',
      expected: `at most ${ASK_LIMITS.expanded}`,
    });
  for (const path of asked.expand) expand(root, contract, path, catalog, places.expand);
  return root;
}

interface Growing {
  fields: readonly string[] | undefined;
  relations: Map<string, Growing>;
}

function expand(root: Growing, contract: Contract, path: string, catalog: Catalog, place: Place): void {
  const segments = path.split('.');
  if (segments.length > ASK_LIMITS.relationDepth)
    throw refuse('too-complex', 'A relation path is too deep.', {
      ...place,
      reason: 'too deep',
      expected: `at most ${ASK_LIMITS.relationDepth} relations`,
    });
  let node = root;
  let at = contract;
  for (const segment of segments) {
    at = relationTarget(at, segment, catalog, place);
    const next = node.relations.get(segment) ?? { fields: undefined, relations: new Map() };
    node.relations.set(segment, next);
    node = next;
  }
}

export function suggestion(name: string, candidates: Iterable<string>): { suggestion?: string } {
  const near = nearMiss(name, candidates);
  return near === undefined ? {} : { suggestion: near };
}

export function isOperator(text: string): text is Operator {
  return OPERATORS.some((operator) => operator === text);
}
