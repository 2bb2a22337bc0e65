import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { type FileMetaData, parquetMetadataAsync, parquetRead } from 'hyparquet';
import { decompressZstd, compressors as extra } from 'hyparquet-compressors';
import { foreign, formatOf } from '../formats.js';
import { broken, type Content, ROW_LIMIT, type Source, type SourceRow, Unreadable } from '../source.js';
import { type Spooled, spool } from '../spool.js';
import { boundedBatches, textBudget } from '../text-budget.js';
import { type FileReading, keptOf } from '../xlsx/xlsx.js';
import { checkPages } from './parquet-pages.js';
import { type ParquetColumn, readFlatSchema } from './parquet-schema.js';
import { PARSERS, textOf } from './parquet-value.js';

/** Rows decoded at a time; earlier pages are skipped, not decoded. */
const ROWS_AT_ONCE = 20_000;
const FOOTER_AT_MOST = 16 * 1024 * 1024;
/** Bytes of the rows that are decoded together, plus whole pages. */
const DECODED_AT_ONCE = 64 * 1024 * 1024;
/** A page may repeat one value; a bomb reaches a ratio of 1,000. */
const RATIO_AT_MOST = 200;
/** Below this size the ratio is not checked. */
const RATIO_FROM_BYTES = 64 * 1024 * 1024;
/** Keys differ, so a row takes at least some bits. */
const ROWS_A_BYTE = 8;
/** Stored size of one column in one row group, which is read whole. */
const CHUNK_AT_MOST = 64 * 1024 * 1024;

/** The rows of a Parquet file in slices. Its list of row groups is at its end, so the body waits on disk. */
export function parquetSource(
  content: AsyncIterable<Buffer>,
  { known, spool: place, limitBytes }: FileReading,
): Source {
  let headings: readonly string[] | undefined;
  return {
    headings: () => headings,
    batches: async function* () {
      const spooled = await spool(content, place);
      try {
        const metadata = await readFooter(spooled);
        const columns = readFlatSchema(metadata);
        headings = columns.map(({ name }) => known(name)?.heading ?? name);
        checkSizes(metadata, { limitBytes, storedBytes: spooled.size });
        const spend = textBudget(spooled.size, limitBytes);
        let line = 1;
        for (const group of metadata.row_groups) {
          await checkPages(spooled, group);
          const rows = Number(group.num_rows);
          const atOnce = rowsAtOnce(group);
          for (let from = 0; from < rows; from += atOnce) {
            const read = await readSlice(spooled, {
              metadata,
              from: line,
              rows: Math.min(atOnce, rows - from),
            });
            yield* boundedBatches(rowsOf(read, columns, line), spend);
            line += read.length;
          }
        }
      } catch (error) {
        throw error instanceof Unreadable || isSystemError(error) ? error : damaged(error);
      } finally {
        await spooled.close();
      }
    },
  };
}

/** The disk of this machine failed, not the file. */
function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}

function damaged(cause: unknown): Unreadable {
  const unreadable = new Unreadable(1, 'format', 'the Parquet file is damaged: write it again, and send it again');
  unreadable.cause = cause;
  return unreadable;
}

async function readFooter(spooled: Spooled): Promise<FileMetaData> {
  const beginning = await spooled.read(0, 8);
  const format = formatOf(beginning);
  if (format !== 'parquet') throw foreign(format === 'zip' || format === undefined ? 'notParquet' : format);
  const tail = await spooled.read(Math.max(0, spooled.size - 8), 8);
  const footer = tail.length === 8 && tail.toString('latin1', 4) === 'PAR1' ? tail.readUInt32LE(0) : -1;
  if (footer < 0 || footer > spooled.size - 12) throw damaged(new Error('no footer'));
  if (footer > FOOTER_AT_MOST) throw new Unreadable(1, 'size', 'the Parquet file has a footer of more than 16 MB');
  try {
    return await parquetMetadataAsync(asFile(spooled), { parsers: PARSERS, geoparquet: false });
  } catch (error) {
    throw damaged(error);
  }
}

