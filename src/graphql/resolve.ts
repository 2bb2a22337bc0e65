import type { GraphQLFieldResolver, GraphQLResolveInfo } from 'graphql';
import type { Outcome } from '../exchange/answer.js';
import type { Turns } from '../exchange/answering/slices.js';
import type { Rows } from '../query/rows.js';
import { graphqlError } from './error.js';

/** The result of one root field. `key` is its response path, `police/residents`. */
export interface RootAnswer {
  key: string;
  path: readonly string[];
  outcome: Outcome;
  /** Index of the row that a single field means: by id the first, by key the one with the key. */
  row(rows: Rows): number;
}

/** The context of one execution. New for each, because a stale decision makes `present` run again. */
export interface Execution {
  answers: ReadonlyMap<string, RootAnswer>;
  /** Withheld paths already reported: once per path, not once per row. */
  reported: Set<string>;
  /** Counts that stopped early, for the response's `extensions`. */
  atLeast: { path: readonly string[]; atLeast: number }[];
  turns: Turns;
}
export interface ExecutionContext {
  door: Execution;
}

export interface RowSource {
  row: Record<string, unknown>;
  root: RootAnswer;
  rows: Rows;
  /** `household.` below the relation household, '' at the root. */
  prefix: string;
}
interface PageSource {
  root: RootAnswer;
  rows: Rows;
}
interface EdgeSource extends PageSource {
  index: number;
}
type Resolver<Source> = GraphQLFieldResolver<Source, ExecutionContext>;

const keyOf = (info: GraphQLResolveInfo): string => `${info.path.prev?.key}/${info.path.key}`;

function rowsOf(info: GraphQLResolveInfo, { door }: ExecutionContext): PageSource {
  const root = door.answers.get(keyOf(info));
  if (root === undefined) throw graphqlError('internal');
  if (root.outcome.outcome === 'denied') {
    const { code, faults } = root.outcome.denial;
    throw graphqlError(code, { faults });
  }
  return { root, rows: root.outcome.rows };
}

const rowAt = ({ root, rows }: PageSource, index: number): RowSource => ({
  row: rows.object(index),
  root,
  rows,
  prefix: '',
});

/** An absent row and one outside the scope give the same null. */
export const resolveOne: Resolver<unknown> = (_source, _arguments, context, info) => {
  const page = rowsOf(info, context);
  const index = page.root.row(page.rows);
  return index < 0 ? null : rowAt(page, index);
};

export const resolveList: Resolver<unknown> = (_source, _arguments, context, info) => rowsOf(info, context);

export const resolveNodes: Resolver<PageSource> = (page, _arguments, context) =>
  inTurns(page, context, (index) => rowAt(page, index));

export const resolveEdges: Resolver<PageSource> = (page, _arguments, context) =>
  inTurns(page, context, (index) => ({ ...page, index }));

/** What is made in a later turn is a promise; graphql-js completes it then. */
function inTurns<Item>({ rows }: PageSource, { door }: ExecutionContext, make: (index: number) => Item) {
  return Array.from({ length: rows.length }, (_, index) => door.turns.next()?.then(() => make(index)) ?? make(index));
}

export const resolveCursor: Resolver<EdgeSource> = ({ rows, index }) => rows.cursor(index);
export const resolveNode: Resolver<EdgeSource> = (edge) => rowAt(edge, edge.index);
export const resolvePageInfo: Resolver<PageSource> = (page) => page;
export const resolveHasNextPage: Resolver<PageSource> = ({ rows }) => rows.hasMore;
export const resolveEndCursor: Resolver<PageSource> = ({ rows }) =>
  rows.length === 0 ? null : rows.cursor(rows.length - 1);

/** Null where the count stopped; `extensions.counts` of the response says how far it got. */
export const resolveTotalCount: Resolver<PageSource> = ({ root, rows }, _arguments, { door }) => {
  if (rows.count === null || typeof rows.count === 'number') return rows.count;
  door.atLeast.push({ path: root.path, atLeast: rows.count.atLeast });
  return null;
};

/** A field of a row. Deny by default: a field that the row does not have is withheld, whatever the reason. */
export const resolveField: Resolver<RowSource> = (source, _arguments, context, info) => {
  const value = source.row[info.fieldName];
  if (value === undefined || isWithheld(source, info.fieldName)) {
    return withhold(source, info.fieldName, 'field-not-granted', context);
  }
  return value;
};

/** A to-one relation; null where this caller gets no row. */
export const resolveRelation: Resolver<RowSource> = (source, _arguments, context, info) => {
  const value = source.row[info.fieldName];
  if (value === undefined || isWithheld(source, info.fieldName)) {
    return withhold(source, info.fieldName, 'relation-not-granted', context);
  }
  if (value === null) return null;
  return { ...source, row: value as Record<string, unknown>, prefix: `${source.prefix}${info.fieldName}.` };
};

function isWithheld({ rows, prefix }: RowSource, name: string): boolean {
  const { withheld } = rows.permit;
  return withheld.size > 0 && withheld.has(prefix + name);
}

function withhold(
  source: RowSource,
  name: string,
  code: 'field-not-granted' | 'relation-not-granted',
  { door }: ExecutionContext,
): null {
  const place = `${source.root.key} ${source.prefix}${name}`;
  if (door.reported.has(place)) return null;
  door.reported.add(place);
  throw graphqlError(code, { faults: [{ parameter: `${source.prefix}${name}`, reason: 'not granted' }] });
}
