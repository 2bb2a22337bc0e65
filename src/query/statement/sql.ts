import type { Access, Permit } from '../../access/policy/decision.js';
import type { Relation } from '../../catalog/contract.js';
import { identifier } from '../../catalog/names.js';
import { proxyOf } from '../../catalog/source-terms.js';
import { known } from '../../platform/known.js';
import type { Ask, Selection, Target } from '../ask.js';
import type { Linkage } from '../linkage.js';
import type { ShapeNode } from '../shape.js';
import { operandType } from '../value.js';
import { conditionSql, locator, relationsFiltered } from './condition.js';
import { adultGuard, maskedForMinors, scopeGuard } from './guards.js';
import { type MaskSource, maskedExpression } from './mask.js';
import { type RowOrder, rowOrder } from './order.js';
import { type Parameters, parameters } from './parameters.js';

export interface Written {
  text: string;
  parameters: Parameters;
  nodes: readonly [ShapeNode, ...ShapeNode[]];
  releaseColumns: ReadonlyMap<string, number>;
  countColumn: number;
  sortColumn: number;
}

interface StatementSource extends MaskSource {
  access: Access;
}

interface StatementDraft {
  permit: Permit;
  parameters: Parameters;
  root: StatementSource;
  sources: ReadonlyMap<string, StatementSource>;
}

/** `sql` is what leaves. Where `guard` holds and there is a value, it is `value`, which an index may serve. */
type Sorting = NonNullable<PageTarget['sort']> & { sql: string; value: string; guard: string };
type PageTarget = Extract<Target, { kind: 'page' }>;

/**
 * One statement for an ask: the release, the count if requested, and the rows with their relations, masked and in
 * scope. Release and rows are from one snapshot. The row of `exchange.line` is the outer side of the join, so an empty
 * answer has a release too.
 */
export function writeStatement(permit: Permit, ask: Ask, linkageOf: (name: string) => Linkage): Written {
  const sources = sourcesOf(permit, linkageOf);
  const draft: StatementDraft = { permit, parameters: parameters(), root: known(sources, ''), sources };
  const outer = ['l.release'];
  const releaseColumns = new Map([['', 0]]);
  for (const [path, access] of permit.access) {
    if (path === '') continue;
    releaseColumns.set(path, outer.length);
    outer.push(
      `(SELECT r.release FROM exchange.line r WHERE r.name = ${draft.parameters.add(() => access.contract.name, `line ${access.contract.name}`)})`,
    );
  }
  const page = ask.target.kind === 'page' ? ask.target : undefined;
  const countColumn = page === undefined || page.count === 'none' ? -1 : outer.length;
  if (page !== undefined && countColumn >= 0) outer.push(countSql(draft, page));
  const columns: string[] = [];
  const nodes: ShapeNode[] = [];
  const root = outputNode(draft, '', ask.selection, { first: outer.length, columns, nodes });
  const sort = page?.sort && sortingOf(draft, page.sort);
  const sortColumn = sort === undefined ? -1 : outer.length + columns.length;
  if (sort !== undefined) columns.push(sort.sql);
  const { name } = permit.root.contract;
  const line = draft.parameters.add(() => name, `line ${name}`);
  const inner = page === undefined ? lookupSql(draft, ask.target, columns) : pageSql(draft, page, columns, sort);
  const text = `SELECT ${outer.join(', ')}, q.* FROM exchange.line l LEFT JOIN LATERAL (${inner}) q ON true WHERE l.name = ${line}`;
  return {
    text,
    parameters: draft.parameters,
    nodes: [root, ...nodes.slice(1)],
    releaseColumns,
    countColumn,
    sortColumn,
  };
}

function sourcesOf(permit: Permit, linkageOf: (name: string) => Linkage): Map<string, StatementSource> {
  const sources = new Map<string, StatementSource>();
  for (const [path, access] of permit.access) {
    sources.set(path, {
      alias: `t${sources.size}`,
      access,
      contract: access.contract,
      linkage: linkageOf(access.grant.linkage),
    });
  }
  return sources;
}

