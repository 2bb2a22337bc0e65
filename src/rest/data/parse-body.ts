import type { Catalog } from '../../catalog/catalog.js';
import type { Contract } from '../../catalog/contract.js';
import { Problem } from '../../platform/errors.js';
import { isObject, pointerTo } from '../../platform/json-pointer.js';
import { known } from '../../platform/known.js';
import type { Ask, Condition, Leaf } from '../../query/ask.js';
import { ASK_LIMITS } from '../../query/limits.js';
import {
  checkOperator,
  fieldAt,
  parseSelection,
  parseSort,
  refuse,
  relationTarget,
  suggestion,
} from '../../query/names.js';
import { parseValue } from '../../query/value.js';
import type { Value } from '../../standard/type.js';
import { checkLimit, parseCount } from './parse-url.js';

interface BodyContext {
  contract: Contract;
  catalog: Catalog;
}

const QUERY_MEMBERS = ['where', 'select', 'sort', 'limit', 'cursor', 'expand', 'count'] as const;
const LOOKUP_MEMBERS = ['keys', 'select', 'expand'] as const;

type Members = Record<string, unknown>;

/**
 * Makes an Ask of the JSON body of QUERY …/rows and POST …/rows/query. Throws a Problem with a JSON pointer to the
 * fault.
 */
export function parseQueryBody(body: unknown, context: BodyContext): Ask {
  const members = membersOf(body, '', QUERY_MEMBERS);
  const sort = names(members.sort, '/sort');
  if (sort.length > 1)
    throw refuse('bad-body', 'One sort field at most.', {
      pointer: '/sort',
      reason: 'too many',
      expected: 'one field',
    });
  const cursor = members.cursor ?? undefined;
  if (cursor !== undefined && typeof cursor !== 'string')
    throw refuse('bad-cursor', 'The cursor is not text.', {
      pointer: '/cursor',
      reason: 'wrong type',
      expected: 'text or null',
    });
  const budget = { leaves: 0, values: 0 };
  return {
    contract: context.contract,
    target: {
      kind: 'page',
      where:
        members.where === undefined || members.where === null
          ? undefined
          : parseCondition(members.where, '/where', { ...context, budget, depth: 1 }),
      sort: sort[0] === undefined ? undefined : parseSort(context.contract, sort[0], { pointer: '/sort/0' }),
      limit: members.limit === undefined ? ASK_LIMITS.page.default : checkLimit(members.limit, { pointer: '/limit' }),
      cursor,
      count: members.count === undefined ? 'none' : parseCount(members.count, { pointer: '/count' }),
    },
    selection: selectionOf(members, context),
    partial: false,
  };
}

/**
 * Makes an Ask of the JSON body of POST …/rows/lookup, with the keys as sent. A malformed key is null in the Ask and so
 * not found.
 */
export function parseLookupBody(body: unknown, context: BodyContext): { ask: Ask; keys: readonly unknown[] } {
  const members = membersOf(body, '', LOOKUP_MEMBERS);
  const keys = members.keys;
  if (!Array.isArray(keys) || keys.length === 0 || keys.length > ASK_LIMITS.keys) {
    throw refuse('bad-body', 'keys is a list of keys.', {
      pointer: '/keys',
      reason: 'wrong form',
      expected: `a list of 1 to ${ASK_LIMITS.keys} keys`,
    });
  }
  keys.forEach((key: unknown, i) => {
    if (!isKey(key))
      throw refuse('bad-body', 'A key is a value, or the values of its fields.', {
        pointer: `/keys/${i}`,
        reason: 'wrong form',
        expected: 'a value, a list of values, or values by field name',
      });
  });
  const parsed = keys.map((key) => parseKey(key, context));
  return {
    ask: {
      contract: context.contract,
      target: { kind: 'keys', keys: parsed },
      selection: selectionOf(members, context),
      partial: false,
    },
    keys,
  };
}

/** The reply repeats the keys, so nothing deeper than a key is accepted. */
function isKey(key: unknown): boolean {
  const isScalar = (value: unknown) => typeof value !== 'object' || value === null;
  return typeof key !== 'object' || key === null || Object.values(key).every(isScalar);
}

/** One value; for a compound key a list in the key's order, or an object by field name. */
function parseKey(key: unknown, { contract, catalog: { standard } }: BodyContext): Value[] | null {
  const values =
    contract.key.length === 1 && !isObject(key)
      ? [key]
      : Array.isArray(key)
        ? key
        : isObject(key)
          ? contract.key.map((name) => (Object.hasOwn(key, name) ? key[name] : undefined))
          : [];
  if (values.length !== contract.key.length) return null;
  try {
    return contract.key.map((name, i) =>
      parseValue({ field: known(contract.fields, name), op: 'eq', standard }, values[i]),
    );
  } catch {
    return null;
  }
}

