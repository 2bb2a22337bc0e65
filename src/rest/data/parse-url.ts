import type { Catalog } from '../../catalog/catalog.js';
import type { Contract } from '../../catalog/contract.js';
import { Problem } from '../../platform/errors.js';
import { itemAt } from '../../platform/known.js';
import type { Ask, Condition, Leaf } from '../../query/ask.js';
import { ASK_LIMITS } from '../../query/limits.js';
import {
  checkOperator,
  fieldAt,
  isOperator,
  parseSelection,
  parseSort,
  refuse,
  relationTarget,
  suggestion,
} from '../../query/names.js';
import { parseValue } from '../../query/value.js';
import { isPersonal } from '../../standard/mask.js';
import type { Value } from '../../standard/type.js';
import { pairsOf, type QueryPair } from '../http/query-string.js';

const CONTROLS = ['_select', '_sort', '_limit', '_cursor', '_count', '_expand'] as const;

export interface UrlContext {
  contract: Contract;
  catalog: Catalog;
  /** EXCHANGE_SENSITIVE_IN_URL */
  sensitiveInUrl: 'refuse' | 'allow';
}

/**
 * Makes an Ask of the query string of `GET …/rows` (api.md, REST query language). Throws a Problem that names the first
 * wrong parameter.
 */
export function parseRowsUrl(queryString: string, context: UrlContext): Ask {
  const { controls, filters } = sortPairs(queryString, context);
  return {
    contract: context.contract,
    target: {
      kind: 'page',
      where: parseFilters(filters, context),
      sort:
        controls._sort === undefined ? undefined : parseSort(context.contract, controls._sort, { parameter: '_sort' }),
      limit: parseLimit(controls._limit),
      cursor: controls._cursor,
      count: parseCount(controls._count ?? 'none', { parameter: '_count' }),
    },
    selection: parseControlsSelection(controls, context),
    partial: false,
  };
}

/** The query string of `GET …/rows/{id}`: only `_select` and `_expand`. */
export function parseRowUrl(queryString: string, id: string, context: UrlContext): Ask {
  const { controls, filters } = sortPairs(queryString, context);
  const foreign =
    filters[0]?.name ??
    CONTROLS.find((name) => controls[name] !== undefined && name !== '_select' && name !== '_expand');
  if (foreign !== undefined)
    throw refuse('unknown-parameter', 'A single row takes _select and _expand only.', {
      parameter: foreign,
      reason: 'unknown parameter',
      expected: '_select, _expand',
    });
  return {
    contract: context.contract,
    target: { kind: 'id', id },
    selection: parseControlsSelection(controls, context),
    partial: false,
  };
}

type Controls = Partial<Record<(typeof CONTROLS)[number], string>>;

function sortPairs(queryString: string, context: UrlContext): { controls: Controls; filters: QueryPair[] } {
  const controls: Controls = {};
  const filters: QueryPair[] = [];
  for (const pair of pairsOf(queryString)) {
    const control = CONTROLS.find((name) => name === pair.name);
    if (control !== undefined) {
      if (controls[control] !== undefined) throw repeated(control);
      controls[control] = pair.value;
    } else if (pair.name.startsWith('_') && !pair.name.startsWith('_any.')) {
      throw refuse('unknown-parameter', 'There is no such parameter.', {
        parameter: pair.name,
        reason: 'unknown parameter',
        ...suggestion(pair.name, [...CONTROLS, '_any.']),
      });
    } else if (!/^[A-Za-z0-9_.]{1,200}$/.test(pair.name)) {
      throw refuse('unknown-parameter', 'There is no such parameter.', {
        parameter: pair.name.slice(0, 100),
        reason: 'unknown parameter',
        ...suggestion(pair.name, context.contract.filterable),
      });
    } else filters.push(pair);
  }
  return { controls, filters };
}