function asFile(spooled: Spooled) {
  return {
    byteLength: spooled.size,
    async slice(start: number, end = spooled.size): Promise<ArrayBuffer> {
      const { buffer, byteOffset, byteLength } = await spooled.read(start, Math.max(0, end - start));
      return buffer.slice(byteOffset, byteOffset + byteLength);
    },
  };
}

/** Rows of a row group that are decoded together: fewer where rows are long. */
function rowsAtOnce({ num_rows: rows, columns }: FileMetaData['row_groups'][number]): number {
  const bytes = columns.reduce((sum, { meta_data: meta }) => sum + Number(meta?.total_uncompressed_size ?? 0), 0);
  return Math.max(1, Math.min(ROWS_AT_ONCE, Math.floor((DECODED_AT_ONCE * Number(rows)) / Math.max(1, bytes))));
}

/** Checks what the footer declares; `checkPages` checks that the pages match it. */
function checkSizes(
  { row_groups: groups }: FileMetaData,
  { limitBytes, storedBytes }: { limitBytes: number; storedBytes: number },
): void {
  const rows = groups.reduce((sum, group) => sum + Number(group.num_rows), 0);
  let bytes = 0;
  for (const { columns } of groups) {
    for (const { meta_data: meta, file_path: elsewhere } of columns) {
      if (meta === undefined || elsewhere !== undefined) throw damaged(new Error('a column stands in another file'));
      bytes += Number(meta.total_uncompressed_size);
      if (Number(meta.total_compressed_size) > CHUNK_AT_MOST) {
        const reason = 'a row group has a column of more than 64 MB: write smaller row groups, of 100,000 rows or so';
        throw new Unreadable(1, 'size', reason);
      }
    }
  }
  const bomb = bytes > Math.max(RATIO_FROM_BYTES, storedBytes * RATIO_AT_MOST);
  if (bomb || bytes > limitBytes || rows > ROWS_A_BYTE * storedBytes)
    throw new Unreadable(1, 'size', 'the Parquet file grows too large when decompressed');
}

interface Slice {
  metadata: FileMetaData;
  /** From 1. */
  from: number;
  rows: number;
}

async function readSlice(spooled: Spooled, { metadata, from, rows }: Slice): Promise<unknown[][]> {
  let found: unknown[][] = [];
  try {
    await parquetRead({
      file: asFile(spooled),
      metadata,
      rowStart: from - 1,
      rowEnd: from - 1 + rows,
      compressors: {
        ...extra,
        GZIP: bounded(gunzipSync),
        BROTLI: bounded(brotliDecompressSync),
        ZSTD: (input, outputLength) => decompressZstd(input, new Uint8Array(outputLength)),
      },
      parsers: PARSERS,
      utf8: false,
      onComplete: (read: unknown[][]) => {
        found = read;
      },
    });
  } catch (error) {
    throw error instanceof Unreadable || isSystemError(error) ? error : damaged(error);
  }
  if (found.length !== rows) throw damaged(new Error('a column has too few values'));
  return found;
}

/** The file stores a dictionary value once for all rows that use it. */
function* rowsOf(
  read: readonly unknown[][],
  columns: readonly ParquetColumn[],
  firstLine: number,
): Generator<{ row: SourceRow; chars: number }> {
  for (const [at, values] of read.entries()) {
    const cells = columns.map((column, i) => textOf(values[i], column, firstLine + at));
    const chars = cells.reduce<number>((sum, cell) => sum + (typeof cell === 'string' ? cell.length : 1), 0);
    yield { row: rowOf(cells, firstLine + at, chars > ROW_LIMIT), chars: Math.min(chars, ROW_LIMIT) };
  }
}

function rowOf(cells: readonly unknown[], line: number, cut: boolean): SourceRow {
  const content: Content = cut ? broken('row-size', 'the row is longer than a megabyte') : { kind: 'cells', cells };
  return {
    line,
    content,
    get text() {
      return cut ? keptOf(cells) : JSON.stringify(cells);
    },
  };
}

/** A page never becomes longer than its header declares. */
function bounded(decompress: (input: Uint8Array, options: { maxOutputLength: number }) => Uint8Array) {
  return (input: Uint8Array, outputLength: number) => decompress(input, { maxOutputLength: Math.max(1, outputLength) });
}
