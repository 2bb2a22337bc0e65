import type { KnownHeadings } from '../known-headings.js';
import { countQuotes, type Line, linesOf } from '../lines.js';
import { broken, type Content, ROW_LIMIT, type Source, type SourceRow, Unreadable } from '../source.js';
import { type CsvHead, isHead, readHead } from './csv-head.js';
import { splitRecord } from './csv-record.js';
import { unifyLineEnds } from './line-ends.js';

export interface CsvReading {
  /** Headings of the contract: they locate the header below titles, and the delimiter. */
  known?: KnownHeadings | undefined;
}

/**
 * CSV with a header line (`csv-head.ts`). A faulty record of one line is one rejected row. After a faulty record of
 * several lines the quotes no longer show where rows begin (a value could pose as a row), so the delivery is refused.
 */
export function csvSource(text: AsyncIterable<string>, { known }: CsvReading = {}): Source {
  let headings: readonly string[] | undefined;
  let delimiter: string | undefined;
  const open = (lines: readonly Line[]): RecordReader | undefined => {
    const head = readHead(lines, known);
    if (head === undefined) return undefined;
    ({ headings, delimiter } = head);
    const reader = new RecordReader(head);
    for (let i = head.next; i < lines.length; i++) reader.take(lines[i]!);
    return reader;
  };
  return {
    headings: () => headings,
    delimiter: () => delimiter,
    batches: async function* () {
      let reader: RecordReader | undefined;
      let head: Line[] = [];
      for await (const lines of linesOf(unifyLineEnds(text))) {
        if (reader !== undefined) {
          for (const line of lines) reader.take(line);
        } else {
          for (const line of lines) if (head.length > 0 || line.text.trim() !== '') head.push(line);
          if (!isHead(head)) continue;
          reader = open(head);
          head = [];
        }
        const rows = reader?.drain() ?? [];
        if (rows.length > 0) yield rows;
      }
      reader ??= open(head);
      const rows = reader?.drain() ?? [];
      if (rows.length > 0) yield rows;
      reader?.end();
    },
  };
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

  constructor({ headings, delimiter }: CsvHead) {
    this.#columns = headings.length;
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
    if (text.includes('\ufffd'))
      return broken('encoding', 'the row has bytes that are no characters of the charset of the file');
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
