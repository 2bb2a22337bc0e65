import type { Contract } from '../../catalog/contract.js';
import { identifier } from '../../catalog/names.js';
import type { Fault } from '../../platform/errors.js';
import { isStorable } from '../../standard/types/plain-text.js';
import type { GrantDraft } from './draft-grant.js';
import type { RowScope, ScopeTerm } from './grant.js';

const VALUES_AT_MOST = 1_000;
const HIGHEST = 0x10ffff;
const SURROGATES = { before: 0xd7ff, behind: 0xe000 };

export function isWhole(scope: RowScope): scope is { all: true } {
  return 'all' in scope && scope.all === true;
}

/** Tests a row's values, given in the order of `fields`: the same as `scopeSql`, in memory. */
export function contains(scope: RowScope, fields: readonly string[]): (values: readonly unknown[]) => boolean {
  if (isWhole(scope)) return () => true;
  const terms = termsOf(scope).map((term) => {
    const at = fields.indexOf(term.field);
    const { values, open } = valuesOf(term);
    const within = new Set(values);
    return (row: readonly unknown[]) => {
      const value = row[at];
      if (typeof value !== 'string') return false;
      return open ? values.some((prefix) => value.startsWith(prefix)) : within.has(value);
    };
  });
  return (row) => terms.length > 0 && terms.every((term) => term(row));
}

/**
 * SQL over a table's alias: true exactly for the rows in scope, false or NULL for the others, so its negation is `IS NOT TRUE`. It uses equality and
 * ranges, which an index on (field, row_id) serves. `add` takes a value and returns its placeholder.
 */
export function scopeSql(scope: RowScope, alias: string, add: (value: string | readonly string[]) => string): string {
  if (isWhole(scope)) return 'true';
  const terms = termsOf(scope);
  if (terms.length === 0) return 'false';
  return terms.map((term) => termSql(term, `${alias}.${identifier(term.field)}`, add)).join(' AND ');
}

function termSql(term: ScopeTerm, column: string, add: (value: string | readonly string[]) => string): string {
  const { values, open } = valuesOf(term);
  if (open) {
    const ranges = values.map((prefix) => {
      const end = afterPrefix(prefix);
      return `(${column} >= ${add(prefix)}::text${end === undefined ? '' : ` AND ${column} < ${add(end)}::text`})`;
    });
    return ranges.length === 0 ? 'false' : `(${ranges.join(' OR ')})`;
  }
  const [only, ...others] = values;
  if (only !== undefined && others.length === 0) return `${column} = ${add(only)}::text`;
  return `${column} = ANY(${add(values)}::text[])`;
}

/** The first text, by code points, after all texts with the prefix. Undefined where there is none. */
export function afterPrefix(prefix: string): string | undefined {
  const points = [...prefix].map((character) => character.codePointAt(0) ?? HIGHEST);
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    if (last < HIGHEST)
      return String.fromCodePoint(...points, last === SURROGATES.before ? SURROGATES.behind : last + 1);
  }
  return undefined;
}

/** False only where no row can be in both. */
export function overlap(one: RowScope, other: RowScope): boolean {
  if (isEmpty(one) || isEmpty(other)) return false;
  return !termsOf(one).some((a) => termsOf(other).some((b) => a.field === b.field && excludeEachOther(a, b)));
}

function excludeEachOther(a: ScopeTerm, b: ScopeTerm): boolean {
  const [ours, theirs] = [valuesOf(a), valuesOf(b)];
  return !ours.values.some((one) =>
    theirs.values.some(
      (two) => one === two || (theirs.open && one.startsWith(two)) || (ours.open && two.startsWith(one)),
    ),
  );
}

function isEmpty(scope: RowScope): boolean {
  return !isWhole(scope) && termsOf(scope).length === 0;
}

function termsOf(scope: RowScope): readonly ScopeTerm[] {
  return 'scope' in scope ? scope.scope : [];
}

/** `open`: values that begin with one of them match too. A value that no column can hold is left out: PostgreSQL would read it as another one. */
function valuesOf(term: ScopeTerm): { values: readonly string[]; open: boolean } {
  const open = !('in' in term);
  return { values: ('in' in term ? term.in : term.prefix).filter(isStorable), open };
}

/** Faults of a draft's rows. They use the contract's scope dimensions, each indexed; the partition limits a grant of mode deliver. */
export function checkRows({ rows, mode }: GrantDraft, contract: Contract): Fault[] {
  if ('all' in rows) return isWhole(rows) ? [] : [{ pointer: '/rows/all', reason: 'It is true or absent' }];
  const dimensions = mode === 'deliver' ? new Set([contract.partition]) : contract.scopes;
  return rows.scope.flatMap((term, i): Fault[] => {
    const pointer = `/rows/scope/${i}`;
    if (!dimensions.has(term.field)) {
      const expected = [...dimensions].filter((name) => name !== undefined).join(', ') || '{"all": true}';
      return [{ pointer: `${pointer}/field`, reason: 'Not a dimension that rows are limited by', expected }];
    }
    return checkValues(term, pointer);
  });
}

function checkValues(term: ScopeTerm, pointer: string): Fault[] {
  if ('in' in term === 'prefix' in term) return [{ pointer, reason: 'Exactly one of in and prefix' }];
  const values = 'in' in term ? term.in : term.prefix;
  const at = `${pointer}/${'in' in term ? 'in' : 'prefix'}`;
  if (values.length > VALUES_AT_MOST)
    return [{ pointer: at, reason: 'Too many values', expected: `≤ ${VALUES_AT_MOST}` }];
  if (!values.every(isStorable)) return [{ pointer: at, reason: 'No row can hold such a value' }];
  // An empty prefix would silently match every row.
  return values.some((value) => value === '') ? [{ pointer: at, reason: 'An empty value is not a limit' }] : [];
}
