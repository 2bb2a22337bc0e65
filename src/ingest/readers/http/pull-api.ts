import { createHash } from 'node:crypto';
import { Problem } from '../../../platform/errors.js';
import { isObject } from '../../../platform/json-pointer.js';
import { broken, type Content, KEPT_TEXT, ROW_LIMIT, type Source, type SourceRow } from '../source.js';
import { type PagesOf, pagesOf } from './pages.js';

export interface ApiReader {
  source: Source;
  received(): { rows: number; pages: number; bytes: number };
  digest(): Buffer;
}

/** The rows of a department's API, no faster than they are landed. A row that is not an object is one bad row. */
export function readPages(of: PagesOf & { bytesAtMost: number }): ApiReader {
  const hash = createHash('sha256');
  const received = { rows: 0, pages: 0, bytes: 0 };
  async function* batches(): AsyncGenerator<SourceRow[]> {
    for await (const { rows, bytes } of pagesOf(of)) {
      hash.update(bytes);
      received.pages += 1;
      received.bytes += bytes.length;
      if (received.bytes > of.bytesAtMost) {
        throw new Problem('too-large', 'The interface sends more than a delivery may have.');
      }
      if (rows.length > 0) yield rows.map((row) => rowOf(row, ++received.rows));
    }
  }
  return {
    source: { headings: () => undefined, batches },
    received: () => received,
    digest: () => hash.copy().digest(),
  };
}

function rowOf(row: unknown, line: number): SourceRow {
  const text = JSON.stringify(row);
  if (text.length <= ROW_LIMIT) return { line, text, content: contentOf(row) };
  return { line, text: text.slice(0, KEPT_TEXT), content: broken('row-size', 'the row is longer than a megabyte') };
}

function contentOf(row: unknown): Content {
  return isObject(row) ? { kind: 'object', object: row } : broken('json', 'the row is not a JSON object');
}
