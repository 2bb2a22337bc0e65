import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import ExcelJS from 'exceljs';
import t from '../support/tap.js';
import { badOthers, badWorkbooks } from './bad-files.js';
import { openThings } from './things.js';
import { PARQUET, parquetOf, workbook, XLSX } from './workbooks.js';

const dataDir = t.testdir();
const { node, thing } = await openThings(t, { dataDir, deliveryLimitBytes: 30_000_000 });

const HEAD = ['编号', 'part', '名称'];
const row = (code: string, ...more: unknown[]) => [code, 'a', '张三', ...more];

t.afterEach(() => {
  const spool = join(dataDir, 'spool');
  if (existsSync(spool) && readdirSync(spool).length > 0) throw new Error('a spooled file has kept its name');
});

t.test('a typical workbook of a department', async (t) => {
  const d = await thing('workbook');
  const heads = [['2026年1月 数据归集模板'], [], ['编号', 'part', '名称', '性别', 'count', '其他'], []];
  const fields = ['编号', 'part', ' 名 称*', 'XB', 'count', 'big', 'price', 'ok', 'day', 'mon', 'at', 'owner', '备注'];
  const rows = [
    fields,
    [
      'X1',
      'a',
      '张三',
      '女',
      '１２',
      123456789012,
      0.1 + 0.2,
      true,
      new Date(Date.UTC(2026, 0, 31)),
      '2026-01',
      '2026-01-31 08:00',
      '11010519491231002x',
      '外',
    ],
    [],
    [
      'X2',
      'a',
      { richText: [{ text: '李' }, { text: '四' }] },
      '男',
      { formula: '6*7', result: 42 },
      '9007199254740993',
      '12.5',
      '是',
      46053,
      new Date(Date.UTC(2026, 1, 1)),
      new Date(Date.UTC(2026, 0, 31, 8)),
      null,
      null,
    ],
  ];
  const body = await workbook(
    {
      说明: [['本表说明'], ['编号', '是主键']],
      一月: [...heads.slice(0, 2), ...rows],
      二月: [fields, row('X3', '女')],
    },
    (book) => {
      book.getWorksheet('一月')!.mergeCells('A1:F1');
      book.addWorksheet('旧', { state: 'hidden' }).addRows([fields, row('OLD')]);
    },
  );
  const sent = await d.send(body, { type: XLSX });
  t.match(sent.body, { state: 'published', received: 3, accepted: 3, report: { unmapped: ['备注'] } }, sent.text);
  t.strictSame(sent.body.report.source.ignoredSheets, ['说明', '旧']);
  const live = await d.live();
  t.strictSame([...live.keys()].sort(), ['X1', 'X2', 'X3']);
  t.match(live.get('X1'), {
    name: '张三',
    gender: '2',
    count: 12,
    big: '123456789012',
    price: '0.30',
    ok: true,
    day: '2026-01-31',
    mon: '2026-01',
    owner: '11010519491231002X',
  });
  t.match(live.get('X2'), {
    name: '李四',
    count: 42,
    big: '9007199254740993',
    price: '12.50',
    ok: true,
    day: '2026-01-31',
    mon: '2026-02',
  });
  t.equal((live.get('X2')!.at as Date).toISOString(), '2026-01-31T00:00:00.000Z');
});

t.test('headings of two levels, and days counted from 1904', async (t) => {
  const d = await thing('levels');
  const body = await workbook(
    { 表: [['基本信息', undefined, undefined, '日期'], HEAD, row('L1', 46053 - 1462)] },
    (book) => {
      const sheet = book.getWorksheet('表')!;
      sheet.getCell('D1').value = 'day';
      sheet.mergeCells('A1:C1');
      sheet.mergeCells('D1:D2');
      book.properties.date1904 = true;
    },
  );
  t.match((await d.send(body, { type: XLSX })).body, { state: 'published', accepted: 1 });
  t.match((await d.live()).get('L1'), { day: '2026-01-31' });
});

