import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import t from 'tap';
import { parse } from 'yaml';
import { renderOpenapi } from '../../src/rest/openapi/document.js';
import { type Reply, testNode } from '../support/node.js';

const node = await testNode(t);
const PURPOSE = { 'exchange-purpose': 'grid-service' };
const document: any = await renderOpenapi(node.exchange.policy.current().catalog);
const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema({ $id: 'https://exchange.test/openapi', components: document.components });

const DIVISION = '/data/exchange/division/v1';
const ROWS = [
  { 区划代码: '370303', 名称: '张店区', 级别: '县区', 上级代码: '3703', 类似村居: false },
  { 区划代码: '370303104', 名称: '房镇镇', 级别: '乡镇街道', 上级代码: '370303', 类似村居: false },
];
const BAD = { 区划代码: '370303104003', 名称: '盛世康城', 级别: 'no such level' };
const ndjson = (rows: object[]) => rows.map((row) => JSON.stringify(row)).join('\n');

/** The document describes the reply: status, media type, every member. */
function follows(t: typeof import('tap').default | any, path: string, method: string, reply: Reply): void {
  const operation = document.paths[path]?.[method];
  const written = operation?.responses[reply.status];
  t.ok(written, `${method} ${path} may end in ${reply.status}: ${reply.text.slice(0, 300)}`);
  if (written === undefined) return;
  const response = written.$ref === undefined ? written : document.components.responses[written.$ref.split('/').pop()];
  const type = (reply.headers.get('content-type') ?? '').split(';')[0]!;
  if (response.content === undefined) return void t.equal(reply.text, '');
  t.ok(response.content[type], `${path} ${reply.status} ${type}`);
  const schema = JSON.parse(
    JSON.stringify(response.content[type]?.schema ?? false).replaceAll(
      '"#/components',
      '"https://exchange.test/openapi#/components',
    ),
  );
  const validate = ajv.compile(schema);
  const value = type.includes('json') && !type.includes('ndjson') ? JSON.parse(reply.text) : reply.text;
  t.ok(validate(value), `${method} ${path} ${reply.status}: ${JSON.stringify(validate.errors?.slice(0, 4))}`);
}

t.before(async () => {
  await node.register('reader');
  await node.register('boss', { department: 'exchange', roles: ['operator', 'auditor'] });
  await node.register('exchange-publisher', { department: 'exchange', roles: ['publisher'] });
  await node.grant({ application: 'exchange-publisher', dataset: 'exchange/division', mode: 'deliver', fields: [] });
  await node.grant({ application: 'reader', dataset: 'exchange/division' });
});

t.test('the served document is the generated one', async (t) => {
  const json = await node.ask('GET', '/openapi.json');
  t.equal(json.status, 200);
  t.same(json.body, JSON.parse(JSON.stringify(document)));
  const yaml = await node.ask('GET', '/openapi.yaml');
  t.match(yaml.headers.get('content-type'), /^application\/yaml/);
  t.same(parse(yaml.text), json.body);
  t.equal((await node.ask('GET', `${DIVISION}/openapi.json`)).status, 401);
  const one = await node.ask('GET', `${DIVISION}/openapi.json`, { as: 'reader' });
  t.equal(one.status, 200);
  t.ok(Object.keys(one.body.paths).every((path) => path.startsWith(DIVISION)));
  t.same(one.body.paths[`${DIVISION}/rows`], json.body.paths[`${DIVISION}/rows`]);
  t.equal((await node.ask('GET', '/data/exchange/nothing/v1/openapi.json', { as: 'reader' })).status, 404);
  t.equal((await node.ask('GET', `${DIVISION}/openapi.json?x=1`, { as: 'reader' })).status, 400);
});

