import { splitRecord } from './csv-record.js';
import { unifyLineEnds } from './line-ends.js';
import { countQuotes, type Line, linesOf } from './lines.js';
import { broken, type Content, ROW_LIMIT, type Source, type SourceRow, Unreadable } from './source.js';

const DELIMITERS = [',', '\t', ';'] as const;
const HEADINGS_AT_MOST = 1_000;

/**
 * CSV with a header line; comma, tab or semicolon, whichever the header has most of. A faulty record of one line is one rejected row. A
 * faulty record that spans lines means that quotes no longer tell where rows begin (a value could pose as a row): the delivery is refused.
 */
export function csvSource(text: AsyncIterable<string>): Source {
  let headings: readonly string[] | undefined;
  return {
    headings: () => headings,
    batches: async function* () {
      let reader: RecordReader | undefined;
      for await (const lines of linesOf(unifyLineEnds(text))) {
        let from = 0;
        if (reader === undefined) {
          from = lines.findIndex((line) => line.text.trim() !== '') + 1;
          if (from === 0) continue;
          const header = readHeader(lines[from - 1]!);
          headings = header.headings;
          reader = new RecordReader(header.headings.length, header.delimiter);
        }
        for (let i = from; i < lines.length; i++) reader.take(lines[i]!);
        const rows = reader.drain();
        if (rows.length > 0) yield rows;
      }
      reader?.end();
    },
  };
}

function readHeader(line: Line): { headings: string[]; delimiter: string } {
  if (line.cut) throw new Unreadable(line.number, 'row-size', 'the header is longer than a megabyte');
  if (line.text.includes('\ufffd')) throw new Unreadable(line.number, 'encoding', 'the header has broken characters');
  if (line.text.includes('\0')) throw new Unreadable(line.number, 'character', 'the header has NUL characters');
  const count = (delimiter: string) => splitRecord(line.text, delimiter)?.length ?? 0;
  const delimiter = DELIMITERS.reduce((best, next) => (count(next) > count(best) ? next : best));
  const headings = splitRecord(line.text, delimiter)?.map((heading) => heading.trim());
  if (headings === undefined) throw new Unreadable(line.number, 'quote', 'a quote of the header is not closed');
  if (headings.length > HEADINGS_AT_MOST) throw new Unreadable(line.number, 'columns', 'more than 1,000 columns');
  const repeated = headings.find((heading, i) => heading !== '' && headings.indexOf(heading) !== i);
  if (repeated !== undefined) throw new Unreadable(line.number, 'columns', 'a heading stands twice');
  return { headings, delimiter };
}

interface OpenRecord {
  line: number;
  parts: string[];
  size: number;
}

class RecordReader {
  readonly #columns: number;
  readonly #delimiter: string;
  #rows: SourceRow[] = [];
  /** A record whose quotes are open. */
  #open: OpenRecord | undefined;

  constructor(columns: number, delimiter: string) {
    this.#columns = columns;
    this.#delimiter = delimiter;
  }

  take(line: Line): void {
    if (this.#open !== undefined) {
      this.#continue(this.#open, line);
    } else if (line.cut) {
      if ((countQuotes(line.text) + line.droppedQuotes) % 2 === 1) this.#refuse(line.number);
      this.#push(line.number, line.text, broken('row-size', 'the line is longer than a megabyte'));
    } else if (line.text.includes('"') && countQuotes(line.text) % 2 === 1) {
      this.#open = { line: line.number, parts: [line.text], size: line.text.length };
    } else if (line.text !== '') {
      this.#push(line.number, line.text, this.#contentOf(line.text));
    }
  }

  #continue(open: OpenRecord, line: Line): void {
    open.parts.push(line.text);
    open.size += line.text.length + 1;
    if (line.cut || open.size > ROW_LIMIT) this.#refuse(open.line);
    if (countQuotes(line.text) % 2 === 0) return;
    const text = open.parts.join('\n');
    const content = this.#contentOf(text);
    if (content.kind === 'broken' && content.error.rule !== 'encoding' && content.error.rule !== 'character') {
      this.#refuse(open.line);
    }
    this.#push(open.line, text, content);
    this.#open = undefined;
  }

  #contentOf(text: string): Content {
    if (text.includes('\ufffd')) return broken('encoding', 'the row has bytes that are no characters');
    if (text.includes('\0')) return broken('character', 'the row has a NUL character');
    const cells = splitRecord(text, this.#delimiter);
    if (cells === undefined) return broken('quote', 'a quote stands where none may stand');
    if (cells.length !== this.#columns) {
      return broken('columns', `the row has ${cells.length} columns, the header has ${this.#columns}`);
    }
    return { kind: 'cells', cells };
  }

  #push(line: number, text: string, content: Content): void {
    this.#rows.push({ line, text, content });
  }

  #refuse(line: number): never {
    throw new Unreadable(line, 'quote', 'a quote opened here is not closed, so the rows after it cannot be told apart');
  }

  drain(): SourceRow[] {
    const rows = this.#rows;
    this.#rows = [];
    return rows;
  }

  end(): void {
    if (this.#open !== undefined) this.#refuse(this.#open.line);
  }
}
