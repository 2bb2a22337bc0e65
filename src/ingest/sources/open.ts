import { type Charset, decode } from './charset.js';
import { csvSource } from './csv.js';
import { ndjsonSource } from './ndjson.js';
import type { Source } from './source.js';

/** Media types of the files that a delivery can be. */
export const FILE_TYPES = ['text/csv', 'application/x-ndjson'] as const;
export type FileType = (typeof FILE_TYPES)[number];

/** The rows of a body, by its media type. */
export function sourceOf(mediaType: FileType, charset: Charset | undefined, content: AsyncIterable<Buffer>): Source {
  if (mediaType === 'text/csv') return csvSource(decode(content, charset));
  return ndjsonSource(decode(content, 'utf-8'));
}