t.test('Swagger UI uses no other origin and no inline script', async (t) => {
  const page = await node.ask('GET', '/docs');
  t.equal(page.status, 200);
  const csp = page.headers.get('content-security-policy') ?? '';
  t.match(csp, /script-src 'self';/);
  t.notMatch(csp, /unsafe|https?:/);
  t.notMatch(page.text, /(src|href)="(https?:)?\/\//);
  t.notMatch(page.text, /<script[^>]*>[^<\s]/);
  const assets = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(
    ([, url]) => new URL(url!, `${node.baseUrl}/docs`),
  );
  t.ok(assets.length >= 5);
  for (const { pathname } of assets) t.equal((await node.ask('GET', pathname)).status, 200, pathname);
  const moved = await node.ask('GET', '/docs/json');
  t.equal(moved.status, 302);
  t.equal(moved.headers.get('location'), '/openapi.json');
  t.match((await node.ask('GET', '/')).headers.get('content-security-policy'), /default-src 'none'/);
});

t.test('replies are as described', async (t) => {
  const check = async (status: number, method: string, path: string, template: string, asking: object = {}) => {
    const reply = await node.ask(method, path, asking);
    t.equal(reply.status, status, `${method} ${path}`);
    follows(t, template, method.toLowerCase(), reply);
    return reply;
  };
  const publisher = { as: 'exchange-publisher' };
  const hand = (key: string, rows: object[]) =>
    check(201, 'POST', `${DIVISION}/deliveries?mode=snapshot`, `${DIVISION}/deliveries`, {
      ...publisher,
      headers: { 'idempotency-key': key, 'content-type': 'application/x-ndjson' },
      body: ndjson(rows),
    });
  const delivered = await hand('one', [...ROWS, BAD]);
  t.equal(delivered.body.state, 'rejected');
  t.equal((await hand('two', ROWS)).body.state, 'published', 'a clean one');
  const { id } = delivered.body;
  await check(200, 'GET', `${DIVISION}/deliveries/${id}`, `${DIVISION}/deliveries/{id}`, publisher);
  await check(200, 'GET', `${DIVISION}/deliveries/${id}/rejects`, `${DIVISION}/deliveries/{id}/rejects`, publisher);
  await check(415, 'POST', `${DIVISION}/deliveries?mode=snapshot`, `${DIVISION}/deliveries`, {
    ...publisher,
    body: {},
  });

  const reader = { as: 'reader', headers: PURPOSE };
  const rows = `${DIVISION}/rows`;
  await check(200, 'GET', DIVISION, DIVISION, reader);
  await check(200, 'GET', `${DIVISION}/schema`, `${DIVISION}/schema`, reader);
  const found = await check(200, 'GET', `${rows}?_count=exact&_limit=1`, rows, reader);
  const headers = { ...PURPOSE, 'if-none-match': found.headers.get('etag')! };
  await check(304, 'GET', `${rows}?_count=exact&_limit=1`, rows, { as: 'reader', headers });
  await check(200, 'GET', `${rows}/370303104`, `${rows}/{id}`, reader);
  await check(404, 'GET', `${rows}/000000`, `${rows}/{id}`, reader);
  await check(400, 'GET', `${rows}?nmae=x`, rows, reader);
  await check(401, 'GET', rows, rows);
  await check(403, 'GET', rows, rows, { as: 'reader', headers: { 'exchange-purpose': 'no-such-purpose' } });
  await check(404, 'GET', '/data/police/resident/v1/rows', '/data/police/resident/v1/rows', reader);
  await check(200, 'POST', `${rows}/query`, `${rows}/query`, { ...reader, body: { limit: 5, count: 'estimated' } });
  await check(200, 'POST', `${rows}/lookup`, `${rows}/lookup`, { ...reader, body: { keys: ['370303104', 'x'] } });
  await check(200, 'POST', '/graphql/v1', '/graphql/v1', { ...reader, body: { query: '{ exchange { __typename } }' } });
  await check(200, 'POST', '/graphql/v1', '/graphql/v1', { ...reader, body: { query: '{' } });

  const boss = { as: 'boss', audience: 'platform' };
  for (const path of ['/api/v1/catalog', '/api/v1/standard', '/api/v1/applications', '/api/v1/grants']) {
    await check(200, 'GET', path, path, boss);
  }
  const standard = '/api/v1/standard';
  for (const path of ['/entities', '/elements', '/code-lists']) {
    await check(200, 'GET', `${standard}${path}`, `${standard}${path}`, boss);
  }
  await check(200, 'GET', `${standard}/entities/person`, `${standard}/entities/{name}`, boss);
  const list = `${standard}/code-lists/settlement`;
  const { data } = (await check(200, 'GET', list, `${standard}/code-lists/{name}`, boss)).body;
  const codes = data.codes.map(({ code, title }: { code: string; title: object }) => ({ code, title }));
  const put = {
    ...boss,
    headers: { 'idempotency-key': 'list' },
    body: { codes: [...codes, { code: '3', title: { zh: '镇' } }], note: 'n' },
  };
  await check(200, 'PUT', list, `${standard}/code-lists/{name}`, put);
  await check(200, 'GET', '/api/v1/catalog/police/resident/v1', '/api/v1/catalog/{publisher}/{dataset}/v{major}', boss);
  await check(400, 'GET', '/api/v1/grants/nothing', '/api/v1/grants/{id}', boss);
  await check(200, 'GET', '/api/v1/applications/reader', '/api/v1/applications/{clientId}', boss);
  await check(400, 'POST', '/api/v1/grants', '/api/v1/grants', { ...boss, body: {} });
  await check(200, 'POST', '/api/v1/catalog/check', '/api/v1/catalog/check', { ...boss, body: { contracts: [] } });
  await check(200, 'GET', '/api/v1/audit/entries/0', '/api/v1/audit/entries/{index}', boss);
  await check(200, 'GET', '/api/v1/audit/entries/0/proof', '/api/v1/audit/entries/{index}/proof', boss);
  await check(200, 'GET', '/api/v1/audit/consistency?from=1&to=2', '/api/v1/audit/consistency', boss);
  for (const path of [
    '/health/live',
    '/health/ready',
    '/metrics',
    '/openapi.yaml',
    '/audit/v1/checkpoint',
    '/audit/v1/vkey',
  ]) {
    await check(200, 'GET', path, path);
  }
  for (const path of ['/oauth2/jwks', '/.well-known/openid-configuration', '/.well-known/oauth-authorization-server']) {
    await check(200, 'GET', path, path);
  }
  await check(404, 'GET', '/audit/v1/tile/0/999', '/audit/v1/tile/{tile}');
  await check(401, 'POST', '/oauth2/token', '/oauth2/token', {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'grant_type=client_credentials&client_id=nobody',
  });
});

t.test('attack 18: the document is sent from memory, compressed, and not at all to who has it', async (t) => {
  for (const path of ['/openapi.json', '/openapi.yaml']) {
    const first = await node.ask('GET', path, { headers: { 'accept-encoding': 'gzip' } });
    t.equal(first.headers.get('content-encoding'), 'gzip');
    t.match(first.text, /3\.1\.1/);
    const etag = first.headers.get('etag')!;
    const again = await node.ask('GET', path, { headers: { 'if-none-match': etag } });
    t.same([again.status, again.text], [304, '']);
    const plain = await node.ask('GET', path, { headers: { 'accept-encoding': 'identity', 'if-none-match': 'W/"x"' } });
    t.same([plain.status, plain.headers.get('content-encoding'), plain.text === first.text], [200, null, true]);
  }
});
