import { type FieldType, typeOf } from '../standard/type.js';

/**
 * One object of the output: the row or one of its relations. Column numbers are positions in the array from PostgreSQL.
 */
export interface ShapeNode {
  /** '' for the row itself, else the relation path. */
  path: string;
  /** Position of row_id. */
  rowId: number;
  fields: readonly { name: string; type: FieldType /** -1: always null. */; column: number }[];
  children: readonly (ShapeNode & { name: string })[];
  /** Position of this node's sealed ids. */
  index: number;
}

export type Row = readonly (string | null)[];
/** Sealed `_id`s by node and row. */
type Ids = readonly (readonly string[])[];

/** Writes the JSON text of a row directly. Compiled once per shape. */
export type Writer = (row: Row, ids: Ids, i: number) => string;
/** Makes the row an object, for GraphQL. Compiled once per shape. */
export type Reader = (row: Row, ids: Ids, i: number) => Record<string, unknown>;

export function compileWriter(root: ShapeNode): Writer {
  // Names come from the contract, which was checked when it was compiled; JSON.stringify quotes them too.
  const body = `return ${writeNode(root)};`;
  return new Function('str', 'time', `return (row, ids, i) => { ${body} }`)(quoteText, rfc3339) as Writer;
}

export function compileReader(root: ShapeNode): Reader {
  const body = `return ${readNode(root)};`;
  return new Function('time', `return (row, ids, i) => { ${body} }`)(rfc3339) as Reader;
}

function writeNode(node: ShapeNode): string {
  const parts = [`'{"_id":"' + ids[${node.index}][i] + '"'`];
  for (const field of node.fields) {
    const label = JSON.stringify(`,${JSON.stringify(field.name)}:`);
    parts.push(
      field.column < 0
        ? JSON.stringify(`,${JSON.stringify(field.name)}:null`)
        : `${label} + ${writeValue(field.type, `row[${field.column}]`)}`,
    );
  }
  for (const child of node.children) {
    const label = JSON.stringify(`,${JSON.stringify(child.name)}:`);
    parts.push(`${label} + (row[${child.rowId}] === null ? 'null' : ${writeNode(child)})`);
  }
  return `${parts.join(' + ')} + '}'`;
}

function writeValue(type: FieldType, text: string): string {
  return `(${text} === null ? 'null' : ${typeOf(type).json(type).write(text)})`;
}

function readNode(node: ShapeNode): string {
  const parts = [`"_id": ids[${node.index}][i]`];
  for (const field of node.fields) {
    parts.push(
      `${JSON.stringify(field.name)}: ${field.column < 0 ? 'null' : readValue(field.type, `row[${field.column}]`)}`,
    );
  }
  for (const child of node.children) {
    parts.push(`${JSON.stringify(child.name)}: row[${child.rowId}] === null ? null : ${readNode(child)}`);
  }
  return `{ ${parts.join(', ')} }`;
}

function readValue(type: FieldType, text: string): string {
  return `(${text} === null ? null : ${typeOf(type).json(type).read(text)})`;
}

/** All characters that JSON does not allow as they are (RFC 8259 section 7); JSON.stringify handles surrogates. */
const ESCAPED = /[^ !#-[\]-\ud7ff\ue000-\uffff]/;

function quoteText(text: string): string {
  return ESCAPED.test(text) ? JSON.stringify(text) : `"${text}"`;
}

/** PostgreSQL's ISO output in UTC, `2026-01-31 08:00:00.5+00`, as RFC 3339. */
function rfc3339(text: string): string {
  return `${text.slice(0, 10)}T${text.slice(11, -3)}Z`;
}
