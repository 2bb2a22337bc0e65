import type { Outside, Part } from './outside.js';
import { THING_PATH, THINGS, type Thing } from './thing.js';

const ROWS = `${THING_PATH}/rows`;
const RESIDENTS = '/data/police/resident/v1/rows';

type Value = string | number | boolean | null;
/** Operators as api.md defines them. Null matches only `null`; `ne` and `nin` leave it out, as in SQL. */
const HOLDS: Record<string, (value: Value, asked: string[], compare: (a: Value, b: string) => number) => boolean> = {
  eq: (value, [asked], compare) => compare(value, asked!) === 0,
  ne: (value, [asked], compare) => compare(value, asked!) !== 0,
  in: (value, asked, compare) => asked.some((one) => compare(value, one) === 0),
  nin: (value, asked, compare) => !asked.some((one) => compare(value, one) === 0),
  lt: (value, [asked], compare) => compare(value, asked!) < 0,
  lte: (value, [asked], compare) => compare(value, asked!) <= 0,
  gt: (value, [asked], compare) => compare(value, asked!) > 0,
  gte: (value, [asked], compare) => compare(value, asked!) >= 0,
  contains: (value, [asked]) => String(value).includes(asked!),
  startswith: (value, [asked]) => String(value).startsWith(asked!),
};
const byText = (a: Value, b: string): number => (String(a) < b ? -1 : String(a) > b ? 1 : 0);
const byBig = (a: Value, b: string): number =>
  Number(BigInt(String(a)) - BigInt(b) > 0n) - Number(BigInt(String(a)) - BigInt(b) < 0n);
const byNumber = (a: Value, b: string) => Number(a) - Number(b);
const byTime = (a: Value, b: string) => Date.parse(String(a)) - Date.parse(b);

const EQUALITY = ['eq', 'ne', 'in', 'nin'];
const ORDER = ['lt', 'lte', 'gt', 'gte'];
const COLUMNS: [field: keyof Thing, operators: string[], asked: string[], compare: typeof byText][] = [
  ['code', EQUALITY, ['T03', 'T24'], byText],
  ['label', [...EQUALITY, 'contains', 'startswith'], ['甲_%', 'Alpha'], byText],
  ['label', ['contains', 'startswith'], ['lph'], byText],
  ['label', ['contains', 'startswith'], ["o'x\\"], byText],
  ['gender', EQUALITY, ['1', '2'], byText],
  ['count', [...EQUALITY, ...ORDER], ['14', '-84'], byNumber],
  ['big', [...EQUALITY, ...ORDER], ['9223372036854775807', '-9007199254740993'], byBig],
  ['price', [...EQUALITY, ...ORDER], ['22.05', '-11.02'], byNumber],
  ['ok', EQUALITY, ['true', 'false'], byText],
  ['day', [...EQUALITY, ...ORDER], ['2010-02-21', '2003-02-23'], byText],
  ['mon', [...EQUALITY, ...ORDER], ['2026-06', '2026-01'], byText],
  ['at', [...EQUALITY, ...ORDER], ['2026-01-10T01:00:00Z', '2026-01-04T03:00:00+08:00'], byTime],
];

const codesOf = (rows: readonly Record<string, any>[]) => rows.map(({ code }) => code as string).sort();
const where = (holds: (thing: Thing) => boolean) => THINGS.filter(holds).map(({ code }) => code);
const pair = (name: string, value: string) => `${name}=${encodeURIComponent(value)}`;
const typed = (field: keyof Thing, value: string): Value =>
  field === 'ok' ? value === 'true' : field === 'count' ? Number(value) : value;

/** Shared by the tests below. */
function tools(outside: Outside) {
  const codes = async (query: string) => codesOf(await outside.walk(`${ROWS}?_limit=1000&${query}`));
  const byBody = async (body: object, method = 'POST') => {
    const path = method === 'QUERY' ? ROWS : `${ROWS}/query`;
    const reply = await outside.ask(method, path, { body: { limit: 1000, ...body } });
    if (reply.status !== 200) throw new Error(reply.text);
    return codesOf(reply.body.data);
  };
  return { codes, byBody };
}

