import { request } from 'node:http';
import { PROBLEMS, type ProblemCode } from '../../src/platform/errors.js';
import { BAD_BODIES, BAD_URLS, type BadAsk, leaf } from '../support/bad-asks.js';
import type { Asking } from '../support/node.js';
import t from '../support/tap.js';
import { BAD_CALLS, type BadCall, BUILDING, bearer, RESIDENT, type Refused, reader } from './bad-calls.js';
import { served } from './served.js';

t.setTimeout(120_000);
const { node, rows } = await served(t);
const THING = '/data/housing/thing/v1/rows';

const cursorOf = async (as: string, path: string) => {
  const { body } = await node.ask('GET', path, { as });
  if (typeof body.page?.next_cursor !== 'string') throw new Error(JSON.stringify(body));
  return body.page.next_cursor as string;
};
const cursor = await cursorOf('reader-app', `${RESIDENT}?_limit=2&gender=1`);
const foreign = await cursorOf('other-app', `${BUILDING}?_limit=2`);
const damaged = `${cursor.slice(0, -4)}${cursor.at(-4) === 'A' ? 'B' : 'A'}${cursor.slice(-3)}`;

type Url = BadAsk<string>;

const URLS: Url[] = [
  ['foo=1', 'an unknown parameter', 'unknown-field', 'foo'],
  ['limit=5', 'a control without its mark', 'unknown-field', 'limit'],
  ['_sort=born&_sort=born', 'the same control twice', 'repeated-parameter', '_sort'],
  ['born.contains=19', 'text in a date', 'unknown-operator', 'born.contains'],
  ['grid_code.starts=37', 'a mistyped operator', 'unknown-operator', 'grid_code.starts'],
  ['grid_code=%00', 'NUL', 'bad-value', 'grid_code'],
  ['grid_code.contains=3', 'one character', 'bad-value', 'grid_code.contains'],
  [`grid_code=${'3'.repeat(1_001)}`, 'text without end', 'bad-value', 'grid_code'],
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
  [`gender=1&_cursor=${damaged}`, 'a damaged cursor', 'bad-cursor', '_cursor'],
  [`gender=1&_cursor=${cursor}A`, 'a cursor with a tail', 'bad-cursor', '_cursor'],
  [`gender=2&_cursor=${cursor}`, 'the cursor of another filter', 'bad-cursor', '_cursor'],
  [`_cursor=${cursor}`, 'the cursor of a narrower query', 'bad-cursor', '_cursor'],
  [`gender=1&_sort=household_no&_cursor=${cursor}`, 'the cursor of another order', 'bad-cursor', '_cursor'],
  [`gender=1&_select=gender&_cursor=${cursor}`, 'the cursor of another selection', 'bad-cursor', '_cursor'],
];

type Body = BadAsk<unknown>;
const BODIES: Body[] = [
  [leaf('born', 'eq', '1990-02-30'), 'a day that never was', 'bad-value', '/where/value'],
  [leaf('grid_code', 'eq', 'a\u0000b'), 'NUL', 'bad-value', '/where/value'],
  [leaf('grid_code', 'eq', '\ud800'), 'half a surrogate pair', 'bad-value', '/where/value'],
  [leaf('phone', 'eq', '1'), 'a masked field', 'field-not-granted', 'phone'],
  [
    leaf('household.head_id', 'eq', '370399195012310046'),
    'a masked field of a relation',
    'field-not-granted',
    'household.head_id',
  ],
  [{ sort: ['-bron'] }, 'a mistyped sort', 'unknown-field', '/sort/0', 'born'],
  [{ sort: ['born'] }, 'a sort by a masked field', 'field-not-granted', 'born'],
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
  [what, code, place, suggestion]: Refused,
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
  const ofAThing: Url[] = [
    ...BAD_URLS,
    [`_cursor=${foreign}`, 'the cursor of another dataset', 'bad-cursor', '_cursor'],
  ];
  for (const [query, ...row] of ofAThing) await refused('GET', `${THING}?${query}`, { as: 'reader-app' }, row);
});

t.test('bodies', async () => {
  const json = { 'content-type': 'application/json' };
  const asks: [path: string, bodies: readonly Body[]][] = [
    [RESIDENT, BODIES],
    [THING, BAD_BODIES],
  ];
  for (const [path, bodies] of asks) {
    for (const [body, ...row] of bodies) {
      await refused('POST', `${path}/query`, { as: 'reader-app', body, headers: json }, row);
      await refused('QUERY', path, { as: 'reader-app', body, headers: json }, row);
    }
  }
  for (const [body, ...row] of LOOKUPS)
    await refused('POST', `${BUILDING}/lookup`, { as: 'reader-app', body, headers: json }, row);
});

const token = await node.token('reader-app');
const platform = await node.token('reader-app', 'platform');
const flipped = `${token.slice(0, -6)}${token.at(-6) === 'A' ? 'B' : 'A'}${token.slice(-5)}`;
const person = rows['police/resident']![0]!.id_number;
const OWN_CALLS: BadCall[] = [
  ['GET', RESIDENT, bearer(`Bearer ${flipped}`), 'a token that was changed', 'unauthenticated', undefined],
  ['GET', RESIDENT, bearer(`Bearer ${platform}`), 'a token for the other audience', 'unauthenticated', undefined],
  ['GET', RESIDENT, bearer(`Basic ${token}`), 'another scheme', 'unauthenticated', undefined],
  ['GET', `${RESIDENT}/${person}`, reader, 'a personal key in the path', 'use-body', 'id'],
  [
    'POST',
    `${RESIDENT}/lookup`,
    { ...reader, body: { keys: [person] } },
    'a masked key looks nothing up',
    'field-not-granted',
    'id_number',
  ],
];

t.test('caller, purpose, path and headers', async () => {
  for (const [method, path, asking, ...row] of [...BAD_CALLS, ...OWN_CALLS]) await refused(method, path, asking, row);
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
