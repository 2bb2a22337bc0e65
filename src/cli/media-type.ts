import { closeSync, openSync, readSync } from 'node:fs';
import { CommandError, EXIT } from './exit-code.js';

/** What the exchange takes, by the end of a file's name. */
const MEDIA_TYPES = {
  csv: 'text/csv',
  ndjson: 'application/x-ndjson',
  jsonl: 'application/x-ndjson',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  parquet: 'application/vnd.apache.parquet',
} as const;
const NAME = new RegExp(`\\.(${Object.keys(MEDIA_TYPES).join('|')})(\\.gz)?$`, 'i');

export const WORKBOOK = MEDIA_TYPES.xlsx;

/** True where the name tells that a file is one to deliver. */
export function isNamedAsData(file: string): boolean {
  return NAME.test(file);
}

export interface MediaType {
  /** With its charset where that was told. */
  contentType: string;
  encoding: 'identity' | 'gzip';
}

/**
 * What a file is: as told, by how it begins, or by its name. Throws CommandError where none of these tells, the system's error where there is
 * no such file.
 */
export function mediaTypeOf(
  file: string,
  told: { type?: string | undefined; charset?: string | undefined },
): MediaType {
  const [, extension = ''] = NAME.exec(file) ?? [];
  const named = MEDIA_TYPES[extension.toLowerCase() as keyof typeof MEDIA_TYPES];
  const media = told.type ?? typeOfContent(file) ?? named;
  if (!media) throw new CommandError(EXIT.usage, `${file}: ${hint(file)}`);
  const contentType = told.charset === undefined ? media : `${media}; charset=${told.charset}`;
  return { contentType, encoding: /\.gz$/i.test(file) ? 'gzip' : 'identity' };
}

function hint(file: string): string {
  if (/\.xls$/i.test(file)) return 'save it as .xlsx (Excel workbook), or as CSV.';
  return 'name its media type by --type.';
}

/** What begins as a workbook or as Parquet is that, whatever its name says. */
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
