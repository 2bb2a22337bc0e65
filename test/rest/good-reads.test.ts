import { randomUUID } from 'node:crypto';
import type { Test } from 'tap';
import { disableApplication } from '../../src/access/identity/register-application.js';
import { type Reply, testNode } from '../support/node.js';
import t from '../support/tap.js';
import { served } from './served.js';

t.setTimeout(120_000);
const { node, rows, deliver } = await served(t);
const HOUSEHOLD = '/data/police/household/v1/rows';
const BUILDING = '/data/housing/building/v1/rows';
const THING = '/data/housing/thing/v1/rows';
const BUILDINGS = rows['housing/building']!;

const get = (path: string, headers: Record<string, string> = {}, as = 'reader-app') =>
  node.ask('GET', path, { as, headers });
const codes = ({ body }: Reply): string[] => body.data.map((row: { code: string }) => row.code);
const indexOf = ({ headers }: Reply) => Number(/^index=(\d+),/.exec(headers.get('exchange-receipt') ?? '')![1]);
const entryOf = async (reply: Reply, as = 'reader-app') =>
  (await node.ask('GET', `/api/v1/audit/entries/${indexOf(reply)}`, { as })).body.entry;
const RECEIPT = /^index=\d+, leaf=:[A-Za-z0-9+/]{43}=:, blind=:[A-Za-z0-9+/]{43}=:$/;

t.test('a page with its envelope', async (t) => {
  const reply = await get(`${BUILDING}?_limit=5&_sort=code`);
  t.equal(reply.status, 200);
  t.match(Object.fromEntries(reply.headers), {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'private, no-cache',
    vary: /Authorization/,
    etag: /^W\/"[A-Za-z0-9_-]{27}"$/,
    'exchange-release': '1',
    'schema-version': '1.0',
    'exchange-receipt': RECEIPT,
    'request-id': /^[0-9a-f-]{36}$/,
    'ratelimit-policy': /^"application";q=\d+;w=\d+$/,
    ratelimit: /^"application";r=\d+;t=\d+$/,
    'x-content-type-options': 'nosniff',
  });
  t.equal(reply.body.data.length, 5);
  t.match(reply.body, { page: { has_more: true, count: null, next_cursor: /^[A-Za-z0-9_-]+$/ }, release: 1 });
  t.equal(Object.keys(reply.body.data[0])[0], '_id');
  t.same(
    codes(reply),
    BUILDINGS.map(({ code }) => code)
      .sort()
      .slice(0, 5),
  );
  t.match(await entryOf(reply), {
    event: 'data.read',
    outcome: 'success',
    actor: { application: 'reader-app' },
    accesses: [{ dataset: 'housing/building', decision: 'permit', purpose: 'grid-service', rows: 5, release: 1 }],
  });
});

t.test('HEAD is GET without its body', async (t) => {
  const [whole, head] = [
    await get(`${BUILDING}?_limit=2`),
    await node.ask('HEAD', `${BUILDING}?_limit=2`, { as: 'reader-app' }),
  ];
  t.equal(head.status, 200);
  t.equal(head.text, '');
  for (const name of ['etag', 'content-type', 'content-length', 'cache-control', 'exchange-release'])
    t.equal(head.headers.get(name), whole.headers.get(name), name);
  t.match(head.headers.get('link'), /rel="next"/);
  t.match(head.headers.get('exchange-receipt'), RECEIPT);
});

const CODES: [query: string, expected: string[]][] = [
  ['', ['T1', 'T2', 'T3', 'T4']],
  ['big=9223372036854775807', ['T1']],
  ['big.lt=0', ['T2']],
  ['big.gte=9007199254740991', ['T1', 'T3']],
  ['count=-2147483648', ['T1']],
  ['price=-.5', []],
  ['price=-0.5', ['T1']],
  ['price.gt=999999.98', ['T2']],
  ['ok=true', ['T1']],
  ['ok.ne=true', ['T2']],
  ['ok.null=true', ['T3', 'T4']],
  ['day=2000-02-29', ['T3']],
  ['day.lt=9999-12-31', ['T3']],
  ['mon=2026-11', ['T3']],
  ['mon.lte=2026-12', ['T3']],
  ['at=2026-11-24T00:00:00Z', ['T3']],
  ['at=2026-11-24T08:00:00%2B08:00', ['T3']],
  ['at.gt=2026-11-23T23:59:59.999Z', ['T3']],
  ['code.in=T1&code.in=T3&code.in=T9', ['T1', 'T3']],
  ['code.nin=T1&code.nin=T2', ['T3', 'T4']],
  ['gender.nin=1', ['T2']],
  ['code.startswith=T&code.ne=T1', []],
  ['code.contains=T1', ['T1']],
  ['_any.ok=true&_any.day=2000-02-29', ['T1', 'T3']],
  ['_any.code=T1&_any.code=T2&ok=false', ['T2']],
  ['code=T+1', []],
  ['code=T%31', ['T1']],
];

