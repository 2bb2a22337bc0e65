import {
  GraphQLBoolean,
  type GraphQLFieldConfigArgumentMap,
  type GraphQLInputFieldConfigMap,
  GraphQLInputObjectType,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
} from 'graphql';
import type { Catalog } from '../catalog/catalog.js';
import type { Contract } from '../catalog/contract.js';
import { proxyOf } from '../catalog/source-terms.js';
import { known } from '../platform/known.js';
import { ASK_LIMITS } from '../query/limits.js';
import { type DatasetNames, nameDatasets } from './names.js';
import {
  resolveCursor,
  resolveEdges,
  resolveEndCursor,
  resolveField,
  resolveHasNextPage,
  resolveList,
  resolveNode,
  resolveNodes,
  resolveOne,
  resolvePageInfo,
  resolveRelation,
  resolveTotalCount,
} from './resolve.js';
import { idType, makeFilters, outputType, valueType } from './scalars.js';

export interface RootField {
  contract: Contract;
  kind: 'one' | 'list';
}

/** One schema for all callers, and the meaning of its names. It does not depend on the caller. */
export interface SchemaIndex {
  schema: GraphQLSchema;
  /** Hash of the catalog that it is built from. */
  hash: string;
  /** `Police.resident_list` → its dataset. */
  roots: ReadonlyMap<string, RootField>;
  /** Name of a `where` type, of a dataset or a relation → the contract whose fields it filters. */
  wheres: ReadonlyMap<string, Contract>;
  /** Names of the operator inputs. */
  filters: ReadonlySet<string>;
}

type FieldMap = ReturnType<GraphQLObjectType['toConfig']>['fields'];

/** What the types of all contracts share while one schema is built. */
interface Making {
  catalog: Catalog;
  names: ReadonlyMap<string, DatasetNames>;
  filters: ReturnType<typeof makeFilters>;
  rows: Map<string, GraphQLObjectType>;
  relationWheres: Map<string, GraphQLInputObjectType>;
  pageInfo: GraphQLObjectType;
  wheres: Map<string, Contract>;
}

/** Contracts → schema. About 10 ms for a hundred contracts; once per catalog, at the first request after a change. */
export function buildSchema(catalog: Catalog, major: number): SchemaIndex {
  const making: Making = {
    catalog,
    names: nameDatasets(catalog),
    filters: makeFilters(),
    rows: new Map(),
    relationWheres: new Map(),
    pageInfo: makePageInfo(),
    wheres: new Map(),
  };
  const roots = new Map<string, RootField>();
  const groups = new Map<string, { type: string; title: string; fields: FieldMap }>();
  for (const contract of catalog.contracts.values()) {
    const names = known(making.names, contract.id);
    let group = groups.get(names.group);
    if (group === undefined) {
      group = { type: names.groupType, title: catalog.publishers.get(contract.publisher)?.title.zh ?? '', fields: {} };
      groups.set(names.group, group);
    }
    Object.assign(group.fields, rootFields(contract, names, making));
    roots.set(`${names.groupType}.${names.one}`, { contract, kind: 'one' });
    if (proxyOf(contract) === undefined) roots.set(`${names.groupType}.${names.list}`, { contract, kind: 'list' });
  }
  // A GraphQL object needs a field even while nothing is published; no publisher name can begin with `_`.
  const query: FieldMap = {
    _standard: { type: GraphQLInt, description: '社区数据标准的主版本号', resolve: () => major },
  };
  for (const [name, { type, title, fields }] of groups) {
    query[name] = { type: new GraphQLObjectType({ name: type, description: title, fields }), resolve: () => ({}) };
  }
  const schema = new GraphQLSchema({ query: new GraphQLObjectType({ name: 'Query', fields: query }) });
  return { schema, hash: catalog.hash, roots, wheres: making.wheres, filters: making.filters.types };
}

function rootFields(contract: Contract, names: DatasetNames, making: Making): FieldMap {
  const live = proxyOf(contract) !== undefined;
  const keys: GraphQLFieldConfigArgumentMap = live ? {} : { _id: { type: idType } };
  for (const name of contract.key) {
    const field = contract.fields.get(name);
    if (field !== undefined) keys[name] = { type: valueType(field.type), description: field.title.zh };
  }
  const one = { type: rowType(contract, making), description: contract.title.zh, args: keys, resolve: resolveOne };
  // A proxied dataset is read by its key and has no list: no row of it is stored here.
  if (live) return { [names.one]: { ...one, description: `${contract.title.zh}（实时查询）` } };
  return {
    [names.one]: one,
    [names.list]: {
      type: connectionType(contract, names, making),
      description: contract.title.zh,
      args: listArguments(contract, names, making),
      resolve: resolveList,
    },
  };
}

