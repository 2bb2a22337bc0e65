import assert from 'node:assert/strict';
import fc from 'fast-check';
import { encodeGb18030 } from '../../src/demo/files/gb18030.js';
import { type Charset, decode } from '../../src/ingest/readers/csv/charset.js';
import { csvSource } from '../../src/ingest/readers/csv/csv.js';
import { Unreadable } from '../../src/ingest/readers/source.js';
import t from '../support/tap.js';
import { openThings } from './things.js';

const { thing } = await openThings(t);

const utf8 = (text: string) => Buffer.from(text);
const CUT = Buffer.from([0xe8, 0xb7]);
const NAMES = ['王秀英', '李建国', '张桂兰', '刘洋', '欧阳娜娜', '阿依古丽', '周鑫琪', '龙䶮'];

/** What a reader sees: the rows by their first cell, or why the file was refused. */
async function read(body: Buffer, size: number, stated?: Charset) {
  let charset: Charset | undefined;
  const chunks = (async function* () {
    for (let at = 0; at < body.length; at += size) yield body.subarray(at, at + size);
  })();
  const source = csvSource(decode(chunks, stated, (found) => (charset = found)));
  const rows: (string | readonly unknown[])[] = [];
  try {
    for await (const batch of source.batches())
      for (const { content } of batch)
        rows.push(content.kind === 'broken' ? content.error.rule : content.kind === 'cells' ? content.cells : '');
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return { refused: error.message };
  }
  return { charset, rows };
}

const lines = (count: number, row: (at: number) => string) =>
  Array.from({ length: count }, (_, at) => row(at)).join('');
const person = (at: number) => `${at},${NAMES[at % NAMES.length]},张店区人民西路\n`;
const HEAD = '编号,姓名,住址\n';
const behind = lines(3_000, person);

t.test('data-in 1: the charset is what most characters show, however the body is cut', async (t) => {
  const cases: [what: string, body: Buffer, charset: Charset | undefined, rows: number, broken: number][] = [
    [
      'a character cut in the last row',
      Buffer.concat([utf8(`${HEAD + lines(3, person)}3,王`), CUT, utf8(',x\n')]),
      'utf-8',
      4,
      1,
    ],
    ['a character cut at the end of the file', Buffer.concat([utf8(`${HEAD}0,王,x\n1,王,x`), CUT]), 'utf-8', 2, 1],
    [
      'one GBK row among UTF-8',
      Buffer.concat([utf8(HEAD + lines(3, person)), encodeGb18030(person(3)), utf8(person(4))]),
      'utf-8',
      5,
      1,
    ],
    [
      'one UTF-8 row among GBK',
      Buffer.concat([encodeGb18030(HEAD + lines(5, person)), utf8(person(5))]),
      'gb18030',
      6,
      1,
    ],
    ['a broken row behind 70 KB', Buffer.concat([utf8(`${HEAD + behind}3,王`), CUT, utf8(',x\n')]), 'utf-8', 3_001, 1],
    ['a GBK row behind 70 KB', Buffer.concat([utf8(HEAD + behind), encodeGb18030(person(7))]), 'utf-8', 3_001, 1],
    [
      'a UTF-8 row behind 70 KB of GBK',
      Buffer.concat([encodeGb18030(HEAD + behind), utf8(person(7))]),
      'gb18030',
      3_001,
      1,
    ],
    [
      'Chinese behind 100 KB of ASCII',
      Buffer.concat([utf8(`a,b,c\n${'1,2,3\n'.repeat(20_000)}`), encodeGb18030(lines(4, person))]),
      'gb18030',
      20_004,
      0,
    ],
    ['ASCII alone', utf8('a,b,c\n1,2,3\n'), undefined, 1, 0],
    ['one short Chinese name', utf8('a,b,c\n1,李,3\n'), 'utf-8', 1, 0],
    ['one short Chinese name in GBK', encodeGb18030('a,b,c\n1,李,3\n'), 'gb18030', 1, 0],
    ['联通, which is nearly UTF-8', encodeGb18030('a,b,c\n1,联通,3\n'), 'gb18030', 1, 0],
    ['一 in GBK, which is a Cyrillic letter in UTF-8', encodeGb18030('a,b,c\n1,一,3\n'), 'gb18030', 1, 0],
    ['a middle dot in UTF-8, which is 路 in GBK', utf8('a,b,c\n1,A·B,3\n'), 'utf-8', 1, 0],
    ['a broken character alone', Buffer.concat([utf8('a,b,c\n1,'), CUT, utf8(',3\n2,x,y\n')]), 'utf-8', 2, 1],
  ];
  for (const [what, body, charset, rows, broken] of cases) {
    const whole = await read(body, body.length);
    t.match(whole, { charset, rows: { length: rows } }, what);
    t.equal(whole.rows?.filter((row) => row === 'encoding').length, broken, what);
    for (const size of [1, 7, 65_536]) {
      if (size < 7 && body.length > 10_000) continue;
      t.strictSame(await read(body, size), whole, `${what}, in pieces of ${size}`);
    }
  }
});

