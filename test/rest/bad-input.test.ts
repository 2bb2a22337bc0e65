import { request } from 'node:http';
import t from 'tap';
import { PROBLEMS, type ProblemCode } from '../../src/platform/errors.js';
import type { Asking } from '../support/node.js';
import { served } from './served.js';

t.setTimeout(120_000);
const { node, rows } = await served(t);
const RESIDENT = '/data/police/resident/v1/rows';
const BUILDING = '/data/housing/building/v1/rows';
const THING = '/data/housing/thing/v1/rows';

const cursorOf = async (as: string, path: string) => {
  const { body } = await node.ask('GET', path, { as });
  if (typeof body.page?.next_cursor !== 'string') throw new Error(JSON.stringify(body));
  return body.page.next_cursor as string;
};
const cursor = await cursorOf('reader-app', `${RESIDENT}?_limit=2&gender=1`);
const foreign = await cursorOf('other-app', `${BUILDING}?_limit=2`);
const damaged = `${cursor.slice(0, -4)}${cursor.at(-4) === 'A' ? 'B' : 'A'}${cursor.slice(-3)}`;

/** What is wrong · the code · the named place · the suggestion. */
type Row = [what: string, code: ProblemCode, place: string | undefined, suggestion?: string];
type Url = [query: string, ...rest: Row];

