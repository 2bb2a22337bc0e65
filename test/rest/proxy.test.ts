import type { Test } from 'tap';
import { revokeGrant } from '../../src/access/grants/revoke-grant.js';
import { approveUpstream, withdrawUpstream } from '../../src/access/upstreams/change-upstream.js';
import { answer } from '../../src/exchange/answer.js';
import { Problem } from '../../src/platform/errors.js';
import { type Ask, EVERYTHING } from '../../src/query/ask.js';
import t from '../support/tap.js';
import { ADULT, BY, CHILD, ELSEWHERE, entriesOf, json, openCity } from './city.js';
import { numbered, somePeople } from './city-people.js';
import { wrongReplies } from './wrong-replies.js';

const city = await openCity(t);
const { node, calls } = city;
const { exchange } = node;
const CHECK = '/data/police/check/v1';
const OPEN = { id_number: 'none', name: 'none', born: 'none', minors: 'none' } as const;
const KEY_ONLY = { id_number: 'none', name: 'initial', born: 'year' } as const;
const PART = { scope: [{ field: 'residence_division', in: ['370303104003'] }] };

t.before(async () => {
  for (const clientId of ['open-app', 'part-app', 'case-app', 'stranger-app']) await node.register(clientId);
  await node.register('police-publisher', { department: 'police', roles: ['publisher'] });
  for (const dataset of ['police/check', 'police/landed', 'police/road'])
    await node.grant({ application: 'open-app', dataset, ...(dataset === 'police/road' ? {} : { masks: OPEN }) });
  for (const dataset of ['police/check', 'police/landed'])
    await node.grant({ application: 'part-app', dataset, masks: KEY_ONLY, rows: PART });
  const requires = { case: true, operator: true };
  await node.grant({ application: 'case-app', dataset: 'police/check', masks: OPEN, requires });
  for (const dataset of ['police/check', 'police/landed'])
    await node.grant({ application: 'police-publisher', dataset, mode: 'deliver', fields: [] });
});
t.afterEach(() => city.answers(undefined));

const lookup = (keys: unknown[], as = 'open-app', more: { headers?: Record<string, string>; body?: object } = {}) =>
  node.ask('POST', `${CHECK}/rows/lookup`, { as, headers: more.headers ?? {}, body: { keys, ...more.body } });
const graphql = (query: string, as = 'open-app') => node.ask('POST', '/graphql/v1', { as, body: { query } });
const entries = (reply: { headers: Headers }) => entriesOf(node, reply.headers.get('request-id')!);
const NUMBERS = Array.from({ length: 10 }, (_, i) => numbered(`3703991980010111${i}`.slice(0, 17)));

t.test('both doors return the same row, asked for after an entry commits', async (t) => {
  let before: unknown[] = [];
  city.answers(async (_, reply, request) => {
    before = await entriesOf(node, String(request.headers['exchange-request-id']));
    json(reply, { data: [ADULT] });
  });
  const given = await lookup([ADULT.GMSFHM]);
  t.match(before, [{ entry: { event: 'proxy.asked' } }], 'when it is called, the entry stands');
  t.equal(before.length, 1);
  t.match(given, {
    status: 200,
    body: { release: null, data: [{ found: true, row: { name: ADULT.XM, gender: '1' } }] },
  });
  for (const absent of ['etag', 'exchange-release', 'last-modified']) t.equal(given.headers.get(absent), null, absent);
  t.match(Object.fromEntries(given.headers), { 'cache-control': 'no-store', 'schema-version': '1.0' });
  t.match(calls.at(-1), {
    method: 'POST',
    url: '/city/check',
    body: { gmsfhm: ADULT.GMSFHM },
    headers: { authorization: 'Bearer canary-of-the-city', 'exchange-request-id': given.headers.get('request-id')! },
  });
  const [asked, read] = await entries(given);
  t.match(asked!.entry, {
    outcome: 'success',
    accesses: [{ dataset: 'police/check', purpose: 'grid-service', release: null, rows: null, fields: [] }],
    detail: { asked: [{ upstream: 'police/city', keys: 1 }] },
  });
  t.notMatch(JSON.stringify(asked!.entry), ADULT.GMSFHM, 'the key is in the sealed part only');
  t.match(asked!.sealed.ask, ADULT.GMSFHM);
  t.match(read!.entry, {
    event: 'data.read',
    detail: { asked: [asked!.index] },
    accesses: [{ release: null, rows: 1 }],
  });
  t.match(given.headers.get('exchange-receipt'), new RegExp(`^index=${read!.index},`));

  const fields = Object.keys(given.body.data[0].row).join(' ');
  const same = await graphql(`{ police { check(id_number: "${ADULT.GMSFHM}") { ${fields} } } }`);
  t.same(same.body.data.police.check, given.body.data[0].row);
  t.match(await entries(same), [{ entry: { event: 'proxy.asked' } }, { entry: { event: 'graphql.read' } }]);
});

