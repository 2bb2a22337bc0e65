import { scopeSql } from '../../access/grants/row-scope.js';
import { liveTable } from '../../catalog/table.js';
import type { FieldType } from '../../standard/type.js';
import type { Comparison, Side } from './comparisons.js';

export interface Statement {
  text: string;
  values: unknown[];
}

/** Types whose values PostgreSQL compares as they are. */
const EXACT = new Set(['integer', 'decimal', 'boolean', 'date', 'month', 'code']);

/**
 * Where two datasets say different things of one subject: subject, element, both values as text, division, grid. One row a subject and
 * element. Names come from contracts; values are parameters.
 */
export function compareSql({ first, second, elements }: Comparison, today: string): Statement {
  const values: unknown[] = [today];
  const add = (value: unknown) => `$${values.push(value)}`;
  const scopes = [scopeSql(first.read.access.grant.rows, 'a', add), scopeSql(second.read.access.grant.rows, 'b', add)];
  const pairs = elements.map((element) => {
    const [a, b] = [column('a', first.says.get(element)!), column('b', second.says.get(element)!)];
    const differs = [differ(a, b, typeOf(first, element), typeOf(second, element)), ...guards(first, second, element)];
    return `('${element}', ${a}::text, ${b}::text, ${differs.join(' AND ')})`;
  });
  const place = (name: 'division' | 'grid') => {
    const known = [first, second].flatMap((side, i) =>
      side[name] === undefined ? [] : [column('ab'[i]!, side[name])],
    );
    return known.length === 0 ? 'NULL' : `COALESCE(${known.join(', ')})`;
  };
  const [keyA, keyB] = [column('a', first.by), column('b', second.by)];
  const text = `SELECT DISTINCT ON (subject, element) subject, element, av, bv, division, grid FROM (
      SELECT ${keyA} AS subject, e.element, e.av, e.bv, ${place('division')} AS division, ${place('grid')} AS grid
      FROM ${liveTable(first.read.contract)} a JOIN ${liveTable(second.read.contract)} b ON ${keyA} = ${keyB}
      CROSS JOIN LATERAL (VALUES ${pairs.join(', ')}) e (element, av, bv, differs)
      WHERE $1::date IS NOT NULL AND ${scopes.join(' AND ')} AND e.differs
    ) d ORDER BY subject, element, av, bv`;
  return { text, values };
}

/** Rows that a run looks at in one dataset. */
export function countSql(side: Pick<Side, 'read'>): Statement {
  const values: unknown[] = [];
  const scope = scopeSql(side.read.access.grant.rows, 't', (value) => `$${values.push(value)}`);
  return { text: `SELECT count(*) AS rows FROM ${liveTable(side.read.contract)} t WHERE ${scope}`, values };
}

function differ(a: string, b: string, typeA: FieldType, typeB: FieldType): string {
  if (typeA.name === typeB.name && EXACT.has(typeA.name)) return `${a} <> ${b}`;
  return `${a}::text <> ${b}::text AND ${normal(a)} <> ${normal(b)}`;
}

/** Full-width as ASCII, no spaces, no difference of case. */
function normal(column: string): string {
  return `upper(regexp_replace(normalize(${column}::text, NFKC), '\\s', '', 'g'))`;
}

/** Where a grant masks children, their rows say nothing. */
function guards(first: Side, second: Side, element: string): string[] {
  const guard = (side: Side, alias: string) =>
    [side.by, side.says.get(element)!].some((name) => side.read.access.fields.get(name)!.minorMask !== 'none')
      ? [`${alias}."minor_until" <= $1::date`]
      : [];
  return [...guard(first, 'a'), ...guard(second, 'b')];
}

function typeOf(side: Side, element: string): FieldType {
  return side.read.contract.fields.get(side.says.get(element)!)!.type;
}

function column(alias: string, name: string): string {
  return `${alias}."${name}"`;
}