const IN_101 = Array.from({ length: 101 }, () => 'gender.in=1').join('&');
const URLS: Url[] = [
  ['foo=1', 'an unknown parameter', 'unknown-field', 'foo'],
  ['gendr=1', 'a mistyped field', 'unknown-field', 'gendr', 'gender'],
  ['Gender=1', 'names are told apart by case', 'unknown-field', 'Gender', 'gender'],
  ['limit=5', 'a control without its mark', 'unknown-field', 'limit'],
  ['_limt=5', 'a mistyped control', 'unknown-parameter', '_limt', '_limit'],
  ['_offset=5', 'there is no offset', 'unknown-parameter', '_offset'],
  ['_where=1', 'no such control', 'unknown-parameter', '_where'],
  ['_any=1', 'alternatives without a field', 'unknown-parameter', '_any', '_any.'],
  ['_any.gendr=1', 'a mistyped field among alternatives', 'unknown-field', '_any.gendr', 'gender'],
  ['__proto__=1', 'a prototype', 'unknown-parameter', '__proto__'],
  ['constructor=1', 'a constructor', 'unknown-field', 'constructor'],
  ['gender%20=1', 'a name with a space', 'unknown-parameter', 'gender ', 'gender'],
  ['gender[eq]=1', 'brackets', 'unknown-parameter', 'gender[eq]'],
  ['=1', 'no name', 'unknown-parameter', ''],
  ['gender=1&gender=2', 'a filter twice', 'repeated-parameter', 'gender'],
  ['gender=1&gender.eq=2', 'a filter twice in two spellings', 'repeated-parameter', 'gender.eq'],
  ['_limit=1&_limit=2', 'a control twice', 'repeated-parameter', '_limit'],
  ['_sort=born&_sort=born', 'the same control twice', 'repeated-parameter', '_sort'],
  ['gender.like=1', 'an unknown operator', 'unknown-operator', 'gender.like'],
  ['gender.gte=1', 'an operator of another type', 'unknown-operator', 'gender.gte'],
  ['born.contains=19', 'text in a date', 'unknown-operator', 'born.contains'],
  ['grid_code.starts=37', 'a mistyped operator', 'unknown-operator', 'grid_code.starts'],
  ['gender.=1', 'an empty operator', 'unknown-operator', 'gender.'],
  ['gender=male', 'a code that the list has not', 'bad-value', 'gender'],
  ['gender=', 'an empty code', 'bad-value', 'gender'],
  ['gender.null=yes', 'null takes true or false', 'bad-value', 'gender.null'],
  ['gender=%zz', 'broken percent-encoding', 'bad-value', 'gender'],
  ['gender=%ff', 'no UTF-8', 'bad-value', 'gender'],
  ['grid_code=%00', 'NUL', 'bad-value', 'grid_code'],
  ['grid_code.contains=3', 'one character', 'bad-value', 'grid_code.contains'],
  [`grid_code=${'3'.repeat(1_001)}`, 'text without end', 'bad-value', 'grid_code'],
  [IN_101, 'too many values', 'too-complex', 'gender.in'],
  [Array.from({ length: 301 }, (_, i) => `a${i}=1`).join('&'), 'too many parameters', 'too-complex', undefined],
  ['police_station=1', 'a field that takes no filter', 'not-filterable', 'police_station'],
  ['_sort=gender', 'a field that takes no sort', 'not-filterable', '_sort'],
  ['_sort=bron', 'a mistyped sort', 'unknown-field', '_sort', 'born'],
  ['_sort=born,household_no', 'two sorts', 'unknown-field', '_sort', 'household_no'],
  ['_sort=', 'an empty sort', 'unknown-field', '_sort'],
  ['name=%E7%8E%8B', 'a personal value', 'use-body', 'name'],
  ['phone=19905330001', 'a masked personal value', 'use-body', 'phone'],
  ['id_number.in=370399195012310046', 'a number in a list', 'use-body', 'id_number.in'],
  ['_any.born.gte=2000-01-01', 'a personal value among alternatives', 'use-body', '_any.born.gte'],
  ['household.head_id=370399195012310046', 'a personal value of a relation', 'use-body', 'household.head_id'],
  ['household.nobody=1', 'no such field of a relation', 'unknown-field', 'household.nobody'],
  ['houshold.county=370303', 'a mistyped relation', 'unknown-field', 'houshold.county', 'household'],
  ['household.house.room=101', 'a filter over two relations', 'unknown-field', 'household.house.room'],
  ['grid.code=370303104003001', 'a relation that is not granted', 'relation-not-granted', 'grid'],
  ['_expand=grid', 'a relation that is not granted, expanded', 'relation-not-granted', 'grid'],
  ['_expand=houshold', 'a mistyped relation, expanded', 'unknown-field', '_expand', 'household'],
  ['_expand=gender', 'a field is no relation', 'unknown-field', '_expand'],
  ['_expand=household.house.grid.division.x', 'a path too deep', 'too-complex', '_expand'],
  ['_select=nmae', 'a mistyped selection', 'unknown-field', '_select', 'name'],
  ['_select=name,name', 'a field selected twice', 'bad-value', '_select'],
  ['_select=household.county', 'a path is no field', 'unknown-field', '_select', 'household_county'],
  ['_limit=0', 'no row', 'bad-limit', '_limit'],
  ['_limit=1001', 'too many rows', 'bad-limit', '_limit'],
  ['_limit=-1', 'less than nothing', 'bad-limit', '_limit'],
  ['_limit=1.5', 'half a row', 'bad-limit', '_limit'],
  ['_limit=ten', 'a word', 'bad-limit', '_limit'],
  ['_limit=', 'nothing', 'bad-limit', '_limit'],
  ['_limit=99999999999999999999', 'a number without end', 'bad-limit', '_limit'],
  ['_count=all', 'no such count', 'bad-value', '_count'],
  ['_count=exat', 'a mistyped count', 'bad-value', '_count', 'exact'],
  ['_cursor=abc', 'no cursor', 'bad-cursor', '_cursor'],
  ['_cursor=', 'an empty cursor', 'bad-cursor', '_cursor'],
  [`gender=1&_cursor=${damaged}`, 'a damaged cursor', 'bad-cursor', '_cursor'],
  [`gender=1&_cursor=${cursor}A`, 'a cursor with a tail', 'bad-cursor', '_cursor'],
  [`gender=2&_cursor=${cursor}`, 'the cursor of another filter', 'bad-cursor', '_cursor'],
  [`_cursor=${cursor}`, 'the cursor of a narrower query', 'bad-cursor', '_cursor'],
  [`gender=1&_sort=household_no&_cursor=${cursor}`, 'the cursor of another order', 'bad-cursor', '_cursor'],
  [`gender=1&_select=gender&_cursor=${cursor}`, 'the cursor of another selection', 'bad-cursor', '_cursor'],
];
const THINGS: Url[] = [
  ['count=1.5', 'no whole number', 'bad-value', 'count'],
  ['count=2147483648', 'beyond 32 bits', 'bad-value', 'count'],
  ['count=0x10', 'no decimal digits', 'bad-value', 'count'],
  ['big=9223372036854775808', 'beyond 64 bits', 'bad-value', 'big'],
  ['price=1e3', 'an exponent', 'bad-value', 'price'],
  ['price=1,5', 'a comma', 'bad-value', 'price'],
  ['ok=maybe', 'neither true nor false', 'bad-value', 'ok'],
  ['day=2026-02-29', 'a day that never was', 'bad-value', 'day'],
  ['day=2026-1-31', 'another spelling', 'bad-value', 'day'],
  ['day=0000-01-01', 'the year 0', 'bad-value', 'day'],
  ['mon=2026-13', 'month 13', 'bad-value', 'mon'],
  ['at=2026-11-24', 'a date is no time', 'bad-value', 'at'],
  ['at=2026-11-24T08:00:00', 'no zone', 'bad-value', 'at'],
  ['at=2026-11-24T08:00:00%2B23:00', 'no zone on earth', 'bad-value', 'at'],
  ['at=2026-11-24T24:00:00Z', 'hour 24', 'bad-value', 'at'],
  ['spot=1', 'a point compares with nothing', 'unknown-operator', 'spot'],
  ['tags.null=true', 'a list that takes no filter', 'not-filterable', 'tags.null'],
  [`_cursor=${foreign}`, 'the cursor of another dataset', 'bad-cursor', '_cursor'],
];

