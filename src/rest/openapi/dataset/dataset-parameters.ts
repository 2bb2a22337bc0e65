import Type, { type TSchema } from 'typebox';
import type { Catalog } from '../../../catalog/catalog.js';
import type { Contract, Field } from '../../../catalog/contract.js';
import { ASK_LIMITS } from '../../../query/limits.js';
import { isPersonal } from '../../../standard/mask.js';
import { type Operator, typeOf } from '../../../standard/type.js';
import { choice, closed, list } from '../../shapes.js';
import { relationPathSchema } from './relations.js';
import { cursor, filterable, pageLimit, sortNames } from './row-schemas.js';
import { operandSchema } from './value-schema.js';

/** Parameters that are comma-separated lists. */
export const COMMA_SEPARATED = new Set(['_select', '_expand']);

/** The query string of `GET …/rows`: each filterable field × operator, then the controls. */
export function rowsParameters(contract: Contract, catalog: Catalog): TSchema {
  const filters = filterable(contract).flatMap((field) => filterParameters(field));
  const sorts = sortNames(contract);
  return optional({
    ...Object.fromEntries(filters),
    ...selection(contract, catalog),
    ...(sorts.length === 0
      ? {}
      : { _sort: { ...choice(sorts), description: 'One field; `-` for descending. Nulls last.' } }),
    _limit: pageLimit,
    _cursor: { ...cursor, description: '`page.next_cursor` of the previous page.' },
    _count: choice(['none', 'estimated', 'exact'], {
      default: 'none',
      description: 'Whether to count the rows of the whole answer.',
    }),
  });
}

export function selectionParameters(contract: Contract, catalog: Catalog): TSchema {
  return optional(selection(contract, catalog));
}

function optional(parameters: Record<string, TSchema>): TSchema {
  const members = Object.entries(parameters).map(([name, schema]) => [name, Type.Optional(schema)] as const);
  return closed(Object.fromEntries(members));
}

function selection(contract: Contract, catalog: Catalog): Record<string, TSchema> {
  const path = relationPathSchema(contract, catalog);
  const names = choice(['_id', ...contract.fields.keys()]);
  return {
    _select: list(names, 500, { description: 'Fields, comma-separated. Default: all granted fields.' }),
    ...(path === undefined
      ? {}
      : { _expand: list(path, ASK_LIMITS.expanded, { description: 'Relations to include, comma-separated.' }) }),
  };
}

/** A URL may not have values of a personal field, only whether it is null. */
function urlOperators(field: Field): readonly Operator[] {
  const personal = isPersonal(field.sensitivity);
  const { operators } = typeOf(field.type);
  return personal ? operators.filter((op) => op === 'null') : operators;
}

const WORDS: Readonly<Record<Operator, string>> = {
  eq: 'equals',
  ne: 'differs from',
  lt: 'less than',
  lte: 'at most',
  gt: 'greater than',
  gte: 'at least',
  in: 'is one of (repeat the parameter)',
  nin: 'is none of (repeat the parameter)',
  null: 'is null: true or false',
  contains: 'contains, literally',
  startswith: 'starts with, literally',
};

function filterParameters(field: Field): [string, TSchema][] {
  return urlOperators(field).flatMap((op): [string, TSchema][] => {
    const description = `${field.title.zh} ${field.title.en}: ${WORDS[op]}`;
    const schema = { ...operandSchema(field, op), description };
    const named: [string, TSchema] = [`${field.name}.${op}`, schema];
    return op === 'eq'
      ? [
          [field.name, schema],
          [named[0], { ...schema, description: `The same as \`${field.name}\`` }],
        ]
      : [named];
  });
}
