import Type, { type TProperties, type TSchema } from 'typebox';
import type { Catalog } from '../../../catalog/catalog.js';
import type { Contract, Field } from '../../../catalog/contract.js';
import { proxyOf } from '../../../catalog/source-terms.js';
import { itemAt, known } from '../../../platform/known.js';
import { ASK_LIMITS } from '../../../query/limits.js';
import { LIVE_KEYS_AT_MOST } from '../../../query/live-keys.js';
import { TYPES, typeOf } from '../../../standard/type.js';
import { boolean, choice, closed, count, integer, list, orNull, pattern, refTo } from '../../shapes.js';
import { notFoundKey, pageInfo } from './dataset-page-schemas.js';
import { relationPathSchema } from './relations.js';
import { fieldSchema, scalarSchema } from './value-schema.js';

export const rowId = pattern('^[A-Za-z0-9_-]{22}$', 22, {
  description: 'Identifies the row under this grant only.',
});
const released = count({ description: 'Release 数据版本 of the rows.' });
const noRelease = Type.Null({ description: 'Asked live: there is no release.' });
const { least, most } = ASK_LIMITS.page;
export const pageLimit = integer(least, most, { default: ASK_LIMITS.page.default, description: 'Rows of a page.' });
export const cursor = pattern('^[A-Za-z0-9_-]{48,65536}$', 65_536);

interface Naming {
  catalog: Catalog;
  names: ReadonlyMap<string, string>;
}

/** The components of one dataset: its row, its replies, its bodies. */
export function datasetSchemas(contract: Contract, naming: Naming): Record<string, TSchema> {
  const name = known(naming.names, contract.id);
  const row = refTo(name);
  const key = keySchema(contract);
  const live = proxyOf(contract) !== undefined;
  const keysAtMost = live ? LIVE_KEYS_AT_MOST : ASK_LIMITS.keys;
  const release = live ? noRelease : released;
  return {
    [name]: rowSchema(contract, naming),
    [`${name}Page`]: closed({ data: list(row, ASK_LIMITS.page.most), page: pageInfo, release }),
    [`${name}One`]: closed({ data: row, release }),
    [`${name}Where`]: whereSchema(contract, name),
    [`${name}Query`]: querySchema(contract, naming),
    [`${name}Lookup`]: closed({ keys: list(key, keysAtMost, { minItems: 1 }), ...selection(contract, naming) }),
    [`${name}Found`]: closed({
      data: list(
        Type.Union([closed({ key: Type.Unknown(), found: Type.Literal(true), row }), notFoundKey]),
        keysAtMost,
      ),
      release,
    }),
  };
}

/** Only granted fields, masked if the grant says so; relations if `_expand` names them. */
function rowSchema(contract: Contract, { names }: Naming): TSchema {
  const fields = [...contract.fields.values()].map((field) => [field.name, Type.Optional(fieldSchema(field))] as const);
  const relations = [...contract.relations.values()].flatMap(({ name, to }) => {
    const target = names.get(to);
    return target === undefined ? [] : [[name, Type.Optional(orNull(refTo(target)))] as const];
  });
  const members = Object.fromEntries<TSchema>([...fields, ...relations]);
  return closed(
    { _id: rowId, ...members },
    {
      title: `${contract.title.zh} ${contract.title.en}`,
      description: `${contract.summary.zh} ${contract.summary.en}`,
    },
  );
}

function keySchema(contract: Contract): TSchema {
  const parts = contract.key.map((name) => known(contract.fields, name));
  const named = closed(Object.fromEntries(parts.map((field) => [field.name, scalarSchema(field.type)])));
  if (parts.length === 1) return Type.Union([scalarSchema(itemAt(parts, 0).type), named]);
  const tuple = {
    type: 'array',
    prefixItems: parts.map((field) => scalarSchema(field.type)),
    items: {},
    minItems: parts.length,
    maxItems: parts.length,
  };
  return Type.Union([named, tuple]);
}

/** A leaf for each filterable field with its own operators and type; and, or, not; relation paths. */
function whereSchema(contract: Contract, name: string): TSchema {
  const self = refTo(`${name}Where`);
  const conditions = list(self, ASK_LIMITS.conditionLeaves, { minItems: 1 });
  const leaves: TSchema[] = filterable(contract).map((field) => leafSchema(field));
  const relations = [...contract.relations.keys()];
  if (relations.length > 0) {
    const path = pattern(`^(${relations.join('|')})\\.[a-z][a-z0-9_]*$`, 130);
    leaves.push(closed({ field: path, op: Type.Optional(choice([...ALL_OPERATORS])), value: Type.Unknown() }));
  }
  return Type.Union([closed({ and: conditions }), closed({ or: conditions }), closed({ not: self }), ...leaves], {
    description: `At most ${ASK_LIMITS.conditionLeaves} leaves on ${ASK_LIMITS.conditionDepth} levels, ${ASK_LIMITS.listValues} values in lists. A leaf without \`op\` means eq.`,
  });
}

const ALL_OPERATORS = new Set(Object.values(TYPES).flatMap(({ operators }) => operators));

function leafSchema(field: Field): TSchema {
  const { operators } = typeOf(field.type);
  const value = scalarSchema(field.type);
  const forms = [
    value,
    list(value, ASK_LIMITS.listValues),
    ...('type' in value && value.type === 'boolean' ? [] : [boolean]),
  ];
  return closed({ field: choice([field.name]), op: Type.Optional(choice(operators)), value: { anyOf: forms } });
}

export const filterable = (contract: Contract): Field[] =>
  [...contract.filterable].map((name) => known(contract.fields, name));

function querySchema(contract: Contract, naming: Naming): TSchema {
  const name = known(naming.names, contract.id);
  const sorts = sortNames(contract);
  return closed({
    where: Type.Optional(orNull(refTo(`${name}Where`))),
    ...selection(contract, naming),
    ...(sorts.length === 0 ? {} : { sort: Type.Optional(list(choice(sorts), 1)) }),
    limit: Type.Optional(pageLimit),
    cursor: Type.Optional(orNull(cursor)),
    count: Type.Optional(choice(['none', 'estimated', 'exact'], { default: 'none' })),
  });
}

export const sortNames = ({ sortable }: Contract): string[] => [...sortable].flatMap((name) => [name, `-${name}`]);

function selection(contract: Contract, { catalog }: Naming): TProperties {
  const path = relationPathSchema(contract, catalog);
  return {
    select: Type.Optional(
      list(choice(['_id', ...contract.fields.keys()]), 500, { description: 'Fields; empty means all granted fields.' }),
    ),
    ...(path === undefined
      ? {}
      : { expand: Type.Optional(list(path, ASK_LIMITS.expanded, { description: 'Relations to include.' })) }),
  };
}
