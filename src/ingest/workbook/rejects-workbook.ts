import type { Contract } from '../../catalog/contract.js';
import { itemAt } from '../../platform/known.js';
import { splitRecord } from '../readers/csv/csv-record.js';
import { type KnownHeadings, knownHeadings } from '../readers/known-headings.js';
import type { RowError } from '../readers/source.js';
import { faultTitle } from './fault-titles.js';
import type { Cell, Sheet } from './sheet.js';
import { writeWorkbook } from './write-workbook.js';

/** How the rows of a delivery are written; kept with the rejected rows as line 0. NDJSON has none. */
export interface TableForm {
  headings: readonly string[];
  /** Only of CSV; rows of workbooks and Parquet are kept as JSON. */
  delimiter?: string;
}

export interface RejectedRow {
  line: number;
  /** As sent. */
  row: string;
  errors: readonly RowError[];
}

export interface RejectedRows {
  contract: Contract;
  form: TableForm | undefined;
  rows: readonly RejectedRow[];
  /** Rejected rows of the delivery; more than `rows` where not all fit. */
  total: number;
  /** ms since the epoch. */
  now: number;
}

/** The limit of a delivered table; NDJSON may have other names in every row. */
const HEADINGS_AT_MOST = 1_000;
/** The workbook is built in memory, and every row has all columns. */
const CELLS_AT_MOST = 250_000;

/**
 * Rejected rows as the sender's table: same headings, a comment in every faulty cell. The corrected table can be sent
 * as a delta. `rows`: how many it has.
 */
export async function rejectsWorkbook(rejected: RejectedRows): Promise<{ body: Buffer; rows: number }> {
  const { contract, total } = rejected;
  const known = knownHeadings(contract);
  const values = rejected.rows.map((row) => valuesOf(row.row, rejected.form));
  const headings = rejected.form?.headings ?? headingsOf(values, known);
  const rows = rejected.rows.slice(0, Math.max(1, Math.floor(CELLS_AT_MOST / Math.max(1, headings.length))));
  const fields = headings.map((heading) => known(heading)?.field?.name);
  const kept = rows.length < total ? `（前 ${rows.length} 行，共 ${total} 行；其余见 NDJSON）` : '';
  const title = `退回数据 Rejected rows ${contract.title.zh}${kept}`;
  const sheet: Sheet = {
    name: '退回数据',
    columns: headings.map((heading) => ({ width: Math.max(12, 2 * heading.length + 4), text: true })),
    frozenRows: 2,
    rows: [
      [{ text: title, style: 'title' }],
      headings.map((heading): Cell => ({ text: heading, style: 'heading' })),
      ...rows.map((row, at) => cellsOf(itemAt(values, at), { headings, fields, row })),
    ],
  };
  return { body: await writeWorkbook([sheet], rejected.now), rows: rows.length };
}

/** The contract's headings before any others. */
function headingsOf(values: readonly Values[], known: KnownHeadings): string[] {
  const all = [...new Set(values.flatMap((each) => [...each.keys()]))];
  const [ours, others] = [
    all.filter((name) => known(name) !== undefined),
    all.filter((name) => known(name) === undefined),
  ];
  return [...ours, ...others].slice(0, HEADINGS_AT_MOST);
}

/** A map, because NDJSON may name a field like a member of every object. */
type Values = ReadonlyMap<string, string>;

/** By heading. An unreadable row is under the first heading, as sent. */
function valuesOf(row: string, form: TableForm | undefined): Values {
  const headings = form?.headings ?? [];
  const whole = new Map([[headings[0] ?? '原始行', row]]);
  if (form?.delimiter !== undefined) return byHeading(headings, splitRecord(row, form.delimiter)) ?? whole;
  try {
    const value: unknown = JSON.parse(row);
    if (Array.isArray(value)) return byHeading(headings, value.map(asText)) ?? whole;
    if (typeof value !== 'object' || value === null) return whole;
    return new Map(Object.entries(value).map(([name, each]) => [name, asText(each)]));
  } catch {
    return whole; // no JSON, or nested too deeply to serialise
  }
}

function byHeading(headings: readonly string[], cells: readonly string[] | undefined): Values | undefined {
  if (cells === undefined || cells.length > headings.length) return undefined;
  return new Map(headings.map((heading, at) => [heading, cells[at] ?? '']));
}

function asText(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

interface Writing {
  headings: readonly string[];
  /** Fields of the contract, by column. */
  fields: readonly (string | undefined)[];
  row: RejectedRow;
}

/** The first cell reports faults of the whole row, and of fields without a column in the file. */
function cellsOf(values: Values, { headings, fields, row }: Writing): Cell[] {
  const comments = headings.map((): string[] => []);
  for (const error of row.errors) {
    const column = error.field === null ? -1 : fields.indexOf(error.field);
    const missing = error.field !== null && column < 0 ? `${error.field}: ` : '';
    comments[Math.max(0, column)]?.push(missing + commentOf(error));
  }
  return headings.map((heading, at): Cell => {
    const text = values.get(heading) ?? '';
    const found = itemAt(comments, at);
    if (found.length === 0) return { text, style: 'text' };
    const place = at === 0 ? [`${row.line} 行 line ${row.line}`] : [];
    return { text, style: 'faulty', comment: [...place, ...found].join('\n') };
  });
}

function commentOf({ rule, reason, cell }: RowError): string {
  return `${faultTitle(rule)}（${rule}）${cell === undefined ? '' : ` ${cell}`}\n${reason}`;
}
