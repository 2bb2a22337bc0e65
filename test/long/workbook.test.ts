import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import ExcelJS from 'exceljs';
import t from 'tap';
import { sourceOf } from '../../src/ingest/readers/open.js';
import { XLSX } from '../ingest/workbooks.js';
import { heldMemory } from '../support/held-memory.js';

const ROWS = 100_000;
const HEADINGS = ['编号', '单位', '名称', '数量', '日期', '备注'];

t.test('a workbook of 100,000 rows is read in bounded memory', { timeout: 300_000 }, async (t) => {
  const directory = t.testdir();
  const filename = join(directory, 'large.xlsx');
  const book = new ExcelJS.stream.xlsx.WorkbookWriter({ filename, useSharedStrings: true, useStyles: true });
  const sheet = book.addWorksheet('表');
  sheet.addRow(HEADINGS).commit();
  const day = new Date(Date.UTC(2026, 0, 31));
  for (let i = 0; i < ROWS; i++) sheet.addRow([`编号${i}`, 'a', '张三', i, day, '备注']).commit();
  await book.commit();
  const held = heldMemory();
  const before = held();
  let peak = 0;
  let rows = 0;
  let batches = 0;
  const source = sourceOf({
    mediaType: XLSX,
    charset: undefined,
    content: createReadStream(filename) as AsyncIterable<Buffer>,
    known: (heading) => (HEADINGS.includes(heading) ? { heading, field: undefined } : undefined),
    spool: { directory: join(directory, 'spool'), name: () => 'only' },
    limitBytes: 1_000_000_000,
  });
  for await (const batch of source.batches()) {
    rows += batch.length;
    if (batches++ % 50 === 0) peak = Math.max(peak, held());
  }
  t.equal(rows, ROWS);
  t.ok(peak - before < 20_000_000, `${Math.round((peak - before) / 1_000_000)} MB more than before`);
});