function listArguments(contract: Contract, names: DatasetNames, making: Making): GraphQLFieldConfigArgumentMap {
  const where = whereType(contract, names, making);
  const { least, most, default: leftOut } = ASK_LIMITS.page;
  return {
    ...(where === undefined ? {} : { where: { type: where } }),
    sort: {
      type: new GraphQLList(new GraphQLNonNull(GraphQLString)),
      description: `One of: ${[...contract.sortable].join(', ') || 'none'}; a leading - reverses.`,
    },
    first: { type: GraphQLInt, description: `${least} to ${most}, ${leftOut} where left out.` },
    after: { type: GraphQLString, description: 'The endCursor of the page before.' },
  };
}

function rowType(contract: Contract, making: Making): GraphQLObjectType {
  const made = making.rows.get(contract.id);
  if (made !== undefined) return made;
  const type = new GraphQLObjectType({
    name: known(making.names, contract.id).type,
    description: contract.title.zh,
    fields: () => {
      const fields: FieldMap = { _id: { type: idType, resolve: resolveField } };
      for (const field of contract.fields.values()) {
        fields[field.name] = { type: outputType(field.type), description: field.title.zh, resolve: resolveField };
      }
      for (const { name, to } of contract.relations.values()) {
        const target = making.catalog.contracts.get(to);
        if (target !== undefined) fields[name] = { type: rowType(target, making), resolve: resolveRelation };
      }
      return fields;
    },
  });
  making.rows.set(contract.id, type);
  return type;
}

function connectionType(contract: Contract, names: DatasetNames, making: Making): GraphQLObjectType {
  const node = rowType(contract, making);
  const edge = new GraphQLObjectType({
    name: `${names.type}Edge`,
    fields: {
      cursor: { type: GraphQLString, resolve: resolveCursor },
      node: { type: node, resolve: resolveNode },
    },
  });
  return new GraphQLObjectType({
    name: `${names.type}Connection`,
    fields: {
      nodes: { type: new GraphQLList(node), resolve: resolveNodes },
      edges: { type: new GraphQLList(edge), resolve: resolveEdges },
      pageInfo: { type: making.pageInfo, resolve: resolvePageInfo },
      totalCount: {
        type: GraphQLInt,
        description: 'Exact up to 10,000 unless the contract counts further; beyond that null, with extensions.counts.',
        resolve: resolveTotalCount,
      },
    },
  });
}

function makePageInfo(): GraphQLObjectType {
  return new GraphQLObjectType({
    name: 'PageInfo',
    fields: {
      hasNextPage: { type: GraphQLBoolean, resolve: resolveHasNextPage },
      endCursor: { type: GraphQLString, resolve: resolveEndCursor },
    },
  });
}

/** The contract's filterable fields, those of each relation's target, and the connectives. Undefined where no field is filterable. */
function whereType(contract: Contract, names: DatasetNames, making: Making): GraphQLInputObjectType | undefined {
  const fields = filterFields(contract, making);
  for (const { name, to } of contract.relations.values()) {
    const target = making.catalog.contracts.get(to);
    const type = target === undefined ? undefined : relationWhere(target, making);
    if (type !== undefined) fields[name] = { type };
  }
  if (Object.keys(fields).length === 0) return undefined;
  const where: GraphQLInputObjectType = new GraphQLInputObjectType({
    name: `${names.type}Where`,
    fields: () => ({
      ...fields,
      and: { type: new GraphQLList(new GraphQLNonNull(where)) },
      or: { type: new GraphQLList(new GraphQLNonNull(where)) },
      not: { type: where },
    }),
  });
  making.wheres.set(where.name, contract);
  return where;
}

function relationWhere(target: Contract, making: Making): GraphQLInputObjectType | undefined {
  const made = making.relationWheres.get(target.id);
  if (made !== undefined) return made;
  const fields = filterFields(target, making);
  if (Object.keys(fields).length === 0) return undefined;
  const type = new GraphQLInputObjectType({ name: `${known(making.names, target.id).type}RelationWhere`, fields });
  making.relationWheres.set(target.id, type);
  making.wheres.set(type.name, target);
  return type;
}

function filterFields(contract: Contract, making: Making): GraphQLInputFieldConfigMap {
  const fields: GraphQLInputFieldConfigMap = {};
  for (const field of contract.fields.values()) {
    if (!contract.filterable.has(field.name)) continue;
    fields[field.name] = { type: making.filters.of(field.type), description: field.title.zh };
  }
  return fields;
}