t.test('the answer is not stored anywhere', async (t) => {
  const { rows } = await exchange.database.owner.query(
    'SELECT (SELECT count(*)::int FROM data.police__check) AS live, (SELECT count(*)::int FROM data.police__check_history) AS history',
  );
  t.same(rows, [{ live: 0, history: 0 }]);
});

t.test(
  'an absent row, one outside the scope, even a broken one, and a child by a masked key look the same',
  async (t) => {
    const nobody = NUMBERS[3]!;
    city.people.set(NUMBERS[4]!, { ...ELSEWHERE, GMSFHM: NUMBERS[4], XB: '不详' });
    const text = (reply: { text: string }, key: string) => reply.text.replace(key, '');
    const absent = await lookup([nobody], 'part-app');
    t.match(absent, { status: 200, body: { data: [{ found: false }] } });
    for (const key of [ELSEWHERE.GMSFHM, NUMBERS[4]!, CHILD.GMSFHM, 'no number at all'])
      t.equal(text(await lookup([key], 'part-app'), key), text(absent, nobody), key);
    city.people.delete(NUMBERS[4]!);
    for (const data of [undefined, null, []]) {
      city.answers((_, reply) => json(reply, { code: 0, data }));
      t.equal(text(await lookup([ADULT.GMSFHM], 'part-app'), ADULT.GMSFHM), text(absent, nobody), JSON.stringify(data));
    }
    const called = calls.length;
    await lookup(['x', null, 5, '']);
    t.equal(calls.length, called, 'a malformed key is asked of nobody');
  },
);

t.test('threat: other masks for proxied rows', async (t) => {
  const rows = somePeople(30);
  for (const row of rows) city.people.set(row.GMSFHM, row);
  const delivered = await node.ask('POST', '/data/police/landed/v1/deliveries?mode=snapshot', {
    as: 'police-publisher',
    headers: { 'content-type': 'application/x-ndjson', 'idempotency-key': 'landed' },
    body: rows.map((row) => `${JSON.stringify(row)}\n`).join(''),
  });
  t.match(delivered, { status: 201, body: { state: 'published', accepted: 30 } });
  for (const as of ['open-app', 'part-app']) {
    for (let at = 0; at < 30; at += 10) {
      const keys = rows.slice(at, at + 10).map(({ GMSFHM }) => GMSFHM);
      const live = await lookup(keys, as);
      const landed = await node.ask('POST', '/data/police/landed/v1/rows/lookup', { as, body: { keys } });
      const bare = (text: string) => text.replaceAll(/"_id":"[^"]+"/g, '').replace(/"release":\w+/, '');
      t.equal(bare(live.text), bare(landed.text), `${as} ${at}`);
      t.equal(live.status, 200);
    }
  }
});

t.test('asks that need stored rows are refused at both doors, without a call', async (t) => {
  const called = calls.length;
  const body = (more: object) => ({ as: 'open-app', body: more });
  const refused: [string, string, object][] = [
    ['GET', '/rows', {}],
    ['GET', '/rows?_limit=1', {}],
    ['GET', '/rows?gender=1', {}],
    ['GET', '/rows?_sort=born', {}],
    ['GET', '/rows?_count=exact&_cursor=x', {}],
    ['GET', '/rows?_expand=household', {}],
    ['GET', '/rows?nonsense=1', {}],
    ['POST', '/rows/query', body({ where: { field: 'id_number', value: ADULT.GMSFHM } })],
    ['QUERY', '/rows', body({})],
    ['POST', '/rows/lookup', body({ keys: [ADULT.GMSFHM], expand: ['household'] })],
    ['POST', '/rows/lookup', body({ keys: [...NUMBERS, ADULT.GMSFHM] })],
    ['GET', '/rows/AAAAAAAAAAAAAAAAAAAAAA', {}],
    [
      'POST',
      '/deliveries?mode=snapshot',
      { as: 'police-publisher', body: '', headers: { 'content-type': 'text/csv', 'idempotency-key': 'k' } },
    ],
    ['GET', '/template', { as: 'police-publisher' }],
  ];
  for (const [method, path, asking] of refused) {
    const reply = await node.ask(method, CHECK + path, { as: 'open-app', ...asking });
    t.match(reply, { status: 422, body: { code: 'asked-live', detail: /at most 10 keys/ } }, `${method} ${path}`);
  }
  for (const path of ['/rows', '/rows/AAAAAAAAAAAAAAAAAAAAAA'])
    t.match(await node.ask('GET', CHECK + path, { as: 'stranger-app' }), { status: 404, body: { code: 'not-found' } });
  const list = await graphql('{ police { check_list { nodes { name } } } }');
  t.match(list.body.errors, [{ extensions: { problem: 'unknown-field' } }], 'GraphQL has no list of it');
  t.equal(calls.length, called);
  const page = await node.ask('GET', CHECK, { as: 'stranger-app' });
  t.match(page.body, { live: true, release: null, cannot: ['page', 'filter', 'sort', 'count'] });
  t.strictSame(Object.keys(page.body.links), ['self', 'lookup', 'schema', 'openapi']);
});

