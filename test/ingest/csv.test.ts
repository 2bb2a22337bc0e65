import assert from 'node:assert/strict';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { decode } from '../../src/ingest/readers/csv/charset.js';
import { csvSource } from '../../src/ingest/readers/csv/csv.js';
import { type SourceRow, Unreadable } from '../../src/ingest/readers/source.js';
import t from '../support/tap.js';

async function rowsOf(
  chunks: Iterable<Buffer>,
): Promise<{ headings: readonly string[] | undefined; rows: SourceRow[] }> {
  const bytes = (async function* () {
    yield* chunks;
  })();
  const source = csvSource(decode(bytes, undefined));
  const rows: SourceRow[] = [];
  for await (const batch of source.batches()) rows.push(...batch);
  return { headings: source.headings(), rows };
}

/** The bytes in pieces that end inside characters, line ends and quotes. */
const pieces = (bytes: Buffer, size: number) =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));

const cell = fc.oneof(
  { weight: 3, arbitrary: fc.stringMatching(/^[a-zé张三\u{20000}0-9 ]{0,6}$/u) },
  {
    weight: 2,
    arbitrary: fc.string({ unit: fc.constantFrom('"', ',', ';', '\t', '\n', "'", 'x', '甲', ' '), maxLength: 6 }),
  },
);
const file = fc.record({
  columns: fc.integer({ min: 2, max: 5 }),
  cells: fc.array(fc.array(cell, { minLength: 5, maxLength: 5 }), { maxLength: 12 }),
  delimiter: fc.constantFrom(',', ';', '\t'),
  end: fc.constantFrom('\n', '\r\n', '\r'),
  bom: fc.boolean(),
  finalEnd: fc.boolean(),
  always: fc.boolean(),
  size: fc.integer({ min: 1, max: 40 }),
});

t.test('valid CSV is split as csv-parse splits it', async () => {
  await fc.assert(
    fc.asyncProperty(file, async ({ columns, cells, delimiter, end, bom, finalEnd, always, size }) => {
      // A record that is one line end inside a value is written with the file's own line end.
      const quote = (value: string) =>
        always || /["\n,;\t]/.test(value) ? `"${value.replaceAll('"', '""').replaceAll('\n', end)}"` : value;
      const header = Array.from({ length: columns }, (_, i) => `h${i}`);
      const lines = [header, ...cells.map((row) => row.slice(0, columns))].map((row) => row.map(quote).join(delimiter));
      const text = (bom ? '\ufeff' : '') + lines.join(end) + (finalEnd ? end : '');
      const expected: string[][] = parse(text, {
        bom: true,
        delimiter,
        record_delimiter: end,
        relax_column_count: true,
      });
      const { headings, rows } = await rowsOf(pieces(Buffer.from(text), size));
      assert.deepEqual(headings, expected[0]);
      const found = rows.map(({ content }) => (content.kind === 'cells' ? [...content.cells] : content));
      // A line break inside a value is read as LF, for any line end of the file.
      assert.deepEqual(
        found,
        expected.slice(1).map((row) => row.map((value) => value.replaceAll(end, '\n'))),
      );
    }),
    { numRuns: 400 },
  );
});

t.test('files that csv-parse refuses are refused here too, and nothing is lost', async () => {
  const symbol = fc.constantFrom('"', '"', ',', '\n', 'x', '甲');
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: symbol, maxLength: 30 }), fc.integer({ min: 1, max: 9 }), async (body, size) => {
      const text = `a,b\n${body}`;
      let strict: string[][] | undefined;
      try {
        strict = parse(text, { relax_column_count: true, skip_empty_lines: true });
      } catch {
        strict = undefined;
      }
      const read = await rowsOf(pieces(Buffer.from(text), size)).catch((error) => {
        if (error instanceof Unreadable) return undefined;
        throw error;
      });
      if (read === undefined) {
        // Also where quotes that span lines give the wrong number of columns: they may have swallowed rows.
        const torn = strict?.some((row) => row.length !== 2 && row.some((value) => value.includes('\n')));
        return assert.ok(strict === undefined || torn, `refused whole: ${JSON.stringify(text)}`);
      }
      const sound = read.rows.flatMap(({ content }) => (content.kind === 'cells' ? [content.cells] : []));
      if (strict !== undefined)
        assert.deepEqual(
          sound,
          strict.slice(1).filter((row) => row.length === 2),
          JSON.stringify(text),
        );
      else
        assert.ok(
          read.rows.some(({ content }) => content.kind === 'broken'),
          JSON.stringify(text),
        );
      const kept = read.rows.map((row) => row.text).join('');
      assert.equal(kept.replaceAll('\n', ''), body.replaceAll('\n', ''), 'every character stands in some row');
    }),
    { numRuns: 600 },
  );
});
