import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import type { Contract } from '../../catalog/contract.js';
import type { PublisherFile } from '../../client/deliver-file.js';
import { publisherApplication } from '../load/demo-applications.js';
import { encodeGb18030 } from './gb18030.js';
import { type Habits, type OwnValue, ownRecord, publisherWords } from './publisher-words.js';
import type { StandardRow } from './standard-row.js';

/** How a publisher writes a file. */
export interface Format {
  name: string;
  kind?: 'csv' | 'ndjson';
  encoding?: 'gb18030';
  gzip?: boolean;
  dates?: Habits['dates'];
  contributor?: string | undefined;
  mode?: 'delta' | undefined;
}

export interface FileContent {
  contract: Contract;
  seed: number;
  rows(): Iterable<StandardRow>;
}

/** Makes no row before the stream is read. */
export function publisherFile(content: FileContent, format: Format): PublisherFile {
  const { kind = 'csv', encoding = 'utf-8', gzip = false } = format;
  const { name: dataset, publisher, major } = content.contract;
  return {
    dataset,
    major,
    filename: `${dataset.replace('/', '-')}-${format.name}.${kind}${gzip ? '.gz' : ''}`,
    mediaType: kind === 'csv' ? `text/csv; charset=${encoding}` : 'application/x-ndjson',
    encoding,
    gzip,
    deliveredBy: format.contributor ?? publisherApplication(publisher),
    mode: format.mode ?? 'snapshot',
    stream: () => {
      const bytes = Readable.from(chunksOf(content, format), { objectMode: false, highWaterMark: 1 << 16 });
      if (!gzip) return bytes;
      const zip = createGzip();
      bytes.on('error', (error) => zip.destroy(error));
      return bytes.pipe(zip);
    },
  };
}

const CHUNK_CHARACTERS = 1 << 15;

function* chunksOf({ contract, seed, rows }: FileContent, format: Format): Generator<Buffer> {
  const encode = format.encoding === 'gb18030' ? encodeGb18030 : (text: string) => Buffer.from(text);
  const spelling = { seed, file: `${contract.name} ${format.name}` };
  const words = publisherWords(contract, format.dates === undefined ? { spelling } : { dates: format.dates, spelling });
  const isCsv = format.kind !== 'ndjson';
  let text = isCsv ? `${csvLine(words.headings)}\r\n` : '';
  for (const row of rows()) {
    text += isCsv ? `${csvLine(words.valuesOf(row))}\r\n` : `${JSON.stringify(ownRecord(words, row), nullForEmpty)}\n`;
    if (text.length < CHUNK_CHARACTERS) continue;
    yield encode(text);
    text = '';
  }
  if (text !== '') yield encode(text);
}

function nullForEmpty(_key: string, value: unknown): unknown {
  return value === undefined ? null : value;
}

function csvLine(values: readonly OwnValue[]): string {
  return values.map(csvCell).join(',');
}

function csvCell(value: OwnValue): string {
  const text = value === undefined ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
