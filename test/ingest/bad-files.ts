import { lyingZip, PARQUET, parquetOf, rewritten, workbook, XLSX } from './workbooks.js';

/** What it is, its media type, the file, and the rule and reason for which it is refused whole. */
export type BadFile = [what: string, type: string, body: Buffer, rule: string, reason: RegExp];

const HEAD = ['编号', 'part', '名称'];
const row = (code: string) => [code, 'a', '张三'];
const goodWorkbook = () => workbook({ 表: [HEAD, row('R1')] });

export async function badWorkbooks(): Promise<BadFile[]> {
  const good = await goodWorkbook();
  const edited = (name: string, change: (xml: string) => string) =>
    rewritten(good, (each, content) => (each.endsWith(name) ? Buffer.from(change(content.toString())) : content));
  const ole = Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.alloc(600)]);
  const bomb = `<worksheet><sheetData>${' '.repeat(25_000_000)}</sheetData></worksheet>`;
  return [
    ['.xls', XLSX, ole, 'format', /save it as \.xlsx/],
    ['password', XLSX, Buffer.concat([ole, Buffer.from('EncryptedPackage', 'utf16le')]), 'format', /remove it/],
    ['CSV named .xlsx', XLSX, Buffer.from('编号,part\n1,a\n'), 'format', /text\/csv/],
    ['page named .xls', XLSX, Buffer.from('\ufeff<html><table><tr><td>编号'), 'format', /save it as \.xlsx/],
    ['PDF', XLSX, Buffer.from('%PDF-1.7'), 'format', /PDF/],
    ['cut off', XLSX, good.subarray(0, good.length - 40), 'format', /damaged/],
    ['nothing', XLSX, Buffer.alloc(0), 'format', /text/],
    [
      'ods',
      XLSX,
      await rewritten(good, (name, c) => (name === 'xl/workbook.xml' ? c : c)).then(() =>
        lyingZip('content.xml', Buffer.from('x'), 1),
      ),
      'format',
      /no \.xlsx/,
    ],
    ['texts that many cells share', XLSX, await sharing(good), 'size', /texts/],
    ['bomb', XLSX, await edited('sheet1.xml', () => bomb), 'size', /too large/],
    [
      'size that lies',
      XLSX,
      lyingZip('xl/workbook.xml', Buffer.from(`<workbook>${' '.repeat(9_000_000)}</workbook>`), 500),
      'format',
      /damaged/,
    ],
    [
      'entities that grow',
      XLSX,
      await edited('sheet1.xml', (xml) => xml.replace('<worksheet', '<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet')),
      'format',
      /type declaration/,
    ],
    [
      'unknown entity',
      XLSX,
      await edited('sheet1.xml', (xml) => xml.replace('<sheetData>', '<sheetData>&a;')),
      'format',
      /damaged/,
    ],
    [
      'deep nesting',
      XLSX,
      await edited('sheet1.xml', (xml) => xml.replace('<sheetData>', `<sheetData>${'<a>'.repeat(99)}`)),
      'format',
      /nested/,
    ],
    [
      'endless tag',
      XLSX,
      await edited('sheet1.xml', (xml) => xml.replace('<sheetData>', `<sheetData><a b="${'x'.repeat(1_500_000)}`)),
      'format',
      /damaged/,
    ],
    [
      'rows out of order',
      XLSX,
      await edited('sheet1.xml', (xml) => xml.replace('<row r="2"', '<row r="1"')),
      'format',
      /order/,
    ],
    [
      'no heading known',
      XLSX,
      await workbook({
        表: [
          ['甲', '乙'],
          ['1', '2'],
        ],
      }),
      'columns',
      /headings/,
    ],
    ['a heading twice', XLSX, await workbook({ 表: [[...HEAD, '编号'], row('R')] }), 'columns', /same field/],
  ];
}

/** 70 rows that share one text of 990,000 characters: nothing that the archive declares shows it. */
function sharing(good: Buffer): Promise<Buffer> {
  const texts = 10;
  const row = `<row>${`<c t="s"><v>${HEAD.length + 3}</v></c>`.repeat(texts)}</row>`;
  return rewritten(good, (name, content) => {
    const xml = content.toString();
    if (name.endsWith('sharedStrings.xml'))
      return Buffer.from(xml.replace('</sst>', `<si><t>${'x'.repeat(99_000)}</t></si></sst>`));
    return name.endsWith('sheet1.xml')
      ? Buffer.from(xml.replace('</sheetData>', `${row.repeat(70)}</sheetData>`))
      : content;
  });
}

