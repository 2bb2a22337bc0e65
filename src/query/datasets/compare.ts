import type { Access } from '../../access/policy/decision.js';
import { identifier } from '../../catalog/names.js';
import { liveTable } from '../../catalog/table.js';
import { known } from '../../platform/known.js';
import { type FieldType, typeOf } from '../../standard/type.js';
import { adultGuard, maskedForMinors, scopeGuard } from '../statement/guards.js';
import { type Parameters, parameters } from '../statement/parameters.js';

interface BoundStatement {
  text: string;
  values: unknown[];
}

/** One dataset of a comparison: its granted fields, and which of them identify and describe the subject. */
export interface ComparedSide {
  access: Access;
  by: string;
  /** Element → field. */
  says: ReadonlyMap<string, string>;
  division: string | undefined;
  grid: string | undefined;
}

/** Two datasets, and the elements that both have. */
interface Compared {
  first: ComparedSide;
  second: ComparedSide;
  elements: readonly string[];
}

/**
 * Where two datasets differ about one subject: subject, element, both values as text, division, grid. One row per
 * subject and element. Names come from contracts; values are parameters.
 */
export function compareSql({ first, second, elements }: Compared, today: string): BoundStatement {
  const bound = parameters();
  const scopes = [scopeGuard(first.access, 'a', bound), scopeGuard(second.access, 'b', bound)];
  const pairs = elements.map((element) => {
    const [a, b] = [column('a', known(first.says, element)), column('b', known(second.says, element))];
    const guards = [...guard(first, 'a', element, bound), ...guard(second, 'b', element, bound)];
    const differs = [differ(a, b, fieldTypeOf(first, element), fieldTypeOf(second, element)), ...guards];
    return `('${element}', ${a}::text, ${b}::text, ${differs.join(' AND ')})`;
  });
  const place = (name: 'division' | 'grid') => {
    const columns = Object.entries({ a: first, b: second }).flatMap(([alias, side]) =>
      side[name] === undefined ? [] : [column(alias, side[name])],
    );
    return columns.length === 0 ? 'NULL' : `COALESCE(${columns.join(', ')})`;
  };
  const [keyA, keyB] = [column('a', first.by), column('b', second.by)];
  const text = `SELECT DISTINCT ON (subject, element) subject, element, av, bv, division, grid FROM (
      SELECT ${keyA} AS subject, e.element, e.av, e.bv, ${place('division')} AS division, ${place('grid')} AS grid
      FROM ${liveTable(first.access.contract)} a JOIN ${liveTable(second.access.contract)} b ON ${keyA} = ${keyB}
      CROSS JOIN LATERAL (VALUES ${pairs.join(', ')}) e (element, av, bv, differs)
      WHERE ${scopes.join(' AND ')} AND e.differs
    ) d ORDER BY subject, element, av, bv`;
  return { text, values: bind(bound, today) };
}

/** Counts the rows in scope. */
export function countSql(access: Access): BoundStatement {
  const bound = parameters();
  const text = `SELECT count(*) AS rows FROM ${liveTable(access.contract)} t WHERE ${scopeGuard(access, 't', bound)}`;
  return { text, values: bind(bound, '') };
}

/** Only the day comes from outside of the grants. */
function bind({ binders }: Parameters, today: string): unknown[] {
  return binders.map((binder) => binder({ operands: [], today, fetch: 0, after: undefined, rowIds: [] }));
}

function differ(a: string, b: string, typeA: FieldType, typeB: FieldType): string {
  if (typeA.name === typeB.name && typeOf(typeA).compared === 'exactly') return `${a} <> ${b}`;
  return `${a}::text <> ${b}::text AND ${normal(a)} <> ${normal(b)}`;
}

/** Full width as ASCII, without spaces, in one case. */
function normal(column: string): string {
  return `upper(regexp_replace(normalize(${column}::text, NFKC), '\\s', '', 'g'))`;
}

/** If a grant masks children, their rows are not compared. */
function guard({ access, by, says }: ComparedSide, alias: string, element: string, bound: Parameters): string[] {
  return maskedForMinors(access, [by, known(says, element)]) ? [adultGuard(alias, bound)] : [];
}

function fieldTypeOf(side: ComparedSide, element: string): FieldType {
  return known(side.access.contract.fields, known(side.says, element)).type;
}

function column(alias: string, name: string): string {
  return `${alias}.${identifier(name)}`;
}
