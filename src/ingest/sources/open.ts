import { type Charset, decode } from './charset.js';
import { csvSource } from './csv.js';
import { ndjsonSource } from './ndjson.js';
import type { Source } from './source.js';

/** The rows of a body, by its media type. */
export function sourceOf(
  mediaType: 'text/csv' | 'application/x-ndjson',
  charset: Charset | undefined,
  content: AsyncIterable<Buffer>,
): Source {
  if (mediaType === 'text/csv') return csvSource(decode(content, charset));
  return ndjsonSource(decode(content, 'utf-8'));
}