const leaf = (field: unknown, op: unknown, value: unknown) => ({ where: { field, op, value } });
const nested = (depth: number): unknown => (depth === 0 ? { field: 'gender', value: '1' } : { not: nested(depth - 1) });
type Body = [body: unknown, ...rest: Row];
const BODIES: Body[] = [
  [[], 'a list', 'bad-body', ''],
  ['"text"', 'text', 'bad-body', ''],
  ['null', 'null', 'bad-body', ''],
  ['', 'nothing', 'bad-body', undefined],
  ['{', 'half an object', 'bad-body', undefined],
  [{ wher: {} }, 'a mistyped member', 'unknown-parameter', '/wher', 'where'],
  [{ filter: {} }, 'an unknown member', 'unknown-parameter', '/filter'],
  [{ 'a/b~c': 1 }, 'a member that is escaped in a pointer', 'unknown-parameter', '/a~1b~0c'],
  [{ where: 1 }, 'no condition', 'bad-body', '/where'],
  [{ where: [] }, 'a list is no condition', 'bad-body', '/where'],
  [{ where: {} }, 'an empty condition', 'bad-body', '/where'],
  [{ where: { and: [] } }, 'nothing ANDed', 'bad-body', '/where/and'],
  [{ where: { or: {} } }, 'no list of alternatives', 'bad-body', '/where/or'],
  [{ where: { and: [{ field: 'gender', value: '1' }], or: [] } }, 'two at once', 'unknown-parameter', '/where/or'],
  [
    { where: { field: 'gender', value: '1', operator: 'eq' } },
    'a mistyped member of a leaf',
    'unknown-parameter',
    '/where/operator',
  ],
  [
    {
      where: {
        and: [
          { field: 'gender', value: '1' },
          { field: 'gendr', value: '1' },
        ],
      },
    },
    'the place of a leaf',
    'unknown-field',
    '/where/and/1/field',
    'gender',
  ],
  [leaf(1, 'eq', '1'), 'a field that is no text', 'bad-body', '/where'],
  [leaf('gender', 1, '1'), 'an operator that is no text', 'bad-body', '/where'],
  [leaf('gender', 'equals', '1'), 'an unknown operator', 'unknown-operator', '/where/op'],
  [leaf('gender', 'eq', 1), 'a number for a code', 'bad-value', '/where/value'],
  [leaf('gender', 'eq', ['1']), 'a list for a value', 'bad-value', '/where/value'],
  [leaf('gender', 'eq', null), 'null for a value', 'bad-value', '/where/value'],
  [leaf('gender', 'eq', undefined), 'no value', 'bad-value', '/where/value'],
  [leaf('gender', 'in', '1'), 'a value for a list', 'bad-value', '/where/value'],
  [leaf('gender', 'in', ['1', 'x']), 'the place in a list', 'bad-value', '/where/value/1'],
  [leaf('born', 'eq', '1990-02-30'), 'a day that never was', 'bad-value', '/where/value'],
  [leaf('grid_code', 'eq', 'a\u0000b'), 'NUL', 'bad-value', '/where/value'],
  [leaf('grid_code', 'eq', '\ud800'), 'half a surrogate pair', 'bad-value', '/where/value'],
  [leaf('__proto__', 'eq', '1'), 'a prototype', 'unknown-field', '/where/field'],
  [leaf('phone', 'eq', '1'), 'a masked field', 'field-not-granted', 'phone'],
  [
    leaf('household.head_id', 'eq', '370399195012310046'),
    'a masked field of a relation',
    'field-not-granted',
    'household.head_id',
  ],
  [{ where: nested(4) }, 'too deep', 'too-complex', '/where/not/not/not/not'],
  [{ where: { or: Array(51).fill({ field: 'gender', value: '1' }) } }, 'too many leaves', 'too-complex', '/where'],
  [leaf('gender', 'in', Array(5_001).fill('1')), 'too many values', 'too-complex', '/where'],
  [{ select: 'gender' }, 'a selection that is no list', 'bad-body', '/select'],
  [{ select: ['gendr'] }, 'a mistyped selection', 'unknown-field', '/select', 'gender'],
  [{ select: [1] }, 'a selection of numbers', 'bad-body', '/select'],
  [{ sort: ['born', 'household_no'] }, 'two sorts', 'bad-body', '/sort'],
  [{ sort: ['-bron'] }, 'a mistyped sort', 'unknown-field', '/sort/0', 'born'],
  [{ sort: ['born'] }, 'a sort by a masked field', 'field-not-granted', 'born'],
  [{ limit: '10' }, 'a limit that is text', 'bad-limit', '/limit'],
  [{ limit: 1_001 }, 'too many rows', 'bad-limit', '/limit'],
  [{ limit: null }, 'a limit of null', 'bad-limit', '/limit'],
  [{ cursor: 1 }, 'a cursor that is no text', 'bad-cursor', '/cursor'],
  [{ count: true }, 'no such count', 'bad-value', '/count'],
  [{ expand: ['grids'] }, 'a mistyped relation', 'unknown-field', '/expand', 'grid'],
  [{ expand: ['grid'] }, 'a relation that is not granted', 'relation-not-granted', 'grid'],
];
const LOOKUPS: Body[] = [
  [{}, 'no keys', 'bad-body', '/keys'],
  [{ keys: [] }, 'not one key', 'bad-body', '/keys'],
  [{ keys: 'B00' }, 'keys that are no list', 'bad-body', '/keys'],
  [{ keys: Array(1_001).fill('B00') }, 'too many keys', 'bad-body', '/keys'],
  [{ keys: ['B00', [['B01']]] }, 'a key that is nested', 'bad-body', '/keys/1'],
  [{ keys: ['B00'], limit: 1 }, 'a member of another operation', 'unknown-parameter', '/limit'],
  [{ keys: ['B00'], selct: [] }, 'a mistyped member', 'unknown-parameter', '/selct', 'select'],
];