t.test('an open key is in the path, and no ETag confirms', async (t) => {
  city.answers(({ road }, reply) => json(reply, road === 'R1' ? { code: 'R1', label: '人民路' } : []));
  const given = await node.ask('GET', '/data/police/road/v1/rows/R1', {
    as: 'open-app',
    headers: { 'if-none-match': '*' },
  });
  t.match(given, { status: 200, body: { data: { code: 'R1', label: '人民路' }, release: null } });
  t.equal(given.headers.get('etag'), null);
  t.match(await node.ask('GET', '/data/police/road/v1/rows/R2', { as: 'open-app' }), { status: 404 });
});

t.test('a required case and operator are stated, and recorded with the ask', async (t) => {
  const headers = { 'exchange-case': 'C-2026-1', 'exchange-operator': '007' };
  const called = calls.length;
  t.match(await lookup([ADULT.GMSFHM], 'case-app'), { status: 403, body: { code: 'case-required' } });
  const half = await lookup([ADULT.GMSFHM], 'case-app', { headers: { 'exchange-case': 'C-2026-1' } });
  t.match(half, { status: 403, body: { code: 'operator-required' } });
  t.match(await lookup([ADULT.GMSFHM], 'stranger-app'), { status: 404 });
  t.equal(calls.length, called);
  const given = await lookup([ADULT.GMSFHM], 'case-app', { headers });
  t.equal(given.status, 200);
  t.match(await entries(given), [
    { entry: { event: 'proxy.asked' }, sealed: { case: 'C-2026-1', operator: '007' } },
    { entry: { event: 'data.read' }, sealed: { case: 'C-2026-1', operator: '007' } },
  ]);
  t.notMatch(JSON.stringify(calls.at(-1)), 'C-2026-1', 'the interface gets the key and the number of the request');
});

t.test('threat: an interface that answers something else', async (t) => {
  const { wrong, flooded } = wrongReplies();
  for (const [what, answers, told] of wrong) {
    city.answers(answers);
    const called = calls.length;
    const reply = await lookup([ADULT.GMSFHM]);
    t.match(reply, { status: 502, body: { code: 'upstream-failed', detail: told } }, what);
    t.notMatch(reply.text, /canary|张三/, `${what}: nothing of it is told`);
    t.equal(calls.length, called + 1, `${what}: asked once`);
    const [asked, failed] = await entries(reply);
    t.match(
      failed,
      { entry: { event: 'data.failed', detail: { code: 'upstream-failed', asked: [asked!.index] } } },
      what,
    );
    city.answers(undefined);
    // Ten that succeed keep the breaker closed.
    t.match(await lookup(NUMBERS), { status: 200 }, `${what}: the next ask is answered`);
  }
  t.ok(flooded() < 64 << 20, `the flood was cut after ${flooded()} bytes`);
});

t.test('a fault in a field that is not granted is in the sealed part only', async (t) => {
  const narrow = await node.grant({
    application: 'stranger-app',
    dataset: 'police/check',
    fields: ['id_number'],
    masks: { id_number: 'none' },
  });
  city.answers((_, reply) => json(reply, { data: [{ ...ADULT, XB: '不详' }] }));
  const reply = await lookup([ADULT.GMSFHM], 'stranger-app');
  t.match(reply, { status: 502, body: { code: 'upstream-failed' } });
  t.notMatch(reply.text, /gender|code\)/);
  t.match((await entries(reply)).at(-1)!.sealed.reason, /gender \(code\)/);
  await revokeGrant(exchange, narrow.id, BY);
});

