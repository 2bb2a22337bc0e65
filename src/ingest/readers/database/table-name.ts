import { Unreadable } from '../source.js';
import type { TableName, TableReading } from './connection.js';

/** `schema.table` or `table`, exactly as in the database. Each part is quoted whole, so a name cannot inject SQL. */
export function parseTable(text: string): TableName {
  const parts = text.split('.');
  // No database has a name that is empty or has control characters; PostgreSQL ends a name at a NUL.
  if (parts.length > 2 || parts.some((part) => !/^[^\p{Cc}]{1,128}$/u.test(part))) {
    throw new Unreadable(0, 'table', 'the table of the source is not written as table or schema.table');
  }
  const [first = '', second] = parts;
  return second === undefined ? { schema: undefined, table: first } : { schema: first, table: second };
}

export type Quote = (name: string) => string;

export const doubleQuoted: Quote = (name) => `"${name.replaceAll('"', '""')}"`;
export const backQuoted: Quote = (name) => `\`${name.replaceAll('`', '``')}\``;

export function quotedTable({ schema, table }: TableName, quote: Quote): string {
  return schema === undefined ? quote(table) : `${quote(schema)}.${quote(table)}`;
}

export interface Spelling {
  quote: Quote;
  /** The SQL that selects a column as text. */
  select(column: TableReading['columns'][number]): string;
  /** The watermark's value in the statement: a parameter's mark, or a literal that can only be a value. */
  from(value: string): string;
}

export function countStatement(reading: TableReading, spelling: Spelling): string {
  return `SELECT count(*) FROM ${quotedTable(reading.table, spelling.quote)} t${condition(reading, spelling)}`;
}

export function rowsStatement(reading: TableReading, spelling: Spelling): string {
  const { quote } = spelling;
  const order = [...(reading.watermark === undefined ? [] : [reading.watermark.column.name]), ...reading.order];
  const columns = reading.columns.map((column) => spelling.select(column)).join(', ');
  const sorted = [...new Set(order)].map((name) => `t.${quote(name)}`).join(', ');
  // A table without columns of the key has a derived key and no order.
  const ordered = sorted === '' ? '' : ` ORDER BY ${sorted}`;
  return `SELECT ${columns} FROM ${quotedTable(reading.table, quote)} t${condition(reading, spelling)}${ordered}`;
}

function condition({ watermark }: TableReading, { quote, from }: Spelling): string {
  return watermark?.from === undefined ? '' : ` WHERE t.${quote(watermark.column.name)} >= ${from(watermark.from)}`;
}