t.test('a faulty cell is reported with sheet, cell and what to do', async (t) => {
  const d = await thing('cells', { 'reject-at-most': '100%' });
  const faults: [string, unknown[], string, string][] = [
    ['id as a number', row('C1', Number('370303199001011234')), 'number-precision', 'D3'],
    ['id as scientific text', row('C2', '3.70303E+17'), 'number-precision', 'D4'],
    ['formula without a value', row('C3', { formula: 'A1' }), 'formula', 'D5'],
    ['formula with an error', row('C4', { formula: 'A1', result: { error: '#REF!' } }), 'formula', 'D6'],
    ['error value', row('C5', { error: '#N/A' }), 'formula', 'D7'],
    ['wrong check character', row('C6', '110105194912310021'), 'checksum', 'D8'],
    ['too long a name', ['C7', 'a', '一二三四五六七'], 'length', 'C9'],
    ['a value beside the table', row('C8', null, null, '外'), 'columns', 'F10'],
    ['300 columns', [...row('C9'), ...new Array(297).fill('x')], 'columns', 'E11'],
  ];
  const body = await workbook({ 户: [['标题'], [...HEAD, 'owner'], ...faults.map(([, each]) => each), row('OK')] });
  const sent = await d.send(body, { type: XLSX });
  t.match(sent.body, { state: 'published', received: 10, accepted: 1, rejected: 9 }, sent.text);
  const rejects = (await d.get(sent.body.rejects)).text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  faults.forEach(([what, , rule, cell], at) => {
    t.match(rejects[at], { line: at + 3, errors: [{ rule, sheet: '户', cell }] }, what);
  });
  t.match(rejects[0].errors[0].reason, /15 digits/);
  const accept = { headers: { accept: XLSX } };
  const back = await fetch(`${node.baseUrl}${sent.body.rejects}`, {
    headers: { ...accept.headers, authorization: `Bearer ${await node.token('main')}` },
  });
  t.equal(back.headers.get('content-type'), XLSX);
  t.ok(back.headers.get('exchange-receipt'));
  const bytes = Buffer.from(await back.arrayBuffer());
  const book = new ExcelJS.Workbook();
  await book.xlsx.load(bytes as unknown as ExcelJS.Buffer);
  const sheet = book.worksheets[0]!;
  t.strictSame((sheet.getRow(2).values as unknown[]).slice(1), [...HEAD, 'owner']);
  t.match(JSON.stringify(sheet.getCell('D3').note), /长号码.*15 digits/s);
  t.match(JSON.stringify(sheet.getCell('C9').note), /超过规定长度/);
  sheet.getCell('D8').value = '11010519491231002X';
  const again = await d.send(Buffer.from(await book.xlsx.writeBuffer()), { type: XLSX, mode: 'delta' });
  t.match(
    again.body,
    { received: 9, accepted: 3 },
    'corrected and sent again; what was beside the table is in it no more',
  );
});