/** Columns of one node and its selected relations. Withheld and ungranted fields have no column. */
function outputNode(
  draft: StatementDraft,
  path: string,
  selection: Selection,
  out: { first: number; columns: string[]; nodes: ShapeNode[] },
): ShapeNode {
  const source = known(draft.sources, path);
  const fields: ShapeNode['fields'][number][] = [];
  const children: ShapeNode['children'][number][] = [];
  const node = {
    path,
    index: out.nodes.length,
    rowId: out.first + out.columns.length,
    fields,
    children,
  };
  out.columns.push(`${source.alias}."row_id"`);
  out.nodes.push(node);
  const wanted = selection.fields === undefined ? undefined : new Set(selection.fields);
  for (const granted of source.access.fields.values()) {
    if (wanted !== undefined && !wanted.has(granted.name)) continue;
    const expression = maskedExpression(source, granted, draft.parameters);
    fields.push({
      name: granted.name,
      type: granted.field.type,
      column: expression === undefined ? -1 : out.first + out.columns.length,
    });
    if (expression !== undefined) out.columns.push(expression);
  }
  for (const [name, inner] of selection.relations) {
    const child = path === '' ? name : `${path}.${name}`;
    if (draft.permit.access.has(child)) children.push({ ...outputNode(draft, child, inner, out), name });
  }
  return node;
}

function pageSql(
  draft: StatementDraft,
  page: PageTarget,
  columns: readonly string[],
  sort: Sorting | undefined,
): string {
  const { parameters } = draft;
  const select = `SELECT ${named(columns)} FROM ${tableOf(draft, '')} ${joins(draft, [...draft.permit.access.keys()])}`;
  const where = restrict(draft, page);
  const fetch = parameters.add((binding) => binding.fetch, 'fetch');
  const order = rowOrder(draft.root, parameters);
  const resumed = page.cursor !== undefined;
  if (sort === undefined) {
    return `${select} WHERE ${where}${resumed ? ` AND ${order.after(false)}` : ''} ORDER BY ${order.by(false)} LIMIT ${fetch}`;
  }
  const { descending } = sort;
  if (!resumed && !draft.root.access.ownOrder) {
    return `${select} WHERE ${where} ORDER BY ${order.sortedBy(sort.sql, descending)} LIMIT ${fetch}`;
  }
  // Two branches, each one index range: first the rows with a value after the position, then the rows without one.
  const [fromValue, fromAbsent] = resumed ? sortedAfter(draft, sort, order) : [`${sort.value} IS NOT NULL`, 'true'];
  const valued = `${select} WHERE ${where} AND ${sort.guard} AND ${fromValue} ORDER BY ${order.sortedBy(sort.value, descending)} LIMIT ${fetch}`;
  const absentBy = sort.value === sort.sql ? order.sortedBy(sort.sql, descending) : order.by(descending);
  const absent = `${select} WHERE ${where} AND ${sort.sql} IS NULL AND ${fromAbsent} ORDER BY ${absentBy} LIMIT ${fetch}`;
  return `SELECT * FROM (SELECT * FROM (${valued}) v UNION ALL SELECT * FROM (${absent}) n) u LIMIT ${fetch}`;
}

/** True for the rows after the page's position: with a value, and without one. */
function sortedAfter(draft: StatementDraft, sort: Sorting, order: RowOrder): [string, string] {
  const type = operandType(known(draft.permit.root.contract.fields, sort.field).type);
  const value = `${draft.parameters.add((binding) => binding.after?.sort ?? null, 'after sort')}::${type}`;
  const [beyond, from] = sort.descending ? ['<', '<='] : ['>', '>='];
  const after = order.after(sort.descending);
  return [
    `${sort.value} ${from} ${value} AND (${sort.value} ${beyond} ${value} OR ${after})`,
    `(${value} IS NOT NULL OR ${after})`,
  ];
}

function lookupSql(draft: StatementDraft, target: Target, columns: readonly string[]): string {
  const { access: root, alias } = draft.root;
  const wanted = draft.parameters.add((binding) => binding.rowIds, 'rows');
  const conditions = [`${alias}."row_id" = ANY(${wanted}::uuid[])`, scopeGuard(root, alias, draft.parameters)];
  // If the key is masked in children's rows, a child's row is not found by it.
  if (target.kind === 'keys' && maskedForMinors(root, root.contract.key))
    conditions.push(adultGuard(alias, draft.parameters));
  return `SELECT ${named(columns)} FROM ${tableOf(draft, '')} ${joins(draft, [...draft.permit.access.keys()])} WHERE ${conditions.join(' AND ')}`;
}

