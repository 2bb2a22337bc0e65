import type { Test } from 'tap';
import { BAD_BODIES, BAD_URLS } from '../support/bad-asks.js';
import { type Asking, type Outside, once, type Part } from './outside.js';
import { CONTRACT, DRAFT, THING_PATH } from './thing.js';

const R = '/data/police/resident/v1/rows';
const T = `${THING_PATH}/rows`;
const HH = '/data/police/household/v1/rows';
const leaf = { field: 'code', op: 'eq', value: 'T01' };

/** Beside `bad-asks.ts`. Status and code from api.md; the place is a parameter, or a pointer where it begins with a slash. */
const IN_URL: [query: string, status: number, code: string, place: string, suggestion?: string][] = [
  ['_selct=code', 400, 'unknown-parameter', '_selct', '_select'],
  ['cuont=1', 400, 'unknown-field', 'cuont', 'count'],
  ['quiet=1', 400, 'not-filterable', 'quiet'],
  ['code.lt=T', 400, 'unknown-operator', 'code.lt'],
  ['count.contains=12', 400, 'unknown-operator', 'count.contains'],
  ['label.contains=a', 400, 'bad-value', 'label.contains'],
  ['_sort=quiet', 400, 'not-filterable', '_sort'],
  ['_sort=pric', 400, 'unknown-field', '_sort', 'price'],
  ['_select=labell', 400, 'unknown-field', '_select', 'label'],
  ['_expand=plcae', 400, 'unknown-field', '_expand', 'place'],
  ['secret=x', 400, 'use-body', 'secret'],
  ['_any.secret.in=x', 400, 'use-body', '_any.secret.in'],
];

const IN_BODY: [body: unknown, status: number, code: string, place: string, suggestion?: string][] = [
  [{ limt: 1 }, 400, 'unknown-parameter', '/limt', 'limit'],
  [{ limit: 0 }, 400, 'bad-limit', '/limit'],
  [{ sort: 'code' }, 400, 'bad-body', '/sort'],
  [{ sort: ['cde'] }, 400, 'unknown-field', '/sort/0', 'code'],
  [{ count: 'all' }, 400, 'bad-value', '/count'],
  [{ where: { ...leaf, extra: 1 } }, 400, 'unknown-parameter', '/where/extra'],
  [{ where: { ...leaf, field: 'cod' } }, 400, 'unknown-field', '/where/field', 'code'],
  [{ where: { ...leaf, op: 'like' } }, 400, 'unknown-operator', '/where/op'],
  [{ where: { field: 'count', op: 'eq', value: true } }, 400, 'bad-value', '/where/value'],
  [
    { where: { and: [leaf, { or: [leaf, { ...leaf, field: 'x' }] }] } },
    400,
    'unknown-field',
    '/where/and/1/or/1/field',
  ],
  [{ where: { field: 'secret', op: 'eq', value: 'x' } }, 403, 'field-not-granted', 'secret'],
];