/** The reply is a problem of this code at this place, and contains no value and nothing internal. */
async function refused(
  method: string,
  path: string,
  asking: Asking,
  [what, code, place, suggestion]: Row,
): Promise<void> {
  const reply = await node.ask(method, path, asking);
  const name = `${what}: ${method} ${path.slice(0, 80)}`;
  t.equal(reply.status, PROBLEMS[code].status, `${name} ${reply.text.slice(0, 200)}`);
  t.match(reply.headers.get('content-type'), /^application\/problem\+json/);
  t.equal(reply.headers.get('cache-control'), 'no-store');
  t.equal(reply.headers.get('request-id'), reply.body.trace_id);
  t.match(
    reply.body,
    { code, status: PROBLEMS[code].status, title: PROBLEMS[code].title, type: `${node.baseUrl}/problems/${code}` },
    name,
  );
  if (place !== undefined) {
    const [fault] = reply.body.errors;
    t.equal(fault?.parameter ?? fault?.pointer, place, name);
    t.type(fault?.reason, 'string');
    t.equal(fault?.suggestion, suggestion, name);
  }
  t.notMatch(
    reply.text,
    /19905330001|370399195012310046|node_modules|SELECT |syntax error/,
    'no value, nothing of our inside',
  );
}

t.test('query strings', async () => {
  for (const [query, ...row] of URLS) await refused('GET', `${RESIDENT}?${query}`, { as: 'reader-app' }, row);
  for (const [query, ...row] of THINGS) await refused('GET', `${THING}?${query}`, { as: 'reader-app' }, row);
});

