import { type Charset, decode } from './csv/charset.js';
import { csvSource } from './csv/csv.js';
import type { KnownHeadings } from './known-headings.js';
import { countingMisread } from './misread.js';
import { ndjsonSource } from './ndjson.js';
import { parquetSource } from './parquet/parquet.js';
import type { Source } from './source.js';
import type { Spool } from './spool.js';
import { xlsxSource } from './xlsx/xlsx.js';

/** Media types that a delivered file can have. */
export const FILE_TYPES = [
  'text/csv',
  'application/x-ndjson',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  'application/vnd.apache.parquet',
] as const;
export type FileType = (typeof FILE_TYPES)[number];

export interface OpenFile {
  mediaType: FileType;
  /** Only of CSV, as stated. */
  charset: Charset | undefined;
  content: AsyncIterable<Buffer>;
  /** Headings of the contract. */
  known: KnownHeadings;
  spool: Spool;
  /** Limit of a workbook's decompressed content. */
  limitBytes: number;
}

/** What a file shows of itself while it is read, for the report. */
export interface ReadFile extends Source {
  /** The charset of a text with non-ASCII characters, known with the first of them. */
  charset(): Charset | undefined;
  /** Rows whose text was read in a wrong charset before (`misread.ts`). */
  misread(): number;
}

/** The rows of a body, by its media type. Reads nothing and creates no file before the first batch is requested. */
export function sourceOf(file: OpenFile): ReadFile {
  let charset: Charset | undefined;
  const textIn = (stated: Charset | undefined) =>
    decode(file.content, stated, (found) => {
      charset = found;
    });
  return { ...countingMisread(readerOf(file, textIn)), charset: () => charset };
}

function readerOf(file: OpenFile, textIn: (stated: Charset | undefined) => AsyncIterable<string>): Source {
  const { content, known } = file;
  switch (file.mediaType) {
    case 'text/csv':
      return csvSource(textIn(file.charset), { known });
    case 'application/x-ndjson':
      return ndjsonSource(textIn('utf-8'));
    case 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet':
      return xlsxSource(content, file);
    case 'application/vnd.apache.parquet':
      return parquetSource(content, file);
  }
}