function selectionOf(members: Members, { contract, catalog }: BodyContext) {
  const select = members.select === undefined ? undefined : names(members.select, '/select');
  const asked = { select: select?.length === 0 ? undefined : select, expand: names(members.expand, '/expand') };
  return parseSelection(contract, asked, catalog, { select: { pointer: '/select' }, expand: { pointer: '/expand' } });
}

function names(value: unknown, pointer: string): string[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value) && value.length <= 500 && value.every((name) => typeof name === 'string')) return value;
  throw refuse('bad-body', 'A list of names is expected.', {
    pointer,
    reason: 'wrong form',
    expected: 'a list of names',
  });
}

function parseCondition(
  node: unknown,
  pointer: string,
  context: BodyContext & { budget: { leaves: number; values: number }; depth: number },
): Condition {
  if (context.depth > ASK_LIMITS.conditionDepth)
    throw tooComplex(pointer, `at most ${ASK_LIMITS.conditionDepth} levels`);
  const deeper = { ...context, depth: context.depth + 1 };
  const members = isObject(node) ? node : membersOf(node, pointer, ['and', 'or', 'not', 'field', 'op', 'value']);
  for (const word of ['and', 'or'] as const) {
    if (members[word] === undefined) continue;
    const parts = membersOf(members, pointer, [word])[word];
    if (!Array.isArray(parts) || parts.length === 0)
      throw refuse('bad-body', `${word} takes a list of conditions.`, {
        pointer: `${pointer}/${word}`,
        reason: 'wrong form',
        expected: 'a list of at least one condition',
      });
    if (parts.length > ASK_LIMITS.conditionLeaves)
      throw tooComplex(pointer, `at most ${ASK_LIMITS.conditionLeaves} conditions`);
    const parsed = parts.map((part, i) => parseCondition(part, `${pointer}/${word}/${i}`, deeper));
    return word === 'and' ? { and: parsed } : { or: parsed };
  }
  if (members.not !== undefined)
    return { not: parseCondition(membersOf(members, pointer, ['not']).not, `${pointer}/not`, deeper) };
  return parseLeaf(membersOf(members, pointer, ['field', 'op', 'value']), pointer, context);
}

function parseLeaf(
  members: Members,
  pointer: string,
  { contract, catalog, budget }: BodyContext & { budget: { leaves: number; values: number } },
): Leaf {
  budget.leaves += 1;
  if (budget.leaves > ASK_LIMITS.conditionLeaves)
    throw tooComplex(pointer, `at most ${ASK_LIMITS.conditionLeaves} conditions`);
  const path = members.field;
  const op = members.op ?? 'eq';
  if (typeof path !== 'string' || typeof op !== 'string') {
    throw refuse('bad-body', 'A condition has a field, an operator and a value.', {
      pointer,
      reason: 'wrong form',
      expected: '{"field": …, "op": …, "value": …}',
    });
  }
  const place = { pointer: `${pointer}/field` };
  const field = fieldAt(contract, path, catalog, place);
  const owner = path.includes('.')
    ? relationTarget(contract, path.slice(0, path.indexOf('.')), catalog, place)
    : contract;
  checkOperator(owner, field, op, { field: place, op: { pointer: `${pointer}/op` } });
  const operand = { field, op, standard: catalog.standard };
  const parse = (raw: unknown, at: string) => located(() => parseValue(operand, raw), at);
  if (op !== 'in' && op !== 'nin') return { path, op, value: parse(members.value, `${pointer}/value`) };
  const list = members.value;
  if (!Array.isArray(list))
    throw refuse('bad-value', `${op} takes a list.`, {
      pointer: `${pointer}/value`,
      reason: 'wrong form',
      expected: 'a list of values',
    });
  budget.values += list.length;
  if (budget.values > ASK_LIMITS.listValues) throw tooComplex(pointer, `at most ${ASK_LIMITS.listValues} values`);
  return { path, op, value: list.map((raw, i) => parse(raw, `${pointer}/value/${i}`)) };
}

function located<T>(parse: () => T, pointer: string): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const faults = error.faults.map(({ parameter: _, ...fault }) => ({ pointer, ...fault }));
    throw new Problem(error.code, error.message, { faults, cause: error });
  }
}

function membersOf(value: unknown, pointer: string, allowed: readonly string[]): Members {
  if (!isObject(value))
    throw refuse('bad-body', 'A JSON object is expected.', { pointer, reason: 'wrong type', expected: 'an object' });
  const foreign = Object.keys(value).find((name) => !allowed.includes(name));
  if (foreign === undefined) return value;
  throw refuse('unknown-parameter', 'There is no such member.', {
    pointer: `${pointer}${pointerTo([foreign.slice(0, 100)])}`,
    reason: 'unknown member',
    expected: allowed.join(', '),
    ...suggestion(foreign, allowed),
  });
}

function tooComplex(pointer: string, expected: string): Problem {
  return refuse('too-complex', 'The ask is too deep or too large.', { pointer, reason: 'too complex', expected });
}