/** Small files whose rows or pages would take all memory. */
function parquetBombs(): BadFile[] {
  const shared = parquetOf(`{ columnData: [
    { name: 'code', data: Array.from({ length: 200 }, () => 'x'.repeat(1_000_000)), type: 'STRING' }] }`);
  const gzip = `import('node:zlib')`;
  const repeating =
    parquetOf(`await ${gzip}.then(({ gzipSync }) => ({ codec: 'GZIP', compressors: { GZIP: (page) => gzipSync(page) },
    columnData: [{ name: 'code', data: Array.from({ length: 80 }, (_, at) => 'x'.repeat(900_000) + at), type: 'STRING', encoding: 'PLAIN' }] }))`);
  // A frame of blocks of one byte, repeated two million times each (RFC 8878, 3.1.1.2).
  const blocks = `Array.from({ length: 400 }, (_, at) => [at === 399 ? 0xfb : 0xfa, 0xff, 0xff, 0x41]).flat()`;
  const frame = `Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0x58, ...${blocks}])`;
  const zstd = parquetOf(`{ codec: 'ZSTD', compressors: { ZSTD: () => ${frame} },
    columnData: [{ name: 'code', data: ['a'], type: 'STRING', encoding: 'PLAIN' }] }`);
  return [
    ['a long value of every row', PARQUET, shared, 'size', /texts/],
    ['gzip bomb in Parquet', PARQUET, repeating, 'size', /too large/],
    ['Zstandard bomb in Parquet', PARQUET, zstd, 'format', /damaged/],
  ];
}

export async function badOthers(): Promise<BadFile[]> {
  const good = await goodWorkbook();
  const parquet = parquetOf(`{ columnData: [{ name: 'code', data: ['a'], type: 'STRING' }] }`);
  const nested = parquetOf(`{ columnData: [{ name: 'code', data: [{ x: 'a' }] }], schema: [
    { name: 'root', num_children: 1 }, { name: 'code', num_children: 1, repetition_type: 'OPTIONAL' },
    { name: 'x', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' }] }`);
  // The first page is of version 2 (type 3, zigzag), and says that it is of version 1.
  const mistyped = Buffer.from(parquet);
  if (mistyped.readUInt16BE(4) !== 0x1506) throw new Error('the first page begins otherwise');
  mistyped[5] = 0;
  const lying = Buffer.from(parquet);
  lying.writeUInt32LE(0x7fffffff, lying.length - 8);
  return [
    ['workbook as CSV', 'text/csv', good, 'format', /workbook/],
    ['workbook as NDJSON', 'application/x-ndjson', good, 'format', /workbook/],
    [
      'GB18030 said to be UTF-8',
      'text/csv; charset=utf-8',
      Buffer.concat([Buffer.from('code,part,name\n1,a,'), Buffer.from([0xd5, 0xc5]), Buffer.from('\n')]),
      'encoding',
      /said to be utf-8/,
    ],
    [
      'UTF-8 said to be GB18030',
      'text/csv; charset=gbk',
      Buffer.from(`code,part,name\n1,a,一二三四五六\n2,a,七八九十\n`),
      'encoding',
      /is utf-8/,
    ],
    [
      'UTF-16 said to be UTF-8',
      'text/csv; charset=utf-8',
      Buffer.from('\ufeffcode,part', 'utf16le'),
      'encoding',
      /utf-16le/,
    ],
    ...parquetBombs(),
    ['CSV as Parquet', PARQUET, Buffer.from('code,part\n'), 'format', /no Parquet/],
    ['workbook as Parquet', PARQUET, good, 'format', /no Parquet/],
    ['footer that lies', PARQUET, lying, 'format', /damaged/],
    ['page of a type whose header it has not', PARQUET, mistyped, 'format', /not what it says/],
    ['cut Parquet', PARQUET, parquet.subarray(0, parquet.length - 20), 'format', /damaged/],
    ['nested column', PARQUET, nested, 'nested', /nested/],
  ];
}
