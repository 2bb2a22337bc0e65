import { createHash } from 'node:crypto';
import { Problem } from '../../../platform/errors.js';
import type { Validator } from '../../judge/validator.js';
import { broken, KEPT_TEXT, ROW_LIMIT, type Source, type SourceRow } from '../source.js';
import { type Choice, type ColumnsBefore, chooseColumns, chooseWatermark } from './choose-columns.js';
import type { ColumnText, DatabaseConnection, TableColumn, TableReading } from './connection.js';
import { sourceProblem } from './source-problem.js';
import { parseTable } from './table-name.js';

export interface TablePull {
  connect(): Promise<DatabaseConnection>;
  /** As in the contract. */
  table: string;
  watermark: string | undefined;
  /** Reads rows from this watermark on, including it: more rows may have the same value by now. Undefined: all. */
  from: string | undefined;
  before: ColumnsBefore;
  bytesAtMost: number;
  /** Throws once the upstream is withdrawn. */
  stillApproved(): void;
}

/** The result of a run: counts and names, never a value of a row. */
export interface Pulled {
  choice: Choice | undefined;
  /** Count by the source, in the snapshot that is read. */
  counted: number | undefined;
  received: number;
  bytes: number;
  /** The last one read: a time or a number. */
  watermark: string | undefined;
}

export interface TableReader {
  open(validator: Validator): Promise<Source>;
  pulled(): Pulled;
  digest(): Buffer;
  close(): Promise<void>;
}

/** Reads one table or view of a department's database in one snapshot: counts first, then batches of rows. */
export function readTable(pull: TablePull): TableReader {
  const hash = createHash('sha256');
  const pulled: Pulled = { choice: undefined, counted: undefined, received: 0, bytes: 0, watermark: pull.from };
  let connection: DatabaseConnection | undefined;
  const begin = async (validator: Validator): Promise<Source> => {
    const table = parseTable(pull.table);
    connection = await pull.connect();
    await connection.begin();
    const columns = await connection.columns(table);
    const choice = chooseColumns(validator, columns, pull.before);
    const watermark = pull.watermark === undefined ? undefined : chooseWatermark(columns, pull.watermark);
    const reading = readingOf({ pull, validator, choice, watermark });
    pulled.choice = choice;
    pulled.counted = await connection.count(reading);
    const at = watermark === undefined ? -1 : reading.columns.indexOf(watermark);
    const rows = connection.rows(reading);
    return { headings: () => undefined, batches: () => batches({ pull, pulled, hash, rows, choice, watermarkAt: at }) };
  };
  return {
    open: (validator) => begin(validator).catch((error) => Promise.reject(sourceProblem(error))),
    pulled: () => pulled,
    digest: () => hash.copy().digest(),
    close: async () => connection?.close(),
  };
}

function readingOf(about: {
  pull: TablePull;
  validator: Validator;
  choice: Choice;
  watermark: TableColumn | undefined;
}): TableReading {
  const { pull, validator, choice, watermark } = about;
  const columns = choice.chosen.map(({ column }) => column);
  if (watermark !== undefined && !columns.includes(watermark)) columns.push(watermark);
  const keys = choice.chosen.filter(({ field }) => validator.keyAt.includes(field));
  return {
    table: parseTable(pull.table),
    columns,
    order: keys.map(({ column }) => column.name),
    watermark: watermark && { column: watermark, from: pull.from },
  };
}

interface Flow {
  pull: TablePull;
  pulled: Pulled;
  hash: ReturnType<typeof createHash>;
  rows: AsyncGenerator<readonly (readonly ColumnText[])[]>;
  choice: Choice;
  /** Its index among the cells, or -1. */
  watermarkAt: number;
}

async function* batches(flow: Flow): AsyncGenerator<SourceRow[]> {
  const { pull, pulled, rows } = flow;
  try {
    for await (const batch of rows) {
      pull.stillApproved();
      yield batch.map((cells) => rowOf(flow, cells));
    }
  } catch (error) {
    throw sourceProblem(error);
  }
  if (pulled.received !== pulled.counted) {
    // Tables without transactions (MyISAM) have no snapshot: the rows may hold half of a change.
    throw new Problem('upstream-failed', `The source counted ${pulled.counted} rows and sent ${pulled.received}.`);
  }
}

const DECIMAL = /^(numeric|decimal|number)/i;

/** `numeric(10,3)` writes 12.500 for 12.5: the zeros belong to the column, not to the value. */
export function plainDecimal(type: string, cell: ColumnText): ColumnText {
  if (cell === null || !DECIMAL.test(type) || !cell.includes('.')) return cell;
  return cell.replace(/\.?0+$/, '');
}

function rowOf({ pull, pulled, hash, choice, watermarkAt }: Flow, cells: readonly ColumnText[]): SourceRow {
  const object = Object.fromEntries(
    choice.chosen.map(({ heading, column }, at) => [heading, plainDecimal(column.type, cells[at] ?? null)]),
  );
  const text = JSON.stringify(object);
  hash.update(text).update('\n');
  pulled.watermark = cells[watermarkAt] ?? pulled.watermark;
  pulled.received++;
  pulled.bytes += text.length + 1;
  if (pulled.bytes > pull.bytesAtMost)
    throw new Problem('too-large', 'The source sends more than a delivery may have.');
  const line = pulled.received;
  if (text.length > ROW_LIMIT) {
    return { line, text: text.slice(0, KEPT_TEXT), content: broken('row-size', 'the row is longer than a megabyte') };
  }
  return { line, text, content: { kind: 'object', object } };
}
