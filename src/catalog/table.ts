import { typeOf } from '../standard/type.js';
import type { Contract, Field } from './contract.js';
import { indexName } from './names.js';

export interface Index {
  name: string;
  unique: boolean;
  /** The indexed fields. */
  fields: readonly string[];
  /** A whole CREATE INDEX statement; does nothing where the index exists. */
  statement: string;
}

/** `"data"."police__resident"` */
export function liveTable(contract: Contract): string {
  return `"data"."${contract.table}"`;
}

/** `"data"."police__resident_history"` */
export function historyTable(contract: Contract): string {
  return `"data"."${contract.table}_history"`;
}

/** A query for the types of some of the live table's columns: for a table that is made of it WITH NO DATA. */
export function typesOf(contract: Contract, columns: readonly string[]): string {
  return `SELECT ${columns.join(', ')} FROM ${liveTable(contract)}`;
}

/**
 * The statements that create the tables of a new lineage, in order. Run as exchange_owner: default privileges let exchange_reader read them. The live
 * table gets its indexes with its first release (`indexesOf`): building them once over all rows costs far less than row by row.
 */
export function createStatements(contract: Contract): string[] {
  const key = new Set(contract.key);
  const columns = [...contract.fields.values()].map((field) => column(field, key.has(field.name)));
  const own = [...(contract.hasMinors ? ['"minor_until" date'] : []), '"_delivery" uuid', '"_since" bigint NOT NULL'];
  // Free room on each page keeps a changed row on its page. A delivery may touch all rows, so vacuum starts early.
  const storage =
    'WITH (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02)';
  return [
    `CREATE TABLE ${liveTable(contract)} (${['"row_id" uuid PRIMARY KEY', ...columns, ...own].join(', ')}) ${storage}`,
    `CREATE TABLE ${historyTable(contract)} (${['"row_id" uuid NOT NULL', ...columns, ...own, '"_until" bigint NOT NULL'].join(', ')})`,
    `CREATE INDEX "${indexName(contract.table, 'history')}" ON ${historyTable(contract)} ("row_id", "_until")`,
  ];
}

/**
 * The statements that bring the tables of a lineage from a contract to an additive successor. Indexes on existing columns come first: they block
 * writers, while ADD COLUMN blocks everyone until the commit.
 */
export function changeStatements(before: Contract, after: Contract): string[] {
  const added = [...after.fields.values()].filter((field) => !before.fields.has(field.name));
  const known = new Set(indexesOf(before).map((index) => index.name));
  const indexes = indexesOf(after).filter((index) => !known.has(index.name));
  const waits = (index: Index): boolean => index.fields.some((name) => !before.fields.has(name));
  const columns = added.map((field) => `ADD COLUMN ${column(field, false)}`).join(', ');
  return [
    ...indexes.filter((index) => !waits(index)).map((index) => index.statement),
    ...(added.length === 0
      ? []
      : [`ALTER TABLE ${liveTable(after)} ${columns}`, `ALTER TABLE ${historyTable(after)} ${columns}`]),
    ...indexes.filter(waits).map((index) => index.statement),
  ];
}

/**
 * Indexes of the live table: the key; (field, row_id) for each filtered, scoped or sorted field, as cursors read it; and for sorted fields a second
 * one with nulls last, because a backward scan of the first returns nulls first.
 */
export function indexesOf(contract: Contract): Index[] {
  const plain = new Set([...contract.filterable, ...contract.scopes, ...contract.sortable]);
  const [key, ...more] = contract.key;
  if (key !== undefined && more.length === 0) plain.delete(key); // the key's unique index covers it
  return [
    index(contract, { kind: 'key', fields: contract.key, columns: contract.key.map(quote), unique: true }),
    ...[...plain].map((name) =>
      index(contract, { kind: 'asc', fields: [name], columns: [quote(name), '"row_id"'], unique: false }),
    ),
    ...[...contract.sortable].map((name) => {
      const columns = [`${quote(name)} DESC NULLS LAST`, '"row_id"'];
      return index(contract, { kind: 'desc', fields: [name], columns, unique: false });
    }),
  ];
}

function index(
  contract: Contract,
  of: { kind: string; fields: readonly string[]; columns: string[]; unique: boolean },
): Index {
  const name = indexName(contract.table, `${of.kind} ${of.fields.join(' ')}`);
  const unique = of.unique ? 'UNIQUE ' : '';
  return {
    name,
    unique: of.unique,
    fields: of.fields,
    statement: `CREATE ${unique}INDEX IF NOT EXISTS "${name}" ON ${liveTable(contract)} (${of.columns.join(', ')})`,
  };
}

/** Only the key is NOT NULL: a later version that requires a field less strictly needs no ALTER. Validation checks the rest. */
function column(field: Field, key: boolean): string {
  return `${quote(field.name)} ${typeOf(field.type).column(field.type)}${key ? ' NOT NULL' : ''}`;
}

/** Names come only from compiled contracts, which allow only `[a-z][a-z0-9_]*`. */
function quote(name: string): string {
  return `"${name}"`;
}
