import type { Catalog } from '../catalog/catalog.js';
import type { Contract, Field } from '../catalog/contract.js';
import { Problem } from '../platform/errors.js';
import { known } from '../platform/known.js';
import type { Condition, Leaf } from '../query/ask.js';
import { parseValue } from '../query/value.js';
import type { Operator } from '../standard/type.js';
import { LIMITS } from './limits.js';

interface WhereContext {
  contract: Contract;
  catalog: Catalog;
  leaves: number;
  values: number;
}

/**
 * A `where` of the schema's input type → Condition. Names and operators are already valid (the schema has no others); values are checked as in REST.
 * A null or an empty object in place of a filter is refused: dropping it would widen the answer. Throws Problem `bad-value`, `too-complex`.
 */
export function readWhere(where: unknown, contract: Contract, catalog: Catalog): Condition | undefined {
  const input = where as Record<string, unknown> | null | undefined;
  if (input === null || input === undefined || Object.keys(input).length === 0) return undefined;
  return readObject(input, { contract, catalog, leaves: 0, values: 0 }, 1);
}

function readObject(input: unknown, reading: WhereContext, depth: number): Condition {
  if (depth > LIMITS.conditionDepth) throw new Problem('too-complex', `where: at most ${LIMITS.conditionDepth} deep.`);
  const parts: Condition[] = [];
  for (const [name, value] of entriesOf(input, 'where')) {
    if (name === 'and') parts.push(...listOf(value, name).map((item) => readObject(item, reading, depth + 1)));
    else if (name === 'or') parts.push({ or: listOf(value, name).map((item) => readObject(item, reading, depth + 1)) });
    else if (name === 'not') parts.push({ not: readObject(value, reading, depth + 1) });
    else parts.push(...readField(name, value, reading));
  }
  const [part, ...others] = parts;
  return part !== undefined && others.length === 0 ? part : { and: parts };
}

function readField(name: string, value: unknown, reading: WhereContext): Leaf[] {
  const field = reading.contract.fields.get(name);
  if (field !== undefined) return readOperators(name, field, value, reading);
  const relation = known(reading.contract.relations, name);
  const target = known(reading.catalog.contracts, relation.to);
  return entriesOf(value, name).flatMap(([inner, operators]) =>
    readOperators(`${name}.${inner}`, known(target.fields, inner), operators, reading),
  );
}

function readOperators(path: string, field: Field, value: unknown, reading: WhereContext): Leaf[] {
  return entriesOf(value, path).map(([name, operand]) => {
    const op = name as Operator;
    const compared = { field, op, standard: reading.catalog.standard };
    reading.leaves += 1;
    if (reading.leaves > LIMITS.conditionLeaves) {
      throw new Problem('too-complex', `where: at most ${LIMITS.conditionLeaves} comparisons.`);
    }
    if (op !== 'in' && op !== 'nin') return { path, op, value: parseValue(compared, operand) };
    if (!Array.isArray(operand)) throw empty(`${path}.${op}`);
    const operands: unknown[] = operand;
    reading.values += operands.length;
    if (reading.values > LIMITS.listValues) {
      throw new Problem('too-complex', `where: at most ${LIMITS.listValues} values in lists.`);
    }
    return { path, op, value: operands.map((item) => parseValue(compared, item)) };
  });
}

function entriesOf(value: unknown, place: string): [string, unknown][] {
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  if (entries.length === 0) throw empty(place);
  return entries;
}

function listOf(value: unknown, place: string): unknown[] {
  if (!Array.isArray(value) || value.length === 0) throw empty(place);
  return value;
}

function empty(place: string): Problem {
  return new Problem('bad-value', `${place} is null or empty: leave it out, or say what it compares with.`, {
    faults: [{ parameter: place, reason: 'null or empty' }],
  });
}

/** Every field that a condition compares with a value. */
export function fieldsOf(condition: Condition | undefined, contract: Contract, catalog: Catalog): Field[] {
  if (condition === undefined) return [];
  if ('and' in condition) return condition.and.flatMap((part) => fieldsOf(part, contract, catalog));
  if ('or' in condition) return condition.or.flatMap((part) => fieldsOf(part, contract, catalog));
  if ('not' in condition) return fieldsOf(condition.not, contract, catalog);
  if (condition.op === 'null') return [];
  const [first = '', second] = condition.path.split('.');
  if (second === undefined) return [known(contract.fields, first)];
  const relation = known(contract.relations, first);
  return [known(known(catalog.contracts, relation.to).fields, second)];
}
