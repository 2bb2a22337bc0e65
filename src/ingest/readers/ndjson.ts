import { isObject } from '../../platform/json-pointer.js';
import { parseExactly } from './exact-json.js';
import { type Line, linesOf } from './lines.js';
import { broken, type Content, type Source, type SourceRow } from './source.js';

/** Newline-delimited JSON: one object per line; blank lines are skipped. A bad line is one bad row. */
export function ndjsonSource(text: AsyncIterable<string>): Source {
  return { headings: () => undefined, batches: () => batches(text) };
}

async function* batches(text: AsyncIterable<string>): AsyncGenerator<SourceRow[]> {
  for await (const lines of linesOf(text)) {
    const rows: SourceRow[] = [];
    for (const line of lines) {
      if (line.text === '' || line.text.trim() === '') continue;
      rows.push({ line: line.number, text: line.text, content: contentOf(line) });
    }
    if (rows.length > 0) yield rows;
  }
}

function contentOf(line: Line): Content {
  if (line.cut) return broken('row-size', 'the line is longer than a megabyte');
  if (line.text.includes('\ufffd')) return broken('encoding', 'the line is not valid UTF-8');
  let value: unknown;
  try {
    value = parseExactly(line.text);
  } catch {
    return broken('json', 'the line is not JSON, or is nested deeper than any field'); // the parser's message quotes the text
  }
  return isObject(value) ? { kind: 'object', object: value } : broken('json', 'the line is not a JSON object');
}