function parseFilters(filters: readonly QueryPair[], context: UrlContext): Condition | undefined {
  const all = new Map<string, Leaf>();
  const any: Leaf[] = [];
  const anyLists = new Map<string, Leaf>();
  for (const { name, value } of filters) {
    const isAny = name.startsWith('_any.');
    const leaf = parseLeaf(name, isAny ? name.slice(5) : name, value, context);
    const lists = isAny ? anyLists : all;
    const key = `${leaf.path} ${leaf.op}`;
    const known = lists.get(key);
    if (known === undefined) {
      lists.set(key, leaf);
      if (isAny) any.push(leaf);
    } else if (leaf.op === 'in' || leaf.op === 'nin') appendTo(known, leaf, name);
    else if (isAny) any.push(leaf);
    else throw repeated(name);
  }
  const parts: Condition[] = [...all.values(), ...(any.length === 0 ? [] : [{ or: any }])];
  return parts.length === 0 ? undefined : parts.length === 1 ? parts[0] : { and: parts };
}

function appendTo(list: Leaf, leaf: Leaf, parameter: string): void {
  const values = list.value as Value[];
  if (values.length >= ASK_LIMITS.urlListValues)
    throw refuse('too-complex', 'Too many values in a URL: put them in a body.', {
      parameter,
      reason: 'too many values',
      expected: `at most ${ASK_LIMITS.urlListValues}`,
    });
  values.push(...(leaf.value as Value[]));
}

/** `path`, `path.op`, `relation.field`, `relation.field.op`: a field never has the name of an operator. */
function parseLeaf(parameter: string, text: string, raw: string, context: UrlContext): Leaf {
  const { contract, catalog } = context;
  const segments = text.split('.');
  const last = itemAt(segments, segments.length - 1);
  const implied =
    segments.length === 1 || (!isOperator(last) && segments.length === 2 && !contract.fields.has(itemAt(segments, 0)));
  const op = implied ? 'eq' : last;
  const path = implied ? text : segments.slice(0, -1).join('.');
  const place = { parameter };
  const field = fieldAt(contract, path, catalog, place);
  const owner = path.includes('.')
    ? relationTarget(contract, path.slice(0, path.indexOf('.')), catalog, place)
    : contract;
  checkOperator(owner, field, op, { field: place, op: place });
  if (op !== 'null' && isPersonal(field.sensitivity) && context.sensitiveInUrl === 'refuse') {
    throw refuse('use-body', `${field.name} is personal: ask for it with QUERY or POST …/rows/query.`, {
      parameter,
      reason: 'personal value in a URL',
      expected: 'the same filter in a body',
    });
  }
  const value = located(() => parseValue({ field, op, standard: catalog.standard, text: true }, raw), place);
  return { path, op, value: op === 'in' || op === 'nin' ? [value] : value };
}

/** The value parser names the field; the caller needs the parameter as sent. */
function located<T>(parse: () => T, place: { parameter: string }): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const faults = error.faults.map((fault) => ({ ...fault, ...place }));
    throw new Problem(error.code, error.message, { faults, cause: error });
  }
}

function parseControlsSelection(controls: Controls, { contract, catalog }: UrlContext) {
  const list = (text: string | undefined) =>
    text === undefined ? undefined : text.split(',').filter((name) => name !== '');
  return parseSelection(contract, { select: list(controls._select), expand: list(controls._expand) ?? [] }, catalog, {
    select: { parameter: '_select' },
    expand: { parameter: '_expand' },
  });
}

function parseLimit(text: string | undefined): number {
  if (text === undefined) return ASK_LIMITS.page.default;
  return checkLimit(/^\d{1,6}$/.test(text) ? Number(text) : Number.NaN, { parameter: '_limit' });
}

export function checkLimit(limit: unknown, place: { parameter?: string; pointer?: string }): number {
  const { least, most } = ASK_LIMITS.page;
  if (typeof limit === 'number' && Number.isInteger(limit) && limit >= least && limit <= most) return limit;
  throw refuse('bad-limit', 'The limit is out of range.', {
    ...place,
    reason: 'out of range',
    expected: `${least} to ${most}`,
  });
}

const COUNTS = ['none', 'estimated', 'exact'] as const;

export function parseCount(text: unknown, place: { parameter?: string; pointer?: string }): (typeof COUNTS)[number] {
  const count = COUNTS.find((name) => name === text);
  if (count !== undefined) return count;
  throw refuse('bad-value', 'There is no such count.', {
    ...place,
    reason: 'unknown value',
    expected: COUNTS.join(', '),
    ...suggestion(String(text).slice(0, 40), COUNTS),
  });
}

function repeated(parameter: string): Problem {
  return refuse('repeated-parameter', 'This parameter appears more than once.', {
    parameter,
    reason: 'repeated',
    expected: 'once',
  });
}
