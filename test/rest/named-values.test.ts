import t from '../support/tap.js';
import { EVERYTHING_PATH, openEverything, type Row } from './everything.js';

t.setTimeout(120_000);
const here = await openEverything(t);
const PERSON = { id_kind: '414', id_number: 'E12345678', name: '甲', gender: '1', born: '1990-01-01' };

/** A line with one more field, whose value is JSON text. */
function line(code: string, field: string, value: string): string {
  return `${JSON.stringify({ code, ...PERSON }).slice(0, -1)},"${field}":${value}}`;
}

async function byCode(): Promise<{ rest: Map<unknown, Row>; graphql: Map<unknown, Row> }> {
  const [rest, graphql] = [
    await here.rest('{"field":"code","op":"null","value":false}'),
    await here.graphql('{"code":{"null":false}}'),
  ];
  const keyed = (rows: readonly Row[]) => new Map(rows.map((row) => [row.code, row]));
  return { rest: keyed(rest.rows), graphql: keyed(graphql.rows) };
}

t.test('what a delivery takes leaves exactly, or is refused by a named rule', async (t) => {
  const refused = (rule: string) => ({ rule });
  const values: [string, string, unknown][] = [
    ['spot', '{"type":"Point","coordinates":[118,36.8,50.5]}', { type: 'Point', coordinates: [118, 36.8, 50.5] }],
    ['spot', '{"type":"Point","coordinates":[118,36.8,50.5,1]}', refused('geometry')],
    ['spot', '{"type":"Point","coordinates":[118]}', refused('geometry')],
    ['at', '"0001-01-01 00:00:00"', refused('date')],
    ['at', '"0001-01-01 08:00:00"', '0001-01-01T00:00:00Z'],
    ['at', '"9999-12-31 23:59:59"', '9999-12-31T15:59:59Z'],
    ['at', '"9999-12-31T23:59:59-01:00"', refused('date')],
    ['at', '"2026-01-31T00:00:60Z"', refused('date')],
    ['at', '"2026-01-31T00:00:00+15:00"', refused('date')],
    ['exact', '0.1234567890123456789', '0.123456789012345678900000000000'],
    ['exact', '"12345678.000000000000000000000000000001"', '12345678.000000000000000000000000000001'],
    ['exact', '0.1234567890123456789012345678901', refused('precision')],
    ['exact', '-1.5e-7', '-0.000000150000000000000000000000'],
    ['money', '12345678901234567.89', '12345678901234567.89'],
    ['money', '-123456789012345678.9', '-123456789012345678.90'],
    ['money', '12345678901234567.891', refused('precision')],
    ['money', '1234567890123456789', refused('precision')],
    ['money', '1e2', '100.00'],
    ['price', '0.1234567890123456789', refused('precision')],
    ['big', '1', '1'],
    ['big', '9007199254740993', '9007199254740993'],
    ['big', '9223372036854775807', '9223372036854775807'],
    ['big', '-9223372036854775808', '-9223372036854775808'],
    ['big', '9223372036854775808', refused('range')],
    ['big', '"12"', '12'],
    ['count', '12.5', refused('type')],
  ];
  const sent = await here.deliver(values.map(([field, value], i) => line(`V${i}`, field, value)));
  const { text } = await here.node.ask('GET', `${EVERYTHING_PATH}/deliveries/${sent.body.id}/rejects`, { as: 'main' });
  const rejects = new Map(
    text
      .trim()
      .split('\n')
      .map((each) => JSON.parse(each))
      .map(({ row, errors }) => [JSON.parse(row).code, errors[0].rule]),
  );
  const { rest, graphql } = await byCode();
  for (const [i, [field, value, leaves]] of values.entries()) {
    const code = `V${i}`;
    const [one, other] = [rest.get(code)?.[field], graphql.get(code)?.[field]];
    const ending = rejects.has(code) ? refused(rejects.get(code)) : one;
    t.same(ending, leaves, `${field}: ${value}`);
    t.same(one, other, `${field}: ${value}, the same in GraphQL`);
  }
});