t.test('bodies', async () => {
  const json = { 'content-type': 'application/json' };
  for (const [body, ...row] of BODIES) {
    await refused('POST', `${RESIDENT}/query`, { as: 'reader-app', body, headers: json }, row);
    await refused('QUERY', RESIDENT, { as: 'reader-app', body, headers: json }, row);
  }
  for (const [body, ...row] of LOOKUPS)
    await refused('POST', `${BUILDING}/lookup`, { as: 'reader-app', body, headers: json }, row);
});

const resident = rows['police/resident']![0]!;
const token = await node.token('reader-app');
const platform = await node.token('reader-app', 'platform');
const bearer = (text: string) => ({ headers: { authorization: text } });
const flipped = `${token.slice(0, -6)}${token.at(-6) === 'A' ? 'B' : 'A'}${token.slice(-5)}`;
type Other = [method: string, path: string, asking: Asking, ...rest: Row];
const reader = { as: 'reader-app' };
const OTHERS: Other[] = [
  ['GET', RESIDENT, {}, 'no token', 'unauthenticated', undefined],
  ['GET', RESIDENT, bearer('Bearer'), 'an empty token', 'unauthenticated', undefined],
  ['GET', RESIDENT, bearer('Bearer x.y.z'), 'no token of ours', 'unauthenticated', undefined],
  ['GET', RESIDENT, bearer(`Bearer ${flipped}`), 'a token that was changed', 'unauthenticated', undefined],
  ['GET', RESIDENT, bearer(`Bearer ${platform}`), 'a token for the other audience', 'unauthenticated', undefined],
  ['GET', RESIDENT, bearer(`Basic ${token}`), 'another scheme', 'unauthenticated', undefined],
  ['GET', `${RESIDENT}?foo=1`, {}, 'no token goes before what is asked', 'unauthenticated', undefined],
  [
    'POST',
    `${RESIDENT}/query`,
    { body: '{', headers: { 'content-type': 'application/json' } },
    'no token goes before the body',
    'unauthenticated',
    undefined,
  ],
  [
    'GET',
    BUILDING,
    { ...reader, headers: { 'exchange-purpose': 'emergency-response' } },
    'a purpose of no grant',
    'wrong-purpose',
    'Exchange-Purpose',
  ],
  [
    'GET',
    BUILDING,
    { ...reader, headers: { 'exchange-purpose': 'nothing-such' } },
    'a purpose that is none',
    'wrong-purpose',
    'Exchange-Purpose',
  ],
  [
    'GET',
    BUILDING,
    { ...reader, headers: { 'exchange-purpose': 'Grid Service' } },
    'no code of a purpose',
    'bad-header',
    'exchange-purpose',
  ],
  [
    'GET',
    BUILDING,
    { ...reader, headers: { 'exchange-grant': 'a b' } },
    'no id of a grant',
    'bad-header',
    'exchange-grant',
  ],
  [
    'GET',
    BUILDING,
    { ...reader, headers: { 'exchange-grant': 'nobody' } },
    'a grant that is none of ours',
    'choose-grant',
    'Exchange-Grant',
  ],
  [
    'GET',
    BUILDING,
    { ...reader, headers: { 'exchange-case': '%zz' } },
    'a case that is not percent-encoded',
    'bad-header',
    'exchange-case',
  ],
  [
    'GET',
    BUILDING,
    { ...reader, headers: { 'exchange-operator': '%E2%80%AE' } },
    'an operator of formatting characters',
    'bad-header',
    'exchange-operator',
  ],
  ['GET', BUILDING, { as: 'purposes-app' }, 'two purposes and none named', 'purpose-required', 'Exchange-Purpose'],
  ['GET', BUILDING, { as: 'grants-app' }, 'two grants and none chosen', 'choose-grant', 'Exchange-Grant'],
  ['GET', BUILDING, { as: 'verify-app' }, 'a grant of another mode', 'mode-not-granted', undefined],
  ['GET', BUILDING, { as: 'case-app' }, 'no case', 'case-required', 'Exchange-Case'],
  [
    'GET',
    BUILDING,
    { as: 'case-app', headers: { 'exchange-case': 'A-1' } },
    'no operator',
    'operator-required',
    'Exchange-Operator',
  ],
  [
    'GET',
    `${BUILDING}?_select=chief_name`,
    { as: 'grants-app', headers: { 'exchange-grant': 'x' } },
    'another grant than chosen',
    'choose-grant',
    'Exchange-Grant',
  ],
  ['GET', `${RESIDENT}?_select=name`, { as: 'other-app' }, 'a field that is not granted', 'field-not-granted', 'name'],
  [
    'GET',
    `${RESIDENT}?_sort=household_no`,
    { as: 'other-app' },
    'a sort by a field that is not granted',
    'field-not-granted',
    'household_no',
  ],
  [
    'GET',
    `${RESIDENT}?status=0`,
    { as: 'other-app' },
    'a filter on a field that is not granted',
    'field-not-granted',
    'status',
  ],
  [
    'GET',
    `${RESIDENT}?name.null=true`,
    reader,
    'a masked field is neither absent nor present',
    'field-not-granted',
    'name',
  ],
  ['GET', RESIDENT, { as: 'stranger-app' }, 'no grant', 'not-found', undefined],
  ['GET', '/data/police/nobody/v1/rows', { as: 'reader-app' }, 'no such dataset', 'not-found', undefined],
  ['GET', '/data/police/resident/v2/rows', { as: 'reader-app' }, 'no such major', 'not-found', undefined],
  [
    'GET',
    '/data/police/resident/v01/rows',
    { as: 'reader-app' },
    'another spelling of the major',
    'not-found',
    undefined,
  ],
  ['GET', '/data/police/nobody/v1', { as: 'reader-app' }, 'no page of a dataset that is not', 'not-found', undefined],
  ['GET', '/data/__proto__/constructor/v1/rows', { as: 'reader-app' }, 'a prototype', 'not-found', undefined],
  ['GET', `${RESIDENT}/`, reader, 'a slash behind', 'not-found', undefined],
  ['GET', `/data/police%2Fresident/v1/rows`, reader, 'an encoded slash', 'not-found', undefined],
  ['GET', `/data/police/resident/v1/rows%2f..`, reader, 'an encoded slash below', 'not-found', undefined],
  ['GET', `/data/%2e%2e/police/resident/v1/rows`, reader, 'an encoded dot segment', 'not-found', undefined],
  ['GET', `/data/police/resident/v1/%72ows%5c`, reader, 'an encoded backslash', 'not-found', undefined],
  ['GET', '/nowhere', reader, 'no such path', 'not-found', undefined],
  ['DELETE', RESIDENT, reader, 'a method that it has not', 'not-found', undefined],
  ['PUT', RESIDENT, reader, 'another', 'not-found', undefined],
  ['GET', `${RESIDENT}/AAAAAAAAAAAAAAAAAAAAAA`, reader, 'no such row', 'not-found', undefined],
  ['GET', `${RESIDENT}/${resident.id_number}`, reader, 'a personal key in the path', 'use-body', 'id'],
  ['GET', `${RESIDENT}/query`, reader, 'a name that is no row', 'use-body', 'id'],
  ['GET', `${BUILDING}/B00?_limit=1`, reader, 'a control that one row has not', 'unknown-parameter', '_limit'],
  ['GET', `${BUILDING}/B00?code=B00`, reader, 'a filter that one row has not', 'unknown-parameter', 'code'],
  ['GET', '/data/housing/building/v1?x=1', reader, 'the page takes nothing', 'unknown-parameter', 'x'],
  ['GET', '/data/housing/building/v1/schema?x=1', reader, 'the schema takes nothing', 'unknown-parameter', 'x'],
  [
    'POST',
    `${RESIDENT}/lookup`,
    { ...reader, body: { keys: [resident.id_number] } },
    'a masked key looks nothing up',
    'field-not-granted',
    'id_number',
  ],
  [
    'POST',
    `${BUILDING}/query`,
    { ...reader, body: '<a/>', headers: { 'content-type': 'text/xml' } },
    'another media type',
    'unsupported-media-type',
    undefined,
  ],
  [
    'POST',
    `${BUILDING}/query`,
    { ...reader, body: 'limit=1', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    'a form',
    'unsupported-media-type',
    undefined,
  ],
  [
    'POST',
    `${BUILDING}/query`,
    { ...reader, body: new Uint8Array(1_100_000), headers: { 'content-type': 'application/json' } },
    'more than a megabyte',
    'too-large',
    undefined,
  ],
];

t.test('caller, purpose, path and headers', async () => {
  for (const [method, path, asking, ...row] of OTHERS) await refused(method, path, asking, row);
});

t.test('401 has a challenge, and no other status has one', async (t) => {
  const bare = await node.ask('GET', RESIDENT);
  t.equal(bare.headers.get('www-authenticate'), 'Bearer realm="civic-exchange"');
  const bad = await node.ask('GET', RESIDENT, bearer('Bearer x.y.z'));
  t.equal(bad.headers.get('www-authenticate'), 'Bearer realm="civic-exchange", error="invalid_token"');
  const denied = await node.ask('GET', RESIDENT, { as: 'stranger-app' });
  t.equal(denied.headers.get('www-authenticate'), null);
});

t.test('without a grant every dataset looks the same, existing or not', async (t) => {
  const strip = (text: string) => text.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '(uuid)');
  const asks: [method: string, below: string, body?: unknown][] = [
    ['GET', '/rows'],
    ['GET', '/rows?foo=1'],
    ['GET', '/rows?_limit=0'],
    ['GET', '/rows/AAAAAAAAAAAAAAAAAAAAAA'],
    ['GET', '/rows/370399195012310046'],
    ['POST', '/rows/query', { wher: 1 }],
    ['QUERY', '/rows', {}],
    ['POST', '/rows/lookup', { keys: [] }],
  ];
  for (const [method, below, body] of asks) {
    const look = async (dataset: string) => {
      const { status, text, headers } = await node.ask(method, `/data/${dataset}${below}`, {
        as: 'stranger-app',
        body,
      });
      const told = [...headers].filter(
        ([name]) => !['date', 'ratelimit', 'exchange-receipt', 'request-id'].includes(name),
      );
      t.ok(headers.has('exchange-receipt'), 'recorded alike');
      return [status, strip(text), told];
    };
    t.same(await look('police/resident/v1'), await look('police/residence/v1'), `${method} ${below}`);
    t.same(await look('police/resident/v1'), await look('police/resident/v9'), `${method} ${below}, another major`);
  }
});

