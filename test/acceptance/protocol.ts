import { request } from 'node:http';
import type { Outside, Part } from './outside.js';
import { THING_PATH } from './thing.js';

const R = '/data/police/resident/v1/rows';
const T = `${THING_PATH}/rows`;
const RECEIPT = /^index=\d+, leaf=:[A-Za-z0-9+/]{43}=:, blind=:[A-Za-z0-9+/]{43}=:$/;

/** fetch joins repeated headers and resolves dot segments; this sends them unchanged. */
async function raw(outside: Outside, path: string, headers: Record<string, string | string[]> = {}): Promise<number> {
  const authorization = `Bearer ${await outside.token('grid-app')}`;
  const { hostname, port } = new URL(outside.demo.baseUrl);
  return new Promise((resolve, reject) => {
    const sent = { authorization, ...headers };
    request({ hostname, port, path, headers: sent, setHost: headers.host === undefined }, (reply) => {
      reply.resume().once('end', () => resolve(reply.statusCode!));
    })
      .once('error', reject)
      .end();
  });
}

export const protocol: Part = [
  [
    'the headers of an answer',
    async (t, outside) => {
      const { headers } = await outside.ask('GET', `${R}?_limit=1`);
      t.match(headers, {
        'content-type': 'application/json; charset=utf-8',
        'cache-control': 'private, no-cache',
        vary: /Authorization.*Exchange-Purpose.*Exchange-Grant/,
        etag: /^W\/"[A-Za-z0-9_-]+"$/,
        'exchange-release': '1',
        'schema-version': '1.0',
        'exchange-receipt': RECEIPT,
        'ratelimit-policy': /^"[a-z]+";q=\d+;w=\d+$/,
        ratelimit: /^"[a-z]+";r=\d+;t=\d+$/,
        'request-id': /^[0-9a-f]{8}-[0-9a-f-]{27}$/,
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
      });
      t.notOk(headers['access-control-allow-origin'] === '*');
      const head = await outside.ask('HEAD', `${R}?_limit=1`);
      t.match([head.status, head.text, head.headers.etag], [200, '', headers.etag]);
    },
  ],
  [
    'an ETag saves the answer, for this grant, query and release only',
    async (t, outside) => {
      const { headers } = await outside.ask('GET', `${R}?_limit=1`);
      const etag = { 'if-none-match': headers.etag! };
      const same = await outside.ask('GET', `${R}?_limit=1`, { headers: etag });
      t.match([same.status, same.text], [304, '']);
      t.match(same.headers, { etag: headers.etag, 'exchange-receipt': RECEIPT, 'cache-control': 'private, no-cache' });
      t.not(same.headers['exchange-receipt'], headers['exchange-receipt'], 'a 304 is an entry of its own');
      const inList = { 'if-none-match': `"x", ${headers.etag}` };
      t.equal((await outside.ask('GET', `${R}?_limit=1`, { headers: inList })).status, 304);
      t.equal((await outside.ask('GET', `${R}?_limit=2`, { headers: etag })).status, 200, 'another query');
      t.equal((await outside.ask('GET', `${R}?_limit=1`, { as: 'subsidy-app', headers: etag })).status, 200);
    },
  ],
  [
    '_id is of the grant, ETags and cursors tell nothing',
    async (t, outside) => {
      const byGrid = await outside.walk(`${R}?_limit=1000`);
      const bySubsidy = await outside.walk(`${R}?_limit=1000`, { as: 'subsidy-app' });
      t.equal(bySubsidy.length, 600);
      const foreign = new Set(bySubsidy.map(({ _id }) => _id));
      t.ok(byGrid.every(({ _id }) => /^[A-Za-z0-9_-]{22}$/.test(_id) && !foreign.has(_id)));
      const { status } = await outside.ask('GET', `${R}/${bySubsidy[0]!._id}`);
      t.equal(status, 404, 'and opens nothing under another');
    },
  ],
  [
    'masks of the grant, for children too',
    async (t, outside) => {
      const year = new Date().getFullYear();
      for (const row of await outside.walk(`${R}?_limit=1000`)) {
        t.match(row, {
          name: /^.\*+$/u,
          id_number: /^\d{6}\*{12}$/,
          born: /^\d{4}-01-01$/,
          residence_division: '370303104003',
          marital_status: null,
        });
        t.match(row.phone ?? '154****0000', /^\d{3}\*{4}\d{4}$/);
      }
      const open = await outside.walk(`${R}?_limit=1000`, { as: 'subsidy-app' });
      t.ok(
        open.every(({ name, id_number }) => !/\*/.test(name + id_number)),
        'none means unmasked',
      );
      t.ok(
        open.some(({ born }) => Number(born.slice(0, 4)) > year - 14),
        'minors: none lifts the mask of children',
      );
    },
  ],
  [
    'the dataset page says what the caller may do',
    async (t, outside) => {
      const page = await outside.ask('GET', '/data/police/resident/v1');
      t.match(page.body, {
        dataset: 'police/resident',
        version: '1.0',
        release: 1,
        key: ['id_number'],
        may: [{ mode: 'read', purposes: ['grid-service'], masks: { name: 'initial' }, rows: { scope: [{}] } }],
        links: { rows: R, schema: '/data/police/resident/v1/schema', lookup: `${R}/lookup` },
      });
      t.equal(page.headers['cache-control'], 'no-store');
      for (const link of [page.body.links.rows, page.body.links.schema, page.body.links.openapi])
        t.equal((await outside.ask('GET', link)).status, 200, link);
      const stranger = await outside.ask('GET', '/data/police/resident/v1', { as: 'stranger-app' });
      t.match([stranger.status, stranger.body.may], [200, []], 'the catalog is open to every application');
    },
  ],
  [
    'identity headers stand once, the Host is ours, paths are decoded once',
    async (t, outside) => {
      for (const name of ['exchange-purpose', 'exchange-grant', 'exchange-case', 'exchange-operator', 'authorization'])
        t.equal(await raw(outside, `${T}?_limit=1`, { [name]: ['a', 'a'] }), 400, `${name} twice`);
      t.equal(await raw(outside, `${T}?_limit=1`, { host: 'evil.example' }), 400);
      for (const [path, status] of [
        [`${T}?_limit=%31`, 200],
        [`${T.replace('thing', 'th%69ng')}?_limit=1`, 200],
        [T.replace('thing', 'th%2569ng'), 404],
        [T.replace('/thing', '%2fthing'), 404],
        [`${T}/..%2fschema`, 404],
        [`${T}/%2e%2e/schema`, 404],
        [T.replace('/thing', '/./thing'), 404],
        [T.replace('/v1', '/v01'), 404],
        [T.replace('/data', '/Data'), 404],
      ] as const)
        t.equal(await raw(outside, path), status, path);
    },
  ],
  [
    'what is for people and operators',
    async (t, outside) => {
      for (const [path, type, what] of [
        ['/health/live', /json/, /live/],
        ['/health/ready', /json/, /ready/],
        ['/metrics', /^text\/plain; version=0\.0\.4/, /exchange_http_requests_total/],
        ['/', /html/, /Civic Exchange|政务数据/],
        ['/docs', /html/, /swagger/i],
        ['/problems', /html/, /bad-cursor/],
      ] as const) {
        const reply = await outside.ask('GET', path, { as: null });
        t.match([reply.status, reply.headers['content-type'], reply.text], [200, type, what], path);
        t.ok(reply.headers['content-security-policy'], path);
        if (path !== '/problems') t.equal(reply.headers['cache-control'], 'no-store', path);
      }
      const { text } = await outside.ask('GET', '/metrics', { as: null });
      t.notMatch(text, /370303104003001|T07/, 'route templates only');
      const standard = await outside.ask('GET', '/api/v1/standard');
      t.ok(standard.body.entities.some(({ name }: { name: string }) => name === 'person'));
    },
  ],
];