t.test('threat: a grant revoked, an upstream withdrawn, while the department answers', async (t) => {
  await node.register('late-app');
  const grant = await node.grant({ application: 'late-app', dataset: 'police/check', masks: OPEN });
  const called = calls.length;
  city.answers(async (_, reply) => {
    await revokeGrant(exchange, grant.id, BY);
    json(reply, { data: [ADULT] });
  });
  const late = await lookup([ADULT.GMSFHM], 'late-app');
  t.match(late, { status: 404, body: { code: 'not-found' } }, 'nothing leaves');
  t.match(await entries(late), [{ entry: { event: 'proxy.asked' } }, { entry: { event: 'data.denied' } }]);

  city.answers(async (_, reply) => {
    await node.grant({ application: 'late-app', dataset: 'police/landed' });
    json(reply, { data: [ADULT] });
  });
  const moved = await lookup([ADULT.GMSFHM]);
  t.equal(moved.status, 200, 'decided again where the policy moved elsewhere');
  t.equal(calls.length, called + 2, 'and asked no second time');

  city.answers(async (_, reply) => {
    await withdrawUpstream(exchange, { publisher: 'police', name: 'city' }, BY);
    json(reply, { data: [ADULT] });
  });
  t.match(await lookup([ADULT.GMSFHM]), { status: 502, body: { code: 'upstream-refused' } });
  const count = calls.length;
  t.match(await lookup([ADULT.GMSFHM]), { status: 502, body: { code: 'upstream-refused', detail: /withdrawn/ } });
  t.equal(calls.length, count);
  await approveUpstream(exchange, { publisher: 'police', name: 'city', draft: city.draft }, BY);
  city.answers(undefined);
  const bare = await lookup([ADULT.GMSFHM]);
  t.match(bare, { status: 502, body: { detail: /no secret/ } }, 'its secret went with the approval');
  city.enterSecret();
  t.match(await lookup([ADULT.GMSFHM]), { status: 200 });
});

t.test('threat: a call without a record', async (t) => {
  const called = calls.length;
  const append = async () => Promise.reject(new Problem('audit-unavailable', undefined, { retryAfter: 1 }));
  const deaf = { ...exchange, log: { ...exchange.log, append } };
  const now = Math.floor(Date.now() / 1_000);
  const subject = { issuer: '', sub: 'open-app', audience: 'data', issuedAt: now, expiresAt: now + 60 } as const;
  const unstated = { purpose: undefined, grant: undefined, caseNumber: undefined, operator: undefined };
  const call = { subject, request: crypto.randomUUID(), address: '', ...unstated };
  const contract = exchange.policy.current().catalog.contracts.get('police/check/v1')!;
  const ask: Ask = {
    contract,
    target: { kind: 'keys', keys: [[ADULT.GMSFHM]] },
    selection: EVERYTHING,
    partial: false,
  };
  const door = { event: 'data.read', present: () => ({ status: 200, body: '' }) } as const;
  await t.rejects(answer(deaf, call, [ask], door), { code: 'audit-unavailable' });
  t.equal(calls.length, called, 'nobody is called');
});

t.test('calls at once as the contract allows, a bounded queue, and no more', async (t) => {
  let [inFlight, most] = [0, 0];
  let open = () => {};
  const held = new Promise<void>((resolve) => {
    open = resolve;
  });
  city.answers(async ({ gmsfhm }, reply) => {
    most = Math.max(most, ++inFlight);
    await held;
    inFlight -= 1;
    json(reply, { data: gmsfhm === ADULT.GMSFHM ? [ADULT] : [] });
  });
  const asked = Array.from({ length: 3 }, () => lookup(NUMBERS));
  const first = await Promise.race(asked);
  await until(t, async () => most === 4);
  open();
  t.match(first, { status: 503, body: { code: 'unavailable', detail: /wait for the department/ } });
  t.ok(Number(first.headers.get('retry-after')) >= 1);
  t.ok(
    (await Promise.all(asked)).some(({ status }) => status === 200),
    'those in the line have their turn',
  );
  t.equal(most, 4);
});

t.test('a failing interface is spared, and probed', async (t) => {
  const road = () => node.ask('GET', '/data/police/road/v1/rows/R1', { as: 'open-app' });
  city.answers((_, reply) => json(reply, {}, 500));
  for (let i = 0; i < 10; i++) await road();
  const called = calls.length;
  const spared = await road();
  t.match(spared, { status: 503, body: { code: 'unavailable', detail: /not asked for the moment/ } });
  t.equal(spared.headers.get('retry-after'), '3');
  t.equal(calls.length, called, 'it is left alone');
  t.match(await lookup([ADULT.GMSFHM]), { status: 502 }, 'each lane has its own breaker');
  city.answers((_, reply) => json(reply, { code: 'R1', label: '人民路' }));
  await until(t, async () => (await road()).status === 200);
  t.match(await road(), { status: 200 }, 'closed again');
});

async function until(t: Test, holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (Date.now() < deadline) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  t.fail('not in time');
}
