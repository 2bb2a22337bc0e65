import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import type { PublisherFile } from '../client/deliver-file.js';
import { publisherApplication } from './demo-applications.js';
import { encodeGb18030 } from './gb18030.js';
import type { Cell, Row } from './row.js';

/** How a publisher writes a file: its rows in the order of its headings. */
export interface Format {
  name: string;
  headings: readonly string[];
  kind: 'csv' | 'ndjson';
  encoding?: 'gb18030';
  gzip?: boolean;
  contributor?: string | undefined;
  mode?: 'delta' | undefined;
  rows(): Iterable<Row>;
}

/** Nothing is read before the stream is. */
export function publisherFile(dataset: string, format: Format): PublisherFile {
  const encoding = format.encoding ?? 'utf-8';
  const type = format.kind === 'csv' ? 'text/csv' : 'application/x-ndjson';
  const extension = format.kind + (format.gzip ? '.gz' : '');
  return {
    dataset,
    major: 1,
    filename: `${dataset.replace('/', '-')}-${format.name}.${extension}`,
    mediaType: format.kind === 'csv' ? `${type}; charset=${encoding}` : type,
    encoding,
    gzip: format.gzip === true,
    deliveredBy: format.contributor ?? publisherApplication(dataset.slice(0, dataset.indexOf('/'))),
    mode: format.mode ?? 'snapshot',
    stream: () => {
      const bytes = Readable.from(chunksOf(format), { objectMode: false, highWaterMark: 1 << 16 });
      if (format.gzip !== true) return bytes;
      const gzip = createGzip();
      bytes.on('error', (error) => gzip.destroy(error));
      return bytes.pipe(gzip);
    },
  };
}

const CHUNK_CHARACTERS = 1 << 15;

function* chunksOf(format: Format): Generator<Buffer> {
  const encode = format.encoding === 'gb18030' ? encodeGb18030 : (text: string) => Buffer.from(text);
  let text = format.kind === 'csv' ? `${csvLine(format.headings)}\r\n` : '';
  for (const row of format.rows()) {
    text += format.kind === 'csv' ? `${csvLine(row)}\r\n` : `${jsonLine(format.headings, row)}\n`;
    if (text.length < CHUNK_CHARACTERS) continue;
    yield encode(text);
    text = '';
  }
  if (text !== '') yield encode(text);
}

function csvLine(row: Row): string {
  return row.map(csvCell).join(',');
}

function csvCell(cell: Cell): string {
  const text = cell === undefined ? '' : typeof cell === 'object' ? JSON.stringify(cell) : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function jsonLine(headings: readonly string[], row: Row): string {
  return JSON.stringify(Object.fromEntries(headings.map((heading, i) => [heading, row[i] ?? null])));
}