t.test('data-in 1: any mixture is read alike in any pieces, and no row of the other charset is published', async () => {
  const row = fc.record({ name: fc.constantFrom(...NAMES), foreign: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(
      fc.array(row, { minLength: 1, maxLength: 12 }),
      fc.boolean(),
      fc.integer({ min: 1, max: 50 }),
      async (rows, gb, size) => {
        const [own, other] = gb ? [encodeGb18030, utf8] : [utf8, encodeGb18030];
        // The heading and ten rows outweigh what was pasted.
        const text = ({ name }: { name: string }) => `k,${name},山东省淄博市\n`;
        const body = Buffer.concat([
          own(HEAD + lines(20, person)),
          ...rows.map((each) => (each.foreign ? other : own)(text(each))),
        ]);
        const whole = await read(body, body.length);
        const expected = rows.map((each) => (each.foreign ? 'encoding' : ['k', each.name, '山东省淄博市']));
        assert.deepEqual(whole.rows?.slice(20), expected);
        assert.deepEqual(await read(body, size), whole);
      },
    ),
    { numRuns: 100 },
  );
});

t.test('data-in 1: a stated charset rejects rows, and is refused only where the file contradicts it', async (t) => {
  const broken = Buffer.concat([utf8(`${HEAD + lines(3, person)}3,王`), CUT, utf8(',x\n')]);
  t.match(await read(broken, 9, 'utf-8'), { charset: 'utf-8', rows: { length: 4, 3: 'encoding' } });
  const refused: [Buffer, Charset][] = [
    [encodeGb18030(HEAD + lines(3, person)), 'utf-8'],
    [utf8(HEAD + lines(3, person)), 'gb18030'],
    [Buffer.concat([utf8(`a,b\n${'x,y\n'.repeat(30_000)}`), encodeGb18030(lines(3, person))]), 'utf-8'],
  ];
  for (const [body, stated] of refused)
    for (const size of [11, body.length]) t.match(await read(body, size, stated), { refused: /is said to be/ });
});

t.test('data-in 1: the report tells the charset, and warns of mojibake', async (t) => {
  const d = await thing('charset');
  const head = '编号,part,名称\n';
  const cut = Buffer.concat([utf8(`${head}1,a,王秀英\n2,a,李建国\n3,a,张桂兰\n4,a,人`), CUT, utf8('\n')]);
  const published = await d.send(cut, { type: 'text/csv' });
  t.match(published.body, { state: 'published', accepted: 3, rejected: 1, report: { source: { charset: 'utf-8' } } });
  t.match([...(await d.live()).values()].map(({ name }) => name).sort(), ['张桂兰', '李建国', '王秀英']);
  const stated = await d.send(cut, { type: 'text/csv; charset=utf-8' });
  t.match(stated.body, { state: 'published', accepted: 3, rejected: 1 }, 'the row and not the file');
  const gbk = await d.send(encodeGb18030(`${head}1,a,王秀英\n`), { type: 'text/csv', mode: 'delta' });
  t.match(gbk.body, { state: 'published', report: { source: { charset: 'gb18030', misreadRows: undefined } } });
  const rows = ['1,a,王秀英', '2,a,鐜嬶锛', '3,a,锟斤拷'];
  const warned = await d.send(`${head}${rows.join('\n')}\n`, { type: 'text/csv' });
  t.match(warned.body, { state: 'published', accepted: 3, report: { source: { misreadRows: 2 } } }, warned.text);
});