t.test('every type and operator', async (t) => {
  for (const [query, expected] of CODES) {
    const reply = await get(`${THING}?${query}`);
    if (query.startsWith('code.startswith=T&') || query === 'price=-.5') {
      t.equal(reply.body.code, 'bad-value', `${query}: one character, or no digit before the point`);
      continue;
    }
    t.same(reply.status === 200 ? codes(reply).sort() : reply.body, expected, query);
  }
});

t.test('every type in an answer', async (t) => {
  const by = async (code: string) => (await get(`${THING}/${code}`)).body.data;
  t.match(await by('T1'), { big: '9223372036854775807', count: -2147483648, price: '-0.50', ok: true, at: null });
  t.match(await by('T2'), { big: '-9223372036854775808', count: 2147483647, price: '999999.99', ok: false });
  t.match(await by('T3'), { big: 9007199254740991, day: '2000-02-29', mon: '2026-11', at: '2026-11-24T00:00:00Z' });
  t.match(await by('T4'), {
    spot: { type: 'Point', coordinates: [118, 36.8] },
    tags: ['甲', '"', '\\'],
    plain: 'a\u2028</script>',
  });
  t.same(
    Object.keys(await by('T4')),
    ['_id', ...Object.keys((await by('T1')) as object).slice(1)],
    'absent values are null, in their place',
  );
});

t.test('a walk in any order returns every row, for any page size', async (t) => {
  for (const sort of ['big', '-big', 'price', '-price', 'day', '-day', 'at', '-at']) {
    const whole = codes(await get(`${THING}?_sort=${sort}`));
    t.equal(whole.length, 4);
    t.same(await walk(`${THING}?_sort=${sort}&_limit=1`), whole, sort);
  }
  t.same(await walk(`${BUILDING}?_limit=5`), codes(await get(`${BUILDING}?_limit=1000`)), 'by row');
  const cursor = (await get(`${BUILDING}?_limit=5`)).body.page.next_cursor;
  const spelled = await get(`${BUILDING}?%5Fcursor=${cursor}&_limit=5`);
  const link = spelled.headers.get('link')!;
  t.equal((await get(link.slice(1, link.indexOf('>')))).status, 200, 'a cursor spelled otherwise is replaced too');
});

/** Follows `Link: rel="next"` to the end. */
async function walk(first: string): Promise<string[]> {
  const all: string[] = [];
  for (let path: string | undefined = first; path !== undefined; ) {
    const reply = await get(path);
    all.push(...codes(reply));
    const link = reply.headers.get('link');
    if ((link !== null) !== reply.body.page.has_more) throw new Error('a link, and nothing behind it');
    path = link === null ? undefined : /^<([^>]+)>; rel="next"$/.exec(link)![1];
  }
  return all;
}

t.test('counts', async (t) => {
  const count = async (query: string) => (await get(`${BUILDING}?${query}`)).body.page.count;
  t.equal(await count('_count=none'), null);
  t.equal(await count('_count=exact&_limit=1'), BUILDINGS.length);
  t.equal(await count('_count=estimated&_limit=1'), BUILDINGS.length);
  t.equal(await count('_count=exact&floors.null=true'), BUILDINGS.filter(({ floors }) => floors === null).length);
  const empty = await get(`${BUILDING}?code=nowhere&_count=exact`);
  t.match(empty.body, { data: [], page: { next_cursor: null, has_more: false, count: 0 }, release: 1 });
  t.equal(empty.headers.get('exchange-release'), '1');
});

t.test('an unchanged answer is confirmed, and the entry names it', async (t) => {
  const path = `${BUILDING}?_limit=3&_sort=code`;
  const first = await get(path);
  const etag = first.headers.get('etag')!;
  for (const condition of [etag, `"x", ${etag}`, etag.slice(2)]) {
    const again = await get(path, { 'if-none-match': condition });
    t.equal(again.status, 304, condition);
    t.equal(again.text, '');
    t.equal(again.headers.get('etag'), etag);
    t.equal(again.headers.get('cache-control'), 'private, no-cache');
    t.match(again.headers.get('exchange-receipt'), RECEIPT);
    t.match(await entryOf(again), {
      event: 'data.read',
      outcome: 'success',
      detail: { confirms: indexOf(first) },
      accesses: [{ rows: 0 }],
    });
  }
  const full: [what: string, reply: Promise<Reply>][] = [
    ['another tag', get(path, { 'if-none-match': 'W/"AAAAAAAAAAAAAAAAAAAAAAAAAAA"' })],
    ['another query', get(`${BUILDING}?_limit=4&_sort=code`, { 'if-none-match': etag })],
    ['another application', get(path, { 'if-none-match': etag }, 'other-app')],
  ];
  for (const [what, reply] of full) t.equal((await reply).status, 200, what);
  await deliver('housing/building', [{ ...BUILDINGS[0]!, floors: 77 }], 'delta');
  await t.test('and a new release ends it', (t) => untilReleased(t, path, etag));
});