/** fetch joins headers of one name; this sends them unchanged. */
function twice(headers: string[], path = RESIDENT): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(node.baseUrl);
    const sent = request({ hostname, port, path, headers, setHost: false }, (reply) => {
      let text = '';
      reply.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      reply.on('end', () => resolve({ status: reply.statusCode!, text }));
    });
    sent.on('error', reject).end();
  });
}

t.test('repeated headers and unknown hosts', async (t) => {
  const { host } = new URL(node.baseUrl);
  const own = ['Host', host, 'Authorization', `Bearer ${token}`];
  const cases: [what: string, headers: string[], code: ProblemCode][] = [
    ['two tokens', [...own, 'authorization', `Bearer ${token}`], 'bad-header'],
    ['two purposes', [...own, 'Exchange-Purpose', 'grid-service', 'exchange-purpose', 'grid-service'], 'bad-header'],
    ['two grants', [...own, 'Exchange-Grant', 'a', 'EXCHANGE-GRANT', 'b'], 'bad-header'],
    ['two cases', [...own, 'Exchange-Case', '1', 'Exchange-Case', '2'], 'bad-header'],
    ['two operators', [...own, 'Exchange-Operator', '1', 'Exchange-Operator', '2'], 'bad-header'],
    ['another host', ['Host', 'evil.example', 'Authorization', `Bearer ${token}`], 'bad-host'],
    ['our host at another port', ['Host', '127.0.0.1:1', 'Authorization', `Bearer ${token}`], 'bad-host'],
    ['an empty host', ['Host', '', 'Authorization', `Bearer ${token}`], 'bad-host'],
  ];
  for (const [what, headers, code] of cases) {
    const { status, text } = await twice(headers);
    t.equal(status, 400, what);
    t.equal(JSON.parse(text).code, code, what);
  }
  t.equal((await twice(own)).status, 200, 'each once');
});
