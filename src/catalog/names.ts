import { hash } from 'node:crypto';
import { OPERATORS } from '../standard/type.js';

/** PostgreSQL's own column names, and ours beside the fields. */
const COLUMNS = ['tableoid', 'xmin', 'cmin', 'xmax', 'cmax', 'ctid', 'row_id', 'minor_until'];
/** Names with a meaning in a query or in JavaScript objects. */
const WORDS = ['and', 'or', 'not', 'constructor', 'prototype', ...OPERATORS];
const RESERVED: ReadonlySet<string> = new Set([...COLUMNS, ...WORDS]);

/** Whether no field or relation may have this name. */
export function isReserved(name: string): boolean {
  return RESERVED.has(name);
}

/** Endings that no dataset slug may have: they would collide with names derived from another dataset (`resident` → `resident_list`). */
const ENDINGS = /(^|-)(list|history|where|connection|edge|v[0-9]+)$/;

export function hasReservedEnding(slug: string): boolean {
  return ENDINGS.test(slug);
}

/** `police/civil-resident` → `PoliceCivilResident`: names of types and components. */
export function pascal(slug: string): string {
  const words = slug.split(/[-_/]/);
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

/** `police/resident` → its publisher and the slug after it. */
export function datasetParts(dataset: string): { publisher: string; slug: string } {
  const end = dataset.indexOf('/');
  return { publisher: dataset.slice(0, end), slug: dataset.slice(end + 1) };
}

/** Table in schema `data`. Slugs never have two hyphens in a row, so each dataset has its own table. */
export function tableOf(publisher: string, dataset: string): string {
  return `${publisher}__${dataset}`.replaceAll('-', '_');
}

/** With `_history` the name must fit PostgreSQL's 63 bytes. */
export const TABLE_NAME_LIMIT = 55;

/** Unique in the schema and short: PostgreSQL silently cuts a long name. */
export function indexName(table: string, what: string, ending = 'ix'): string {
  const digest = hash('sha256', `${table}\0${what}`, 'hex').slice(0, 12);
  return `${table.slice(0, 44)}_${digest}_${ending}`;
}

/** A quoted name for SQL. Names come from contracts, whose compiler has checked them; they are checked again here, where it counts. */
export function identifier(name: string): string {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(name)) throw new Error('an identifier that no contract can have');
  return `"${name}"`;
}