t.test('both doors take and refuse the same values of a filter', async (t) => {
  await here.deliver([line('F1', 'exact', '0.1234567890123456789')]);
  const taken = [
    ['id_number', '"E12345678"', '"e12345678"', '"370399199001010010"'],
    ['owner', '"11370399000000019N"', '"11370399000000019n"'],
    ['at', '"2026-01-31T00:00:00Z"', '"2026-01-31T00:00:00.123456Z"', '"2026-01-31T00:00:00-14:59"'],
    ['count', '12', '-2147483648', '12.0'],
    ['big', '"12"', '"-9223372036854775808"'],
    ['exact', '"12.5"', '"0.123456789012345678900000000000"', `"${'9'.repeat(38)}.${'9'.repeat(38)}"`],
    ['ok', 'true'],
    ['day', '"0001-01-01"', '"9999-12-31"'],
    ['mon', '"2026-01"'],
    ['long', `"${'字'.repeat(4_000)}"`, '"E12345678"'],
  ];
  const refused = [
    ['id_number', '""', '12', '"1234567890123456789012345678901"'],
    ['owner', '"E12345678"', '"11370399000000019"', '12'],
    ['at', '"2026-01-31T00:00:00.1234567Z"', '"2026-01-31T00:00:00+15:00"', '"2026-01-31T23:59:60Z"'],
    ['at', '"2026-01-31t00:00:00Z"', '"2026-01-31T00:00:00z"', '"2026-01-31 00:00:00"', '"2026-01-31T00:00:00"'],
    ['at', '"0000-01-01T00:00:00Z"', '"2026-02-30T00:00:00Z"', '0'],
    ['count', '"12"', '12.5', '2147483648', 'true', '""'],
    ['big', '12', '"9223372036854775808"', '"+1"', '"1.0"'],
    ['exact', '12.5', '0.1234567890123456789', '"1e3"', '"+1"', '"1."'],
    ['money', '12345678901234567.89', '12', '"12,5"'],
    ['ok', '"true"', '1', '"是"'],
    ['day', '"2026-02-29"', '"20260131"', '"0000-01-01"'],
    ['mon', '"2026-13"', '"202601"'],
    ['gender', '"男"', '1'],
    ['long', `"${'字'.repeat(4_001)}"`, '12', '"\\u0000"', '"\\ud800"'],
  ];
  const ask = async ([field = '', ...values]: readonly string[], expected: unknown) => {
    for (const value of values) {
      const one = await here.rest(`{"field":"${field}","op":"eq","value":${value}}`);
      const other = await here.graphql(`{"${field}":{"eq":${value}}}`);
      t.same([one.code, other.code], [expected, expected], `${field} = ${value.slice(0, 60)}`);
    }
  };
  for (const each of taken) await ask(each, undefined);
  for (const each of refused) await ask(each, 'bad-value');
  const own = await here.rest('{"field":"exact","op":"eq","value":"0.123456789012345678900000000000"}');
  t.same(
    own.rows.map(({ code }) => code),
    ['F1'],
    'a decimal of 30 digits finds its row',
  );
});

t.test('pseudonyms satisfy the schema of their reader', async (t) => {
  const masks = [...here.readers].find(([, { id_number }]) => id_number === 'pseudonym')!;
  const { body } = await here.node.ask('GET', `${EVERYTHING_PATH}/schema`, { as: masks[0] });
  const [form] = body.properties.id_number.anyOf;
  const { rows } = await here.rest('{"field":"code","op":"null","value":false}', masks[0]);
  t.ok(rows.length > 0);
  for (const { id_number } of rows) t.match(id_number, new RegExp(form.pattern));
});

t.test('a cursor of a long sort value walks on', async (t) => {
  const texts = ['a', '字', '𠮷'].flatMap((mark) => [`${mark.repeat(3_999)}1`, `${mark.repeat(3_999)}2`]);
  await here.deliver(texts.map((text, i) => line(`C${i}`, 'long', JSON.stringify(text))));
  for (const [method, path] of [
    ['POST', `${EVERYTHING_PATH}/rows/query`],
    ['QUERY', `${EVERYTHING_PATH}/rows`],
  ] as const) {
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const asked = { sort: ['long'], limit: 1, cursor };
      const { body } = await here.node.ask(method, path, { as: 'plain', body: asked });
      seen.push(body.data?.[0]?.code ?? body.code);
      cursor = body.page?.next_cursor ?? null;
    } while (cursor !== null && seen.length < 10);
    t.same(seen, ['C0', 'C1', 'C2', 'C3', 'C4', 'C5'], method);
  }
  const url = `${EVERYTHING_PATH}/rows?_sort=long&_limit=1`;
  let next: string | null = '';
  for (const code of ['C0', 'C1', 'C2']) {
    const { status, body } = await here.node.ask('GET', url + (next && `&_cursor=${next}`), { as: 'plain' });
    t.same([status, body.data?.[0]?.code], [200, code]);
    next = body.page?.next_cursor;
  }
  const { status, text } = await here.node.ask('GET', `${url}&_cursor=${next}`, { as: 'plain' });
  t.same([status, JSON.parse(text).code], [400, 'bad-header'], 'a URL that is too long, not a cursor that is wrong');
});

t.test("times without zone are China's, also in its summers", async (t) => {
  const days = ['01-15', '04-10', '05-03', '05-05', '06-30', '09-10', '09-18', '12-31'];
  const years = [1985, 1986, 1987, 1988, 1989, 1990, 1991, 1992];
  // The days on which the clocks change, outside the hour that comes twice or never.
  const changes = ['1986-05-04', '1986-09-14', '1987-04-12', '1988-04-17', '1989-04-16', '1990-09-16', '1991-09-15'];
  const locals = [
    ...years.flatMap((year) => days.map((day) => `${year}-${day} 12:00:00`)),
    ...changes.flatMap((day) => [`${day} 00:30:00`, `${day} 03:30:00`]),
  ];
  await here.deliver(locals.map((local, i) => line(`S${i}`, 'at', JSON.stringify(local))));
  const { rest } = await byCode();
  const shanghai = new Intl.DateTimeFormat('sv-SE', {
    timeZone: 'Asia/Shanghai',
    dateStyle: 'short',
    timeStyle: 'medium',
  });
  for (const [i, local] of locals.entries())
    t.equal(shanghai.format(new Date(String(rest.get(`S${i}`)?.at))), local, `${rest.get(`S${i}`)?.at}`);
});
