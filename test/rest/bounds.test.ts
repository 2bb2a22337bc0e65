import {
  datasetOperations,
  elsewhereOperations,
  openOperations,
  platformOperations,
} from '../../src/rest/operations.js';
import { testNode } from '../support/node.js';
import { raw } from '../support/raw.js';
import t from '../support/tap.js';

const node = await testNode(t);
await node.register('reader-app');
await node.grant({ application: 'reader-app', dataset: 'housing/building' });
await node.register('publisher-app', { department: 'housing' });
await node.register('operator-app', { roles: ['operator'] });
await node.register('stranger-app');
const BUILDING = '/data/housing/building/v1';
const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;

t.test('attack 10: JSON of 64,000 levels is refused at every door', async (t) => {
  const cases: [as: string, path: string, body: string][] = [
    ['reader-app', `${BUILDING}/rows/query`, `{"where":${deep(64_000)}}`],
    ['reader-app', `${BUILDING}/rows/query`, deep(64_000)],
    ['reader-app', `${BUILDING}/rows/lookup`, `{"keys":${deep(64_000)}}`],
    ['reader-app', '/graphql/v1', `{"query":"{ __typename }","variables":{"a":${deep(64_000)}}}`],
    ['operator-app', '/api/v1/catalog/check', `{"contracts":${deep(64_000)}}`],
    ['operator-app', '/api/v1/catalog', `{"contracts":[${'{"a":'.repeat(64_000)}1${'}'.repeat(64_000)}]}`],
    ['operator-app', '/api/v1/grants', deep(64_000)],
    ['operator-app', '/api/v1/applications', `{"jwks":${deep(400)}}`],
  ];
  for (const [as, path, body] of cases) {
    const headers = { 'content-type': 'application/json', 'idempotency-key': path };
    const reply = await node.ask('POST', path, { as, headers, body });
    t.equal(reply.status, 400, `${path} ${reply.text.slice(0, 200)}`);
    t.match(reply.text, /too-complex/, path);
  }
  const where = '{"field":"code","op":"eq","value":"x"}';
  const fits = await node.ask('POST', `${BUILDING}/rows/query`, {
    as: 'reader-app',
    headers: { 'content-type': 'application/json' },
    body: `{"where":{"and":[{"or":[${where}]}]}}`,
  });
  t.equal(fits.status, 200, fits.text);
});

t.test('attack 13: nothing is read by the token of a disabled application', async (t) => {
  await node.register('gone-app', { roles: ['operator', 'auditor'] });
  await node.grant({ application: 'gone-app', dataset: 'housing/building' });
  for (const audience of ['data', 'platform'] as const) await node.token('gone-app', audience);
  const introspection = { body: { query: '{ __schema { types { name } } }' } };
  const typename = { body: { query: '{ __typename }' } };
  t.equal((await node.ask('POST', '/graphql/v1', { as: 'gone-app', ...introspection })).status, 200, 'before');
  const disabled = await node.ask('POST', '/api/v1/applications/gone-app/disable', { as: 'operator-app' });
  t.equal(disabled.status, 200, disabled.text);
  for (const asked of [introspection, typename])
    t.equal((await node.ask('POST', '/graphql/v1', { as: 'gone-app', ...asked })).status, 401, asked.body.query);
  const VALUES: Record<string, string> = { publisher: 'housing', dataset: 'building', major: '1', index: '0', id: 'x' };
  const operations = [...datasetOperations, ...platformOperations, ...openOperations, ...elsewhereOperations];
  const reading = operations.filter(
    ({ method, who, handler }) => method === 'GET' && who !== 'anyone' && handler !== undefined,
  );
  t.ok(reading.length > 20);
  for (const { path } of reading) {
    const asked = path.replaceAll(/\{\+?(\w+)\}/g, (_, name: string) => VALUES[name] ?? 'x');
    const reply = await node.ask('GET', asked, { as: 'gone-app' });
    t.ok([401, 404].includes(reply.status), `${asked} ${reply.status} ${reply.text.slice(0, 200)}`);
    if (/openapi|schema|rows$/.test(path)) t.equal(reply.status, 401, asked);
  }
});

t.test('attack 16: 404s of a caller without a grant are counted beyond a rate', async (t) => {
  const count = async () =>
    Number(
      (await node.exchange.database.app.query(`SELECT count(*) AS n FROM audit.entry WHERE event LIKE '%.denied'`))
        .rows[0].n,
    );
  const before = await count();
  const PATHS = [
    '/data/police/resident/v1/rows',
    '/data/no/such/v1/rows',
    `${BUILDING}/deliveries/x`,
    '/data/no/such/v1/rows/x',
  ];
  const texts = new Set<string>();
  for (let round = 0; round < 60; round++) {
    const replies = await Promise.all(PATHS.map((path) => node.ask('GET', path, { as: 'stranger-app' })));
    for (const { status, body } of replies) texts.add(`${status} ${body.code} ${body.detail}`);
  }
  t.equal(texts.size, 1, [...texts].join());
  const entries = (await count()) - before;
  t.ok(entries >= 100 && entries < 230, `${entries} entries for 240 calls`);
  const known = await node.ask('GET', `${BUILDING}/rows`, { as: 'reader-app' });
  t.equal(known.status, 200, 'others are not touched');
});

t.test('attack 18: metrics stay on this machine', async (t) => {
  t.equal((await node.ask('GET', '/metrics')).status, 200);
  const { host } = new URL(node.baseUrl);
  for (const header of ['X-Forwarded-For: 203.0.113.9', 'Forwarded: for=203.0.113.9', 'Via: 1.1 proxy']) {
    const reply = await raw(node.baseUrl, `GET /metrics HTTP/1.1\r\nHost: ${host}\r\n${header}\r\n\r\n`);
    t.equal(reply.status, 404, `a proxy on this machine speaks for another: ${header}`);
  }
});
