import { CommandError, EXIT } from './exit-code.js';

const MEDIA_TYPES: Record<string, string> = {
  csv: 'text/csv',
  ndjson: 'application/x-ndjson',
  jsonl: 'application/x-ndjson',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  parquet: 'application/vnd.apache.parquet',
};

/** What a file is by its name. Throws CommandError where the name does not tell. */
export function mediaTypeOf(file: string, told: { type?: string | undefined; charset?: string | undefined }) {
  const [, extension = '', gzip] = /\.([a-z0-9]+)(\.gz)?$/i.exec(file) ?? [];
  const media = told.type ?? MEDIA_TYPES[extension.toLowerCase()];
  if (!media) throw new CommandError(EXIT.usage, `${file}: name its media type by --type.`);
  const contentType = told.charset === undefined ? media : `${media}; charset=${told.charset}`;
  return { contentType, encoding: gzip ? ('gzip' as const) : ('identity' as const) };
}