/** The node learns of a release a moment after its publication. */
async function untilReleased(t: Test, path: string, etag: string): Promise<void> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const reply = await get(path, { 'if-none-match': etag });
    if (reply.status === 200) {
      t.equal(reply.headers.get('exchange-release'), '2');
      return;
    }
    if (Date.now() > deadline) return t.fail('the old answer is confirmed for ever') as unknown as undefined;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

t.test('a key of several parts', async (t) => {
  const { county, household_no } = rows['police/household']![3]!;
  const key = [county, household_no];
  const found = await get(`${HOUSEHOLD}/${county},${household_no}`);
  t.match(found.body.data, { county, household_no });
  t.match((await get(`${HOUSEHOLD}/${county}%2C${household_no}`)).body.data, { county, household_no });
  t.match((await get(`${HOUSEHOLD}/${found.body.data._id}`)).body.data, { county, household_no }, 'and by its _id');
  for (const other of [
    `${household_no},${county}`,
    `${county}`,
    `${county},${household_no},`,
    `,`,
    `${county},999999999`,
  ])
    t.equal((await get(`${HOUSEHOLD}/${other}`)).status, 404, other);
  const keys = [key, { county, household_no }, [household_no, county], { county }, 'x', null, [county, 7], key];
  const { body } = await node.ask('POST', `${HOUSEHOLD}/lookup`, {
    as: 'reader-app',
    body: { keys, select: ['household_no'] },
  });
  t.same(
    body.data.map(({ key }: { key: unknown }) => key),
    keys,
    'each as it was sent, in the order asked',
  );
  t.same(
    body.data.map(({ found }: { found: boolean }) => found),
    [true, true, false, false, false, false, false, true],
  );
  t.same(body.data[0].row, { _id: found.body.data._id, household_no });
});

t.test('one row has another _id for another application', async (t) => {
  const [ours, theirs] = [await get(`${BUILDING}/B00`), await get(`${BUILDING}/B00`, {}, 'other-app')];
  t.not(ours.body.data._id, theirs.body.data._id);
  t.equal((await get(`${BUILDING}/${ours.body.data._id}`)).body.data.code, 'B00');
  t.equal((await get(`${BUILDING}/${ours.body.data._id}`, {}, 'other-app')).status, 404);
});

t.test('statements of the caller are recorded', async (t) => {
  const stated = { 'exchange-case': encodeURIComponent('张民救〔2026〕37号'), 'exchange-operator': 'A-7' };
  t.equal((await get(BUILDING, stated, 'case-app')).status, 200);
  const chosen = await get(BUILDING, { 'exchange-purpose': 'emergency-response' }, 'purposes-app');
  t.equal(chosen.status, 200);
  t.match(await entryOf(chosen, 'purposes-app'), { accesses: [{ purpose: 'emergency-response' }] });
  const page = await get('/data/housing/building/v1', {}, 'grants-app');
  const narrow = page.body.may.find(({ fields }: { fields: string[] }) => fields.length === 1).grant;
  const reply = await get(`${BUILDING}?_limit=1`, { 'exchange-grant': narrow }, 'grants-app');
  t.same(Object.keys(reply.body.data[0]), ['_id', 'code']);
  t.match(await entryOf(reply, 'grants-app'), { accesses: [{ grant: narrow, fields: ['code'] }] });
});

t.test('every outcome of an ask has a receipt', async (t) => {
  const endings: [status: number, reply: Reply, as: string, outcome: string][] = [
    [200, await get(BUILDING), 'reader-app', 'success'],
    [403, await get(BUILDING, { 'exchange-purpose': 'emergency-response' }), 'reader-app', 'denied'],
    [404, await get(`${BUILDING}/nobody`), 'reader-app', 'success'],
    [404, await get(BUILDING, {}, 'stranger-app'), 'stranger-app', 'denied'],
  ];
  for (const [status, reply, as, outcome] of endings) {
    t.equal(reply.status, status);
    t.match(reply.headers.get('exchange-receipt'), RECEIPT, String(status));
    t.match(await entryOf(reply, as), { outcome, request: reply.headers.get('request-id') });
    if (status >= 400) t.match(reply.headers.get('content-type'), /^application\/problem\+json/);
  }
  const foreign = await node.ask('GET', `/api/v1/audit/entries/${indexOf(endings[0]![1])}`, { as: 'stranger-app' });
  t.equal(foreign.status, 404, 'and nobody reads the entry of another');
});

