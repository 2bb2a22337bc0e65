import type { RowScope } from '../../access/grants/grant.js';

/** Is a row of the deliverer's own part? Undefined where the grant is for the whole. NULL is never in scope. */
export function scopeTest(
  scope: RowScope,
  fields: readonly string[],
): ((values: readonly unknown[]) => boolean) | undefined {
  if ('all' in scope) return undefined;
  const terms = scope.scope.map((term) => {
    const at = fields.indexOf(term.field);
    const within = 'in' in term ? new Set(term.in) : undefined;
    const prefixes = 'prefix' in term ? term.prefix : [];
    return (values: readonly unknown[]) => {
      const value = values[at];
      if (value === null || value === undefined) return false;
      const text = String(value);
      return within === undefined ? prefixes.some((prefix) => text.startsWith(prefix)) : within.has(text);
    };
  });
  return (values) => terms.length > 0 && terms.every((term) => term(values));
}

/** The same as SQL over a table's alias, with its values; TRUE for the whole. */
export function scopeSql(scope: RowScope, alias: string, firstParameter = 1): { text: string; values: string[][] } {
  if ('all' in scope) return { text: 'TRUE', values: [] };
  if (scope.scope.length === 0) return { text: 'FALSE', values: [] };
  const values = scope.scope.map((term) => [...('in' in term ? term.in : term.prefix)]);
  const parts = scope.scope.map((term, i) => {
    const column = `${alias}."${term.field}"::text`;
    const list = `$${firstParameter + i}::text[]`;
    if ('in' in term) return `${column} = ANY(${list})`;
    return `EXISTS (SELECT FROM unnest(${list}) p WHERE starts_with(${column}, p))`;
  });
  return { text: `COALESCE(${parts.join(' AND ')}, FALSE)`, values };
}