/** Exact within scope and filter up to 10,001; beyond that only if the contract allows an exact count. */
function countSql(draft: StatementDraft, page: PageTarget): string {
  const unbounded = page.count === 'exact' && draft.permit.root.contract.exactCount;
  const from = `FROM ${tableOf(draft, '')} ${joins(draft, [...relationsFiltered(page.where)])} WHERE ${restrict(draft, page)}`;
  return unbounded ? `(SELECT count(*) ${from})` : `(SELECT count(*) FROM (SELECT 1 ${from} LIMIT 10001) c)`;
}

function restrict(draft: StatementDraft, page: PageTarget): string {
  const aliases = new Map([...draft.sources].map(([path, source]) => [path, source.alias]));
  const scope = scopeGuard(draft.permit.root, draft.root.alias, draft.parameters);
  if (page.where === undefined) return scope;
  let operand = 0;
  return `${scope} AND ${conditionSql(page.where, locator(draft.permit.access, aliases), draft.parameters, () => operand++)}`;
}

/** Sorts by what leaves: a field that is masked per row sorts by its masked expression. */
function sortingOf({ root, parameters }: StatementDraft, sort: NonNullable<PageTarget['sort']>): Sorting {
  const field = known(root.access.fields, sort.field);
  const sql = maskedExpression(root, field, parameters) ?? 'NULL';
  if (field.mask !== 'none' || field.minorMask !== 'hide') return { ...sort, sql, value: sql, guard: 'true' };
  return { ...sort, sql, value: `${root.alias}.${identifier(field.name)}`, guard: adultGuard(root.alias, parameters) };
}

function tableOf(draft: StatementDraft, path: string): string {
  const { contract, alias } = known(draft.sources, path);
  const table = `data.${identifier(contract.table)}`;
  if (proxyOf(contract) === undefined) return `${table} ${alias}`;
  // The interface's records replace the (always empty) table, so scope and masks are the same text for both.
  return `jsonb_populate_recordset(NULL::${table}, ${draft.parameters.add((binding) => binding.live, 'live rows')}::jsonb) ${alias}`;
}

/**
 * To-one joins for these paths and their parents. Each joined table has its own scope, and its masks apply to the join.
 */
function joins(draft: StatementDraft, paths: readonly string[]): string {
  const needed = new Set<string>();
  for (const path of paths) for (let p = path; p !== ''; p = p.slice(0, Math.max(0, p.lastIndexOf('.')))) needed.add(p);
  return [...draft.permit.access.keys()]
    .filter((path) => needed.has(path))
    .map((path) => joinSql(draft, path))
    .join(' ');
}

function joinSql(draft: StatementDraft, path: string): string {
  const parentPath = path.slice(0, Math.max(0, path.lastIndexOf('.')));
  const parent = known(draft.sources, parentPath);
  const target = known(draft.sources, path);
  const relation = known(parent.contract.relations, path.slice(parentPath === '' ? 0 : parentPath.length + 1));
  const conditions = Object.entries(relation.on).map(
    ([own, other]) => `${target.alias}.${identifier(other)} = ${parent.alias}.${identifier(own)}`,
  );
  conditions.push(scopeGuard(target.access, target.alias, draft.parameters));
  if (maskedForMinors(parent.access, Object.keys(relation.on)))
    conditions.push(adultGuard(parent.alias, draft.parameters));
  if (maskedForMinors(target.access, Object.values(relation.on)))
    conditions.push(adultGuard(target.alias, draft.parameters));
  const on = conditions.join(' AND ');
  if (isKey(relation, target.access)) return `LEFT JOIN ${tableOf(draft, path)} ON ${on}`;
  // To-one for any data: a joinable field of the target that is not a key could match twice.
  return `LEFT JOIN LATERAL (SELECT * FROM ${tableOf(draft, path)} WHERE ${on} ORDER BY ${target.alias}."row_id" LIMIT 1) ${target.alias} ON true`;
}

function isKey(relation: Relation, target: Access): boolean {
  const on = new Set(Object.values(relation.on));
  return target.contract.key.every((name) => on.has(name));
}

function named(columns: readonly string[]): string {
  return columns.map((column, i) => `${column} AS c${i}`).join(', ');
}
