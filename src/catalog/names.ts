import { createHash } from 'node:crypto';
import { OPERATORS } from '../standard/type.js';

/** Column names that PostgreSQL keeps for itself, and ours beside the fields. */
const COLUMNS = ['tableoid', 'xmin', 'cmin', 'xmax', 'cmax', 'ctid', 'row_id', 'minor_until'];
/** Names with a meaning in a query, or in JavaScript's objects. */
const WORDS = ['and', 'or', 'not', 'constructor', 'prototype', ...OPERATORS];
const RESERVED: ReadonlySet<string> = new Set([...COLUMNS, ...WORDS]);

/** A field or relation may not have this name. */
export function isReserved(name: string): boolean {
  return RESERVED.has(name);
}

/** Endings that a dataset's slug may not have: they would collide with the names derived from another dataset's (`resident` → `resident_list`). */
const ENDINGS = /(^|-)(list|history|where|connection|edge|v[0-9]+)$/;

export function hasReservedEnding(slug: string): boolean {
  return ENDINGS.test(slug);
}

/** Table in schema `data`. Slugs never hold two hyphens in a row, so no two datasets share one. */
export function tableOf(publisher: string, dataset: string): string {
  return `${publisher}__${dataset}`.replaceAll('-', '_');
}

/** `_history` behind it must stay within PostgreSQL's 63 bytes. */
export const TABLE_NAME_LIMIT = 55;

/** Unique in the schema and short: PostgreSQL would cut a long name without a word. */
export function indexName(table: string, what: string): string {
  const digest = createHash('sha256').update(`${table}\0${what}`).digest('hex').slice(0, 12);
  return `${table.slice(0, 44)}_${digest}_ix`;
}
