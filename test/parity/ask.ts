/** An ask in the body form of the API (api.md), which is the one form that can say everything. */
export interface BodyLeaf {
  field: string;
  op: string;
  value: unknown;
}
export type BodyCondition = BodyLeaf | { and: BodyCondition[] } | { or: BodyCondition[] } | { not: BodyCondition };

export interface BodyAsk {
  where?: BodyCondition;
  select?: string[];
  /** `-born` */
  sort?: string;
  limit: number;
  expand: string[];
  count: 'none' | 'estimated' | 'exact';
}

/** The JSON body of `POST …/rows/query` and QUERY. */
export function bodyOf(ask: BodyAsk, cursor?: string): Record<string, unknown> {
  const { sort, ...rest } = ask;
  return { ...rest, ...(sort === undefined ? {} : { sort: [sort] }), cursor: cursor ?? null };
}

/**
 * The query string of the same ask, or undefined where a URL can't say it: only leaves that are ANDed, no two alike, beside at most one group
 * of alternatives; lists that are not empty; no personal value.
 */
export function urlOf(ask: BodyAsk, isPersonal: (path: string) => boolean, cursor?: string): string | undefined {
  const pairs: [string, string][] = [];
  const parts = ask.where === undefined ? [] : 'and' in ask.where ? ask.where.and : [ask.where];
  const seen = new Set<string>();
  const add = (prefix: string, leaf: BodyLeaf, alike: boolean): boolean => {
    const list = Array.isArray(leaf.value);
    const key = `${prefix}${leaf.field}.${leaf.op}`;
    if ((seen.has(key) && (list || !alike)) || (list && (leaf.value as unknown[]).length === 0)) return false;
    if (leaf.op !== 'null' && isPersonal(leaf.field)) return false;
    seen.add(key);
    for (const value of list ? (leaf.value as unknown[]) : [leaf.value]) pairs.push([key, String(value)]);
    return true;
  };
  for (const [i, part] of parts.entries()) {
    const alternatives = 'or' in part ? part.or : undefined;
    // The group of alternatives stands last, as the exchange reads it: only then is a cursor of one form a cursor of the other.
    if (alternatives !== undefined && i < parts.length - 1) return undefined;
    for (const leaf of alternatives ?? [part])
      if (!('field' in leaf) || !add(alternatives === undefined ? '' : '_any.', leaf, alternatives !== undefined))
        return undefined;
  }
  if (ask.select !== undefined) pairs.push(['_select', ask.select.join(',')]);
  if (ask.expand.length > 0) pairs.push(['_expand', ask.expand.join(',')]);
  if (ask.sort !== undefined) pairs.push(['_sort', ask.sort]);
  if (cursor !== undefined) pairs.push(['_cursor', cursor]);
  pairs.push(['_limit', String(ask.limit)], ['_count', ask.count]);
  return pairs.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&');
}

/** `where` of the GraphQL schema. */
export function whereOf(condition: BodyCondition): Record<string, unknown> {
  if ('and' in condition) return { and: condition.and.map(whereOf) };
  if ('or' in condition) return { or: condition.or.map(whereOf) };
  if ('not' in condition) return { not: whereOf(condition.not) };
  const operand = { [condition.op]: condition.value };
  const [first, second] = condition.field.split('.');
  return { [first!]: second === undefined ? operand : { [second]: operand } };
}