const ELSEWHERE: [what: string, method: string, path: string, asking: Asking, status: number, code: string][] = [
  [
    'a masked field in a body',
    'POST',
    `${R}/query`,
    { body: { where: { field: 'name', op: 'eq', value: '张三' } } },
    403,
    'field-not-granted',
  ],
  ['a masked field as sort', 'GET', `${R}?_sort=born`, {}, 403, 'field-not-granted'],
  ['a masked key', 'POST', `${R}/lookup`, { body: { keys: ['370399197901010010'] } }, 403, 'field-not-granted'],
  ['a personal key in the path', 'GET', `${R}/370399197901010010`, {}, 400, 'use-body'],
  [
    'a relation that is not granted',
    'GET',
    `${R}?_expand=household`,
    { as: 'subsidy-app' },
    403,
    'relation-not-granted',
  ],
  [
    'a filter over one',
    'POST',
    `${R}/query`,
    { as: 'subsidy-app', body: { where: { field: 'grid.kind', op: 'eq', value: '1' } } },
    403,
    'relation-not-granted',
  ],
  ['a mode that is not granted', 'GET', R, { as: 'police-publisher' }, 403, 'mode-not-granted'],
  ['another purpose', 'GET', R, { headers: { 'exchange-purpose': 'housing-management' } }, 403, 'wrong-purpose'],
  ['a purpose that is none', 'GET', R, { headers: { 'exchange-purpose': 'Not One' } }, 400, 'bad-header'],
  ['the grant of another dataset', 'GET', R, { headers: { 'exchange-grant': 'unknown' } }, 403, 'choose-grant'],
  ['a case that is no UTF-8', 'GET', R, { headers: { 'exchange-case': '%ff' } }, 400, 'bad-header'],
  ['an operator without end', 'GET', R, { headers: { 'exchange-operator': 'a'.repeat(2_000) } }, 400, 'bad-header'],
  ['no representation fits', 'GET', R, { headers: { accept: 'text/html' } }, 406, 'not-acceptable'],
  ['JSON ruled out', 'GET', R, { headers: { accept: 'application/json;q=0, text/csv' } }, 406, 'not-acceptable'],
  ['rows as C2SP text', 'GET', R, { headers: { accept: 'text/plain' } }, 406, 'not-acceptable'],
  ['a filter beside an id', 'GET', `${T}/T01?code=T01`, {}, 400, 'unknown-parameter'],
  ['a parameter on the dataset page', 'GET', `${THING_PATH}?x=1`, {}, 400, 'unknown-parameter'],
  ['no such row', 'GET', `${HH}/370399,999999999`, {}, 404, 'not-found'],
  [
    'broken JSON',
    'POST',
    `${T}/query`,
    { body: '{', headers: { 'content-type': 'application/json' } },
    400,
    'bad-body',
  ],
  [
    'another media type',
    'POST',
    `${T}/query`,
    { body: '{}', headers: { 'content-type': 'text/plain' } },
    415,
    'unsupported-media-type',
  ],
  [
    'another media type',
    'QUERY',
    T,
    { body: 'a=1', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    415,
    'unsupported-media-type',
  ],
  [
    'another media type',
    'POST',
    `${T}/lookup`,
    { body: '{}', headers: { 'content-type': 'text/plain' } },
    415,
    'unsupported-media-type',
  ],
  ['a body too large', 'POST', `${T}/query`, { body: { where: 'x'.repeat(1_100_000) } }, 413, 'too-large'],
  ['keys that are none', 'POST', `${T}/lookup`, { body: { keys: 'T01' } }, 400, 'bad-body'],
];

/** Shared by the tests below. */
function tools(outside: Outside) {
  const problem = (t: Test, reply: Awaited<ReturnType<Outside['ask']>>, status: number, code: string, what: string) => {
    t.match([reply.status, reply.body?.code], [status, code], `${what}: ${reply.text.slice(0, 200)}`);
    t.match(reply.headers['content-type'], /^application\/problem\+json/);
    t.same(Object.keys(reply.body), ['type', 'title', 'status', 'detail', 'instance', 'code', 'errors', 'trace_id']);
    t.match(reply.body, {
      status,
      type: `${outside.demo.baseUrl}/problems/${code}`,
      trace_id: reply.headers['request-id'],
    });
    t.equal(reply.headers['cache-control'], 'no-store');
  };
  return { problem };
}

export const refusals: Part = [
  [
    'a wrong parameter is named, with what was expected or meant',
    async (t, outside) => {
      const { problem } = tools(outside);
      const shared = BAD_URLS.map(([query, , code, ...place]) => [query, 400, code, ...place] as const);
      for (const [query, status, code, place, suggestion] of [...IN_URL, ...shared]) {
        const reply = await outside.ask('GET', `${T}?${query}`);
        problem(t, reply, status, code, query.slice(0, 60));
        const named = { ...(place !== undefined && { parameter: place }), ...(suggestion && { suggestion }) };
        t.match(reply.body.errors[0] ?? {}, named, query.slice(0, 60));
      }
    },
  ],
  [
    'so is a wrong member of a body',
    async (t, outside) => {
      const { problem } = tools(outside);
      const shared = BAD_BODIES.map(([body, , code, ...place]) => [body, 400, code, ...place] as const);
      for (const [body, status, code, place, suggestion] of [...IN_BODY, ...shared]) {
        const what = JSON.stringify(body).slice(0, 80);
        const headers = { 'content-type': 'application/json' };
        const reply = await outside.ask('POST', `${T}/query`, { body, headers });
        problem(t, reply, status, code, what);
        const at = place === '' || place?.startsWith('/') ? { pointer: place } : {};
        t.match(reply.body.errors[0] ?? {}, { ...at, ...(suggestion && { suggestion }) }, what);
        const same = await outside.ask('QUERY', T, { body, headers });
        t.match([same.status, same.body.code], [status, code], `${what} by QUERY`);
      }
    },
  ],
  [
    'and everything else that is refused',
    async (t, outside) => {
      const { problem } = tools(outside);
      for (const [what, method, path, asking, status, code] of ELSEWHERE)
        problem(t, await outside.ask(method, path, asking), status, code, what);
      const page = await outside.ask('GET', '/problems/bad-cursor', { as: null });
      t.match([page.status, page.text], [200, /bad-cursor/], 'the type is a page of this server');
    },
  ],
  [
    'a cursor serves the query and the application that it came from',
    async (t, outside) => {
      const { problem } = tools(outside);
      const { next_cursor: cursor } = (await outside.ask('GET', `${R}?_limit=2&gender=1`)).body.page;
      const bad: [string, string, string?][] = [
        ['another filter', `${R}?_limit=2&gender=2&_cursor=${cursor}`],
        ['another sort', `${R}?_limit=2&gender=1&_sort=household_no&_cursor=${cursor}`],
        ['another selection', `${R}?_limit=2&gender=1&_select=gender&_cursor=${cursor}`],
        ['another dataset', `${T}?_limit=2&_cursor=${cursor}`],
        ['another application', `${R}?_limit=2&gender=1&_cursor=${cursor}`, 'subsidy-app'],
        ['damaged', `${R}?_limit=2&gender=1&_cursor=${cursor.slice(0, -2)}AA`],
      ];
      for (const [what, path, as = 'grid-app'] of bad)
        problem(t, await outside.ask('GET', path, { as }), 400, 'bad-cursor', what);
      t.equal((await outside.ask('GET', `${R}?_limit=2&gender=1&_cursor=${cursor}`)).status, 200);
    },
  ],
  [
    'below rows a caller without a grant gets one 404 for every dataset, known or not',
    async (t, outside) => {
      const shape = async (method: string, path: string, body?: unknown) => {
        const { status, headers, body: problem } = await outside.ask(method, path, { as: 'subsidy-app', body });
        const { instance: _instance, trace_id: _trace, ...told } = problem;
        const { date: _date, 'request-id': _id, 'exchange-receipt': receipt, ratelimit: _limit, ...rest } = headers;
        return { status, rest, told, receipt: receipt !== undefined };
      };
      const known = '/data/housing/compound/v1';
      for (const [method, below, body] of [
        ['GET', '/rows'],
        ['GET', '/rows?nonsense=1'],
        ['GET', '/rows/x'],
        ['POST', '/rows/query', {}],
        ['POST', '/rows/lookup', { keys: ['x'] }],
        ['QUERY', '/rows', {}],
        ['GET', '/rows?_cursor=x'],
      ] as const) {
        const here = await shape(method, known + below, body);
        t.equal(here.status, 404);
        t.ok(here.receipt, 'recorded');
        for (const unknown of ['/data/housing/nothing/v1', '/data/nobody/nothing/v1', '/data/housing/compound/v9'])
          t.same(await shape(method, unknown + below, body), here, `${method} ${unknown}${below}`);
      }
      const absent = await outside.ask('GET', '/data/grid-center/grid/v1/rows/999999999999999');
      const outOfScope = await outside.ask('GET', '/data/grid-center/grid/v1/rows/370303104002001');
      t.equal(outOfScope.status, 404);
      const { instance: _a, trace_id: _b, ...told } = absent.body;
      t.match(outOfScope.body, told, 'absent and out of scope look the same');
      t.same(Object.keys(outOfScope.headers), Object.keys(absent.headers));
    },
  ],
  [
    'grants never merge, and may require case and operator',
    async (t, outside) => {
      const { problem } = tools(outside);
      const draft = { ...DRAFT, application: 'stranger-app', mode: 'read' };
      const issue = (body: object) =>
        outside.ask('POST', '/api/v1/grants', { as: 'operator-app', headers: once(), body });
      const purposes = ['population-statistics'];
      const narrow = await issue({ ...draft, purposes, fields: ['code'], masks: {}, rows: { scope: [] } });
      const wide = await issue({
        ...draft,
        purposes: ['emergency-response'],
        requires: { case: true, operator: true },
      });
      const ask = (headers: Record<string, string> = {}) => outside.ask('GET', T, { as: 'stranger-app', headers });
      t.match([(await ask()).status, (await ask()).body.code], [403, /^(purpose-required|choose-grant)$/]);
      const first = await ask({ 'exchange-purpose': 'population-statistics' });
      t.same(first.body.data, [], 'an empty scope means no row');
      const byId = await ask({ 'exchange-grant': narrow.body.data.id });
      t.match([byId.status, byId.body.data], [200, []]);
      const stated = { 'exchange-purpose': 'emergency-response' };
      t.match((await ask(stated)).body.code, 'case-required');
      const withCase = { ...stated, 'exchange-case': encodeURIComponent('张民救〔2026〕37号') };
      t.match((await ask(withCase)).body.code, 'operator-required');
      const whole = await ask({ ...withCase, 'exchange-operator': encodeURIComponent('经办-3703') });
      t.equal(whole.body.data.length, 30);
      t.same(Object.keys(whole.body.data[0]).slice(1).sort(), Object.keys(CONTRACT.fields).sort());
      const page = await outside.ask('GET', `${T}?_limit=2`, {
        as: 'stranger-app',
        headers: { ...withCase, 'exchange-operator': 'x' },
      });
      for (const { body } of [narrow, wide])
        await outside.ask('POST', `/api/v1/grants/${body.data.id}/revoke`, { as: 'operator-app' });
      t.equal((await ask()).status, 404);
      const renewed = await issue({ ...draft, purposes });
      const onward = `${T}?_limit=2&_cursor=${page.body.page.next_cursor}`;
      problem(
        t,
        await outside.ask('GET', onward, { as: 'stranger-app' }),
        410,
        'cursor-ended',
        'of a grant that has changed',
      );
      await outside.ask('POST', `/api/v1/grants/${renewed.body.data.id}/revoke`, { as: 'operator-app' });
    },
  ],
];