t.test('a token of a disabled application', async (t) => {
  await node.register('gone-app');
  await node.grant({ application: 'gone-app', dataset: 'housing/building' });
  const headers = { authorization: `Bearer ${await node.token('gone-app')}` };
  const before = await node.ask('GET', BUILDING, { headers });
  t.equal(before.status, 200);
  await disableApplication(node.exchange, 'gone-app', { actor: null, request: randomUUID() });
  const reply = await node.ask('GET', BUILDING, {
    headers: { ...headers, 'if-none-match': before.headers.get('etag')! },
  });
  t.match(reply, { status: 401, body: { code: 'unauthenticated' } }, 'nor is what it holds confirmed');
  t.match(reply.headers.get('www-authenticate'), /^Bearer .*error="invalid_token"$/);
  t.match(reply.headers.get('exchange-receipt'), RECEIPT);
});

t.test('an ask too large for its entry is refused, and the refusal is recorded', async (t) => {
  const value = Array.from({ length: 5_000 }, () => '"'.repeat(90));
  const reply = await node.ask('POST', `${THING}/query`, {
    as: 'reader-app',
    body: { where: { field: 'code', op: 'in', value } },
  });
  t.match(reply, { status: 422, body: { code: 'unprocessable' } });
  const { rows: failed } = await node.exchange.database.app.query<{ entry: string }>(
    `SELECT convert_from(bytes, 'UTF8') AS entry FROM audit.entry WHERE event = 'data.failed' ORDER BY index DESC LIMIT 1`,
  );
  t.match(JSON.parse(failed[0]!.entry), {
    request: reply.headers.get('request-id'),
    detail: { code: 'unprocessable' },
  });
});

t.test('an application disabled while it reads the log reads nothing', async (t) => {
  await node.register('late-auditor', { roles: ['auditor'] });
  const { log } = node.exchange;
  const { append } = log;
  t.teardown(() => Object.assign(log, { append }));
  const disabling: typeof append = async (draft) => {
    log.append = append;
    await disableApplication(node.exchange, 'late-auditor', { actor: null, request: randomUUID() });
    return append(draft);
  };
  log.append = disabling;
  const reply = await node.ask('GET', '/api/v1/audit/entries/0', { as: 'late-auditor' });
  t.match(reply, { status: 401, body: { code: 'unauthenticated' } });
});

t.test('the page and the schema of a dataset are open to every application', async (t) => {
  const page = await get('/data/police/resident/v1', {}, 'stranger-app');
  t.match(page.body, { dataset: 'police/resident', key: ['id_number'], may: [] });
  t.same(
    (await get('/data/police/resident/v1')).body.may.map(({ mode }: { mode: string }) => mode),
    ['read'],
  );
  const schema = await get('/data/police/resident/v1/schema', {}, 'other-app');
  t.match(schema.headers.get('content-type'), /^application\/schema\+json/);
  t.same(Object.keys(schema.body.properties), ['_id', 'gender', 'grid_code']);
});

t.test('too many requests', async (t) => {
  const slow = await testNode(t, { beside: node, config: { rate: { perSecond: 0.01, burst: 3 } } });
  const headers = { authorization: `Bearer ${await node.token('reader-app')}` };
  for (const remaining of [2, 1, 0]) {
    const reply = await slow.ask('GET', `${BUILDING}?_limit=1`, { headers });
    t.equal(reply.status, 200);
    t.match(reply.headers.get('ratelimit'), new RegExp(`^"application";r=${remaining};t=\\d+$`));
    t.equal(reply.headers.get('ratelimit-policy'), '"application";q=3;w=300');
  }
  const refused = await slow.ask('GET', `${BUILDING}?_limit=1`, { headers });
  t.equal(refused.status, 429);
  t.match(refused.body, { code: 'rate-limited' });
  t.ok(Number(refused.headers.get('retry-after')) > 0);
  t.match(refused.headers.get('ratelimit'), /^"application";r=0;t=\d+$/);
  const other = { authorization: `Bearer ${await node.token('other-app')}` };
  t.equal(
    (await slow.ask('GET', `${BUILDING}?_limit=1`, { headers: other })).status,
    200,
    'each application for itself',
  );
});