t.test('rejected objects as a workbook, whatever their fields are called and however many there are', async (t) => {
  const d = await thing('objects', { 'reject-at-most': '100%' });
  const many = (row: number) => Object.fromEntries(Array.from({ length: 800 }, (_, at) => [`f${row}-${at}`, '']));
  const deep = `{"code":"O2","name":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
  const rows = [
    { code: 'O1', constructor: 'x' },
    ...Array.from({ length: 300 }, (_, at) => ({ code: 'O', ...many(at) })),
  ];
  const sent = await d.send(Buffer.from([...rows.map((each) => JSON.stringify(each)), deep].join('\n')), {});
  t.match(sent.body, { received: 302, rejected: 302 }, sent.text);
  const back = await fetch(`${node.baseUrl}${sent.body.rejects}`, {
    headers: { accept: XLSX, authorization: `Bearer ${await node.token('main')}` },
  });
  t.equal(back.status, 200);
  const book = new ExcelJS.Workbook();
  await book.xlsx.load(Buffer.from(await back.arrayBuffer()) as unknown as ExcelJS.Buffer);
  const sheet = book.worksheets[0]!;
  t.equal(sheet.getCell('A2').value, 'code', 'fields of the contract first');
  t.equal(sheet.columnCount, 1_000);
  t.match(sheet.getCell('A1').value, /前 250 行，共 302 行/);
});

t.test('files refused as a whole, with what to do', async (t) => {
  const d = await thing('refused');
  const cases = [...(await badWorkbooks()), ...(await badOthers())];
  for (const [what, type, body, rule, reason] of cases) {
    const sent = await d.send(body, { type });
    t.match(
      sent.body,
      { state: 'rejected', release: null, report: { refused: { rule, reason } } },
      `${what}: ${sent.text}`,
    );
  }
  t.equal((await d.stored()).length, 0);
});

t.test('typical CSV of departments', async (t) => {
  const d = await thing('texts');
  const lines = (delimiter: string) => `名单\n\n${HEAD.join(delimiter)}\nT1${delimiter}a${delimiter}张三\n`;
  const gb = Buffer.concat([Buffer.from([0xb1, 0xe0, 0xba, 0xc5]), Buffer.from(',part,name\nT1,a,x\n')]);
  const cases: [string, Buffer][] = [
    ...[',', ';', '\t', '|', '，'].map((mark): [string, Buffer] => [`delimiter ${mark}`, Buffer.from(lines(mark))]),
    ['delimiter by the headings, not by count', Buffer.from('编号;part;名称;备注, 一, 二, 三, 四\nT1;a;张三;x\n')],
    ['UTF-8 with mark', Buffer.from(`\ufeff${lines(',')}`)],
    ['UTF-16 LE', Buffer.from(`\ufeff${lines('\t')}`, 'utf16le')],
    ['UTF-16 BE', Buffer.from(`\ufeff${lines('\t')}`, 'utf16le').swap16()],
    ['GB18030', gb],
    ['heading with a line break', Buffer.from('"编\n号",part,名称\nT1,a,张三\n')],
    ['title with commas, header lower', Buffer.from('汇总,,\n单位：,某局,\n编号,part,名称\nT1,a,张三\n')],
    ['spaces in headings', Buffer.from('编 号*,part,名称　\nT1,a,张三\n')],
  ];
  for (const [what, body] of cases) {
    const sent = await d.send(body, { type: 'text/csv' });
    t.match(sent.body, { state: 'published', received: 1, accepted: 1 }, `${what}: ${sent.text}`);
  }
});

t.test('Parquet: types, null, several row groups', async (t) => {
  const d = await thing('columns');
  const bytes = parquetOf(`{
    columnData: [
      { name: '编号', data: ['P1', 'P2', 'P3'], type: 'STRING' },
      { name: 'part', data: ['a', 'a', 'a'], type: 'STRING' },
      { name: '名称', data: ['张三', '李四', '王五'], type: 'STRING' },
      { name: 'count', data: [1, null, 3], type: 'INT32', nullable: true },
      { name: 'big', data: [9007199254740993n, 2n, 3n], type: 'INT64' },
      { name: 'price', data: [0.5, 12.25, 1], type: 'DOUBLE' },
      { name: 'ok', data: [true, false, true], type: 'BOOLEAN' },
      { name: 'at', data: [new Date(0), new Date(1_000), new Date(2_000)], type: 'TIMESTAMP' },
      { name: '其他', data: ['x', 'y', 'z'], type: 'STRING' },
    ],
    rowGroupSize: 2,
  }`);
  const sent = await d.send(bytes, { type: PARQUET });
  t.match(sent.body, { state: 'published', received: 3, accepted: 3, report: { unmapped: ['其他'] } }, sent.text);
  const live = await d.live();
  t.match(live.get('P1'), { name: '张三', count: 1, big: '9007199254740993', price: '0.50', ok: true });
  t.match(live.get('P2'), { count: null, ok: false });
  t.equal((live.get('P3')!.at as Date).getTime(), 2_000);
});

t.test('a filled template is accepted, and runs no formula', async (t) => {
  const d = await thing('template');
  await d.deliverer('part-a', { scope: [{ field: 'part', in: ['a'] }] });
  const url = d.path.replace(/deliveries$/, 'template');
  const token = await node.token('part-a');
  const reply = await fetch(`${node.baseUrl}${url}?format=xlsx`, { headers: { authorization: `Bearer ${token}` } });
  t.equal(reply.status, 200);
  t.match(decodeURIComponent(reply.headers.get('content-disposition')!), /数据归集模板-\d{4}-\d\d-物-a\.xlsx/);
  const book = new ExcelJS.Workbook();
  await book.xlsx.load(Buffer.from(await reply.arrayBuffer()) as unknown as ExcelJS.Buffer);
  t.strictSame(
    book.worksheets.map(({ name, state }) => [name, state]),
    [
      ['物', 'visible'],
      ['填报说明', 'visible'],
      ['代码', 'hidden'],
    ],
  );
  const sheet = book.worksheets[0]!;
  const headings = (sheet.getRow(2).values as string[]).slice(1);
  t.ok(headings.includes('编号'));
  t.match(String(sheet.getCell('A1').value), / a$/);
  t.equal(sheet.getColumn(headings.indexOf('编号') + 1).numFmt, '@');
  const filled = { 编号: '=1+1', part: 'a', 名称: '张三', XB: '女' } as Record<string, string>;
  headings.forEach((heading, at) => {
    if (filled[heading] !== undefined) sheet.getCell(3, at + 1).value = filled[heading];
  });
  const sent = await d.send(Buffer.from(await book.xlsx.writeBuffer()), { type: XLSX, as: 'part-a' });
  t.match(
    sent.body,
    { state: 'published', accepted: 1, report: { source: { ignoredSheets: ['填报说明', '代码'] } } },
    sent.text,
  );
  t.match((await d.get(`${url}?format=csv`)).text, new RegExp(headings.join(',')));
  for (const [query, status] of [
    ['?format=pdf', 400],
    ['?form=csv', 400],
    ['?format=csv&format=csv', 400],
  ] as const) {
    t.equal((await d.get(`${url}${query}`)).status, status, query);
  }
  t.equal((await d.get(url.replace('template', 'templat'))).status, 404);
});
