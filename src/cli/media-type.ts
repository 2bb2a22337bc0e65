import { closeSync, openSync, readSync } from 'node:fs';
import { CommandError, EXIT } from './exit-code.js';

/** What the exchange accepts, by file name extension. */
const MEDIA_TYPES = {
  csv: 'text/csv',
  ndjson: 'application/x-ndjson',
  jsonl: 'application/x-ndjson',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  parquet: 'application/vnd.apache.parquet',
} as const;
const NAME = new RegExp(`\\.(${Object.keys(MEDIA_TYPES).join('|')})(\\.gz)?$`, 'i');

export const WORKBOOK = MEDIA_TYPES.xlsx;

/** Whether the file's name says that it can be delivered. */
export function isNamedAsData(file: string): boolean {
  return NAME.test(file);
}

export interface MediaType {
  /** With its charset where one is given. */
  contentType: string;
  encoding: 'identity' | 'gzip';
}

/**
 * The media type of a file: as given, by its first bytes, or by its name. Throws CommandError where none of these decides, the system's error where
 * the file is absent.
 */
export function mediaTypeOf(
  file: string,
  given: { type?: string | undefined; charset?: string | undefined },
): MediaType {
  const [, extension = ''] = NAME.exec(file) ?? [];
  const named = MEDIA_TYPES[extension.toLowerCase() as keyof typeof MEDIA_TYPES];
  const media = given.type ?? typeOfContent(file) ?? named;
  if (!media) throw new CommandError(EXIT.usage, `${file}: ${hint(file)}`);
  const contentType = given.charset === undefined ? media : `${media}; charset=${given.charset}`;
  return { contentType, encoding: /\.gz$/i.test(file) ? 'gzip' : 'identity' };
}

function hint(file: string): string {
  if (/\.xls$/i.test(file)) return 'save it as .xlsx (Excel workbook), or as CSV.';
  return 'name its media type by --type.';
}

/** A file that begins as a workbook or as Parquet is one, whatever its name says. */
function typeOfContent(file: string): string | undefined {
  const beginning = Buffer.alloc(4);
  const descriptor = openSync(file, 'r');
  try {
    readSync(descriptor, beginning);
  } finally {
    closeSync(descriptor);
  }
  const magic = beginning.toString('latin1');
  if (magic === 'PK\x03\x04') return MEDIA_TYPES.xlsx;
  return magic === 'PAR1' ? MEDIA_TYPES.parquet : undefined;
}