export const queryLanguage: Part = [
  [
    'every operator × type, in the URL, by QUERY and by POST',
    async (t, outside) => {
      const { codes, byBody } = tools(outside);
      for (const [field, operators, asked, compare] of COLUMNS) {
        for (const op of operators) {
          const list = op === 'in' || op === 'nin';
          const values = list ? asked : asked.slice(0, 1);
          const expected = where((thing) => thing[field] !== null && HOLDS[op]!(thing[field], values, compare));
          const name = op === 'eq' ? field : `${field}.${op}`;
          const what = `${name} ${values}`;
          t.same(await codes(values.map((value) => pair(name, value)).join('&')), expected, what);
          const value = list ? values.map((one) => typed(field, one)) : typed(field, values[0]!);
          t.same(await byBody({ where: { field, op, value } }), expected, `${what} in a body`);
        }
        t.same(
          await codes(`${field}.null=true`),
          where((thing) => thing[field] === null),
          `${field}.null`,
        );
        const given = where((thing) => thing[field] !== null);
        t.same(await byBody({ where: { field, op: 'null', value: false } }, 'QUERY'), given, `${field} by QUERY`);
      }
    },
  ],
  [
    'pairs are ANDed, _any is one OR group, bodies nest',
    async (t, outside) => {
      const { codes, byBody } = tools(outside);
      const old = (thing: Thing) => thing.count !== null && thing.count > 50;
      const one = (thing: Thing) => thing.gender === '1';
      t.same(
        await codes('gender=1&count.gt=50'),
        where((thing) => one(thing) && old(thing)),
      );
      t.same(
        await codes('_any.gender=1&_any.count.gt=50'),
        where((thing) => one(thing) || old(thing)),
      );
      t.same(
        await codes('ok=true&_any.gender=1&_any.count.gt=50'),
        where((thing) => thing.ok === true && (one(thing) || old(thing))),
      );
      t.same(await codes('_any.code=T01&_any.code=T02'), ['T01', 'T02'], '_any may appear more than once');
      const leaf = { field: 'gender', op: 'eq', value: '1' };
      const or = { or: [leaf, { not: { field: 'count', op: 'lte', value: 50 } }] };
      const known = where((thing) => thing.ok === true && (one(thing) || old(thing)));
      t.same(await byBody({ where: { and: [{ field: 'ok', op: 'eq', value: true }, or] } }), known);
      t.same(await byBody({}), codesOf([...THINGS]), 'an empty body asks for everything');
      t.same(await byBody({ where: { field: 'code', op: 'in', value: [] } }), [], 'in of nothing is nothing');
    },
  ],
  [
    'a path filters over a declared relation',
    async (t, outside) => {
      const { codes, byBody } = tools(outside);
      const there = where(({ division }) => division !== null);
      t.same(await codes('place.code=370303104003001'), there);
      t.same(await byBody({ where: { field: 'place.settlement', op: 'eq', value: '1' } }), there);
      t.same(await codes('place.code=370303104002001'), [], 'but only to rows that the grant of the target gives');
    },
  ],
  [
    'sorts: each sortable field both ways, nulls last, _id behind',
    async (t, outside) => {
      for (const [field, compare] of [
        ['code', byText],
        ['count', byNumber],
        ['price', byNumber],
        ['day', byText],
        ['at', byTime],
      ] as const) {
        for (const sign of ['', '-']) {
          const given = THINGS.filter((thing) => thing[field] !== null);
          const order = given.sort((a, b) => (sign ? -1 : 1) * compare(a[field], String(b[field])));
          const rows = await outside.walk(`${ROWS}?_limit=4&_sort=${sign}${field}`);
          t.equal(rows.length, THINGS.length);
          const same = order.map((thing, i) => compare(rows[i]![field], String(thing[field])));
          t.ok(
            same.every((difference) => difference === 0),
            sign + field,
          );
          t.ok(
            rows.slice(given.length).every((row) => row[field] === null),
            'nulls last',
          );
        }
      }
    },
  ],
  [
    'a walk by any page size is the whole set, each row once, in one order',
    async (t, outside) => {
      const whole = await outside.walk(`${RESIDENTS}?_limit=1000`);
      t.equal(whole.length, 148);
      t.equal(new Set(whole.map(({ _id }) => _id)).size, 148);
      for (const limit of [37, 148]) t.same(await outside.walk(`${RESIDENTS}?_limit=${limit}`), whole, `by ${limit}`);
      const last = await outside.ask('GET', `${RESIDENTS}?_limit=148`);
      t.match(last.body.page, { has_more: false, next_cursor: null }, 'no empty page at the end');
      t.notOk(last.headers.link);
      const first = await outside.ask('GET', `${RESIDENTS}?_limit=3`);
      t.match(first.body.page, { has_more: true, count: null });
      const [, next] = /^<([^>]+)>; rel="next"$/.exec(first.headers.link!)!;
      const second = await outside.ask('GET', next!);
      t.same(second.body.data, whole.slice(3, 6), 'Link leads on');
      const wider = await outside.ask('GET', `${RESIDENTS}?_limit=9&_cursor=${first.body.page.next_cursor}`);
      t.same(wider.body.data, whole.slice(3, 12), 'a cursor is not bound to the limit');
      const byDefault = await outside.ask('GET', RESIDENTS);
      t.same(byDefault.body.data, whole.slice(0, 100), '100 by default');
    },
  ],
  [
    'counts on request only',
    async (t, outside) => {
      for (const [query, count] of [
        ['', null],
        ['&_count=none', null],
        ['&_count=exact', 148],
        ['&_count=estimated', 148],
      ] as const)
        t.equal((await outside.ask('GET', `${RESIDENTS}?_limit=1${query}`)).body.page.count, count, query);
      const filtered = await outside.ask('POST', `${ROWS}/query`, {
        body: { where: { field: 'ok', op: 'eq', value: true }, count: 'exact', limit: 1 },
      });
      t.equal(filtered.body.page.count, 12);
    },
  ],
  [
    'selection and expansion give exactly what was asked for',
    async (t, outside) => {
      const names = async (query: string) =>
        Object.keys((await outside.ask('GET', `${RESIDENTS}?_limit=1&${query}`)).body.data[0]);
      t.same(await names('_select=gender,status'), ['_id', 'gender', 'status']);
      t.same(await names('_select=gender&_expand=household'), ['_id', 'gender', 'household']);
      const nested = await outside.walk(`${RESIDENTS}?_limit=1000&_select=household_no&_expand=household.house,grid`);
      t.ok(
        nested.every(
          ({ household, household_no, grid }) =>
            (household === null || household.household_no === household_no) && grid.code.startsWith('370303104003'),
        ),
      );
      t.ok(
        nested.some((row) => /^\d{3,4}$/.test(row.household?.house?.room)),
        'two relations deep',
      );
      t.ok(
        nested.every((row) => row.household === null || /^.\*+$/.test(row.household.head_name)),
        'each joined table under its own masks',
      );
      const foreign = await outside.walk(`${ROWS}?_limit=100&_expand=place`);
      t.same(
        codesOf(foreign.filter(({ place }) => place === null)),
        where(({ division }) => division === null),
      );
    },
  ],
  [
    'values come back as they were delivered, typed',
    async (t, outside) => {
      const rows = await outside.walk(`${ROWS}?_limit=100&_sort=code`);
      for (const [i, thing] of THINGS.entries()) {
        const { at, ...rest } = thing;
        t.match(rows[i], rest, thing.code);
        t.equal(at === null ? null : Date.parse(rows[i]!.at), at === null ? null : Date.parse(at));
      }
      t.equal(rows[3]!.big, '9223372036854775807', 'beyond 2^53 as a string');
      t.equal(rows[24]!.shape, null, 'a null field is present as null');
      const schema = await outside.ask('GET', `${THING_PATH}/schema`);
      t.match(schema.headers['content-type'], 'application/schema+json');
      t.match(schema.body.$schema, 'https://json-schema.org/draft/2020-12/schema');
      t.same(Object.keys(schema.body.properties), Object.keys(rows[0]!));
    },
  ],
  [
    'one row by _id and by a key that is not personal',
    async (t, outside) => {
      const [row] = await outside.walk(`${ROWS}?_limit=1&code=T07`);
      for (const id of [row!._id, 'T07']) {
        const one = await outside.ask('GET', `${ROWS}/${id}`);
        t.same(one.body, { data: row, release: one.body.release });
      }
      const slim = await outside.ask('GET', `${ROWS}/T07?_select=count&_expand=place`);
      t.same(slim.body.data, { _id: row!._id, count: row!.count, place: null });
      const several = await outside.ask('GET', '/data/police/household/v1/rows/370399,000000001');
      t.match(several.body.data, { county: '370399', household_no: '000000001' });
    },
  ],
  [
    'lookup answers in the order asked, found or not',
    async (t, outside) => {
      const keys = ['T09', 'nothing', 7, 'T01', null, 'T09'];
      const reply = await outside.ask('POST', `${ROWS}/lookup`, { body: { keys, select: ['count'] } });
      t.equal(reply.status, 200);
      t.same(
        reply.body.data.map(({ key, found }: { key: unknown; found: boolean }) => [key, found]),
        [
          ['T09', true],
          ['nothing', false],
          [7, false],
          ['T01', true],
          [null, false],
          ['T09', true],
        ],
      );
      t.match(reply.body.data[0].row, { count: THINGS[9]!.count });
      t.same(Object.keys(reply.body.data[1]), ['key', 'found']);
      const many = await outside.ask('POST', `${ROWS}/lookup`, {
        body: { keys: Array.from({ length: 1000 }, (_, i) => `T${i}`) },
      });
      t.equal(many.body.data.length, 1000);
      const tooMany = await outside.ask('POST', `${ROWS}/lookup`, { body: { keys: Array(1001).fill('T01') } });
      t.match([tooMany.status, tooMany.body.errors[0].pointer], [400, '/keys']);
    },
  ],
];
