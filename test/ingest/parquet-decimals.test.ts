import t from '../support/tap.js';
import { openThings } from './things.js';
import { PARQUET, parquetOf } from './workbooks.js';

const { thing } = await openThings(t);

/** Big-endian two's complement of as many bytes as `bytes`, as Kafka Connect and Arrow write it. */
const TWOS = `const bytes = (n, size) => Uint8Array.from({ length: size }, (_, at) => Number(BigInt.asUintN(8, n >> BigInt(8 * (size - 1 - at)))));`;
const text = (name: string, data: string) => `{ name: '${name}', data: ${data} }`;

/** A file of three rows whose `price` is declared as \`element\`. */
function priced(element: string, data: string): Buffer {
  return parquetOf(`(() => { ${TWOS} return {
    columnData: [${text('code', `['a', 'b', 'c']`)}, ${text('part', `['a', 'a', 'a']`)}, ${text('name', `['x', 'y', 'z']`)},
      { name: 'price', data: ${data} }],
    schema: [{ name: 'root', num_children: 4 },
      ...['code', 'part', 'name'].map((name) => ({ name, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' })),
      { name: 'price', repetition_type: 'REQUIRED', ${element} }] }; })()`);
}

/** The writer itself encodes what has the old annotation; with the new one alone it takes bytes as they are. */
const OLD = `converted_type: 'DECIMAL', precision: 18, scale: 2`;
const NEW = `logical_type: { type: 'DECIMAL', precision: 18, scale: 2 }, precision: 18, scale: 2`;
const three = (size: number) => `[bytes(12345n, ${size}), bytes(410n, ${size}), bytes(-7n, ${size})]`;
const WHOLE = '[12345n, 410n, -7n]';

t.test('data-in 2: a decimal is exact in every type that may hold it', async (t) => {
  const cases: [what: string, element: string, data: string][] = [
    ['BYTE_ARRAY', `type: 'BYTE_ARRAY', ${OLD}`, WHOLE],
    ['BYTE_ARRAY of padded numbers', `type: 'BYTE_ARRAY', ${NEW}`, three(16)],
    ['FIXED_LEN_BYTE_ARRAY', `type: 'FIXED_LEN_BYTE_ARRAY', type_length: 8, ${OLD}`, WHOLE],
    ['INT64', `type: 'INT64', ${OLD}`, WHOLE],
  ];
  const d = await thing('decimals');
  for (const [what, element, data] of cases) {
    const sent = await d.send(priced(element, data), { type: PARQUET });
    t.match(sent.body, { state: 'published', accepted: 3 }, `${what}: ${sent.text}`);
    const live = await d.live();
    t.strictSame(
      ['a', 'b', 'c'].map((code) => live.get(code)?.price),
      ['123.45', '4.10', '-0.07'],
      what,
    );
  }
});

t.test('data-in 2: what is no number is refused by the name of its column, and nothing is 500', async (t) => {
  const d = await thing('no-decimal');
  const cases: [what: string, element: string, data: string][] = [
    ['no bytes at all', `type: 'BYTE_ARRAY', ${NEW}`, '[bytes(1n, 2), new Uint8Array(0), bytes(1n, 2)]'],
    ['more bytes than a number has', `type: 'BYTE_ARRAY', ${NEW}`, three(40)],
    ['an absurd scale', `type: 'INT64', ${NEW.replaceAll('scale: 2', 'scale: 2000000000')}`, WHOLE],
    ['two scales', `type: 'INT64', ${NEW.replace('scale: 2', 'scale: 3')}`, WHOLE],
    ['DOUBLE called a decimal', `type: 'DOUBLE', ${NEW}`, '[1.5, 2.5, 3.5]'],
  ];
  for (const [what, element, data] of cases) {
    const sent = await d.send(priced(element, data), { type: PARQUET });
    t.match(
      sent.body,
      { state: 'rejected', report: { refused: { reason: /the column price is a decimal/ } } },
      `${what}: ${sent.text}`,
    );
  }
});

t.test('data-in 2: bytes without an annotation are text, as older writers mean them', async (t) => {
  const d = await thing('plain-bytes');
  const plain = `['code', 'part', 'name'].map((name) => ({ name, type: 'BYTE_ARRAY', repetition_type: 'REQUIRED' }))`;
  const body = parquetOf(`(() => { const b = (s) => new TextEncoder().encode(s); return {
    columnData: [{ name: 'code', data: ['a', 'b'].map(b) }, { name: 'part', data: ['a', 'a'].map(b) }, { name: 'name', data: ['张三', '李四'].map(b) }],
    schema: [{ name: 'root', num_children: 3 }, ...${plain}] }; })()`);
  const sent = await d.send(body, { type: PARQUET });
  t.match(sent.body, { state: 'published', accepted: 2 }, sent.text);
  t.equal((await d.live()).get('a')?.name, '张三');
});
