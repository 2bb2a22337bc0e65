import { testNode } from '../support/node.js';
import { open, raw, reply } from '../support/raw.js';
import t from '../support/tap.js';

const node = await testNode(t, { config: { connectionsAtMost: 2_000 } });
await node.register('nobody-app');
await node.register('reader-app');
await node.grant({ application: 'reader-app', dataset: 'housing/building' });
const { host } = new URL(node.baseUrl);
const bearer = async (app: string, audience: 'data' | 'platform') =>
  `Authorization: Bearer ${await node.token(app, audience)}`;
const data = await bearer('reader-app', 'data');
const platform = await bearer('nobody-app', 'platform');
const ROWS = '/data/housing/building/v1/rows';
const request = (line: string, ...headers: string[]) =>
  `${[line.includes(' HTTP/') ? line : `${line} HTTP/1.1`, ...headers].join('\r\n')}\r\n\r\n`;
const OURS = `Host: ${host}`;

const isProblem = ({ headers, text }: Awaited<ReturnType<typeof raw>>, code: string) =>
  JSON.parse(text).code === code &&
  headers['content-type'] === 'application/problem+json; charset=utf-8' &&
  headers['cache-control'] === 'no-store' &&
  headers['x-content-type-options'] === 'nosniff' &&
  headers['content-security-policy'] !== undefined;

t.test('attack 6: raw forms of requests are problems of ours, never 500', async (t) => {
  const cases: [bytes: string, status: number, code: string][] = [
    [request('GET /nowhere', OURS), 404, 'not-found'],
    [`${request('POST /nowhere', OURS, 'Content-Type: application/json', 'Content-Length: 2')}{}`, 404, 'not-found'],
    [`${request('POST /nowhere', OURS, 'Content-Type: application/json', 'Content-Length: 1')}{`, 404, 'not-found'],
    [request('QUERY /', OURS), 404, 'not-found'],
    [`${request('QUERY /', OURS, 'Content-Length: 2')}{}`, 404, 'not-found'],
    [request(`QUERY ${ROWS}`, OURS), 401, 'unauthenticated'],
    [request(`QUERY ${ROWS}`, OURS, data), 415, 'unsupported-media-type'],
    [`${request(`QUERY ${ROWS}`, OURS, data, 'Content-Length: 2')}{}`, 415, 'unsupported-media-type'],
    [`${request(`POST ${ROWS}/query`, OURS, data, 'Content-Length: 2')}{}`, 415, 'unsupported-media-type'],
    [
      request(`POST ${ROWS}/query`, OURS, data, 'Content-Type: a/b', 'Content-Length: 0'),
      415,
      'unsupported-media-type',
    ],
    [request('GET /%', OURS), 404, 'not-found'],
    [request('GET /%zz', OURS), 404, 'not-found'],
    [request('GET /data/%ff/x/v1', OURS), 404, 'not-found'],
    [request('GET /data/a%2fb/x/v1', OURS), 404, 'not-found'],
    [request('GET /docs/static/../..', OURS), 404, 'not-found'],
    [request('GET /docs/static//', OURS), 404, 'not-found'],
    [request('GET /docs/static/..', OURS), 404, 'not-found'],
    [request('GET /docs/static/%2e%2e/', OURS), 404, 'not-found'],
    [request('GET /docs/static/..%5c..', OURS), 404, 'not-found'],
    [request('GET /./health/live', OURS), 404, 'not-found'],
    [request('GET //health/live', OURS), 404, 'not-found'],
    [request('GET /health/live/', OURS), 404, 'not-found'],
    [request(`GET /problems/${'a'.repeat(300)}`, OURS), 404, 'not-found'],
    [request(`GET /${'a'.repeat(20_000)}`, OURS), 400, 'bad-header'],
    [request('GET /problems', OURS, `X: ${'a'.repeat(20_000)}`), 400, 'bad-header'],
    [request('PROPFIND /', OURS), 404, 'not-found'],
    [request('TRACE /', OURS), 404, 'not-found'],
    [request('DELETE /health/live', OURS), 404, 'not-found'],
    [request('OPTIONS *', OURS), 404, 'not-found'],
    [request('CONNECT exchange.example:443', OURS), 400, 'bad-header'],
    [request('GET /problems', OURS, 'Expect: the-unexpected'), 400, 'bad-header'],
    [request('GET /problems'), 400, 'bad-host'],
    [request('GET /problems HTTP/1.0'), 400, 'bad-host'],
    [request('GET /nowhere', 'Host: evil.example'), 400, 'bad-host'],
    [request('GET /%', 'Host: evil.example'), 400, 'bad-host'],
    [request(`GET /problems/${'a'.repeat(300)}`, 'Host: evil.example'), 400, 'bad-host'],
    [request('QUERY /', 'Host: evil.example'), 400, 'bad-host'],
    [request('GET /problems', OURS, OURS), 400, 'bad-header'],
    [request('GET /problems', OURS, 'Host: evil.example'), 400, 'bad-header'],
    [request('get /problems', OURS), 400, 'bad-header'],
    [request('GET /problems HTTP/9.9', OURS), 400, 'bad-header'],
    [request('GET /pro blems', OURS), 400, 'bad-header'],
    [request('GET /pro\0blems', OURS), 400, 'bad-header'],
    [request('GET problems', OURS), 400, 'bad-header'],
    [request('GET /problems', OURS, 'Content-Length: x'), 400, 'bad-header'],
    [request('GET /problems', OURS, 'Content-Length: 1', 'Content-Length: 2'), 400, 'bad-header'],
    [request('POST /nowhere', OURS, 'Content-Length: 1', 'Transfer-Encoding: chunked'), 400, 'bad-header'],
    ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, 'bad-header'],
    ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400, 'bad-header'],
    // RFC 9112, 3.2.2: the host of the target replaces Host.
    [request('GET http://evil.example/problems', OURS), 400, 'bad-host'],
    [request('GET HTTP://evil.example/problems', OURS), 400, 'bad-host'],
    [request('GET https://evil.example', OURS), 400, 'bad-host'],
    [request(`GET http://${host}@evil.example/problems`, OURS), 400, 'bad-host'],
    [request(`GET http://evil.example@${host}/problems`, OURS), 400, 'bad-host'],
    [request(`GET http://${host}//problems`, OURS), 404, 'not-found'],
    [request(`GET http://${host}/nowhere`, 'Host: evil.example'), 404, 'not-found'],
    [request(`GET ftp://${host}/problems`, OURS), 404, 'not-found'],
  ];
  for (const [bytes, status, code] of cases) {
    const got = await raw(node.baseUrl, bytes);
    const what = JSON.stringify(bytes.slice(0, 90));
    if (!t.equal(got.status, status, what)) t.comment(got.text.slice(0, 300));
    else t.ok(isProblem(got, code), `${what}: ${code}, got ${JSON.stringify(got.headers)} ${got.text.slice(0, 200)}`);
  }
});

t.test('attack 11: an absolute target is served by its own host, and no other is in the reply', async (t) => {
  for (const path of ['/problems', `${ROWS}?_limit=1`, '/data/housing/building/v1']) {
    const got = await raw(node.baseUrl, request(`GET http://${host}${path}`, 'Host: evil.example', data));
    t.equal(got.status, 200, path);
    t.notMatch(JSON.stringify(got), /evil/, path);
  }
  const got = await raw(node.baseUrl, request(`GET http://${host}`, OURS));
  t.equal(got.status, 200, 'no path is /');
});

t.test('attack 6: no body is waited for that nobody will read', async (t) => {
  const json = ['Content-Type: application/json', 'Content-Length: 1000000'];
  const cases: [line: string, headers: string[], status: number][] = [
    ['POST /nowhere', [OURS, ...json], 404],
    ['PUT /data/housing', [OURS, data, ...json], 404],
    ['POST /problems', ['Host: evil.example', ...json], 400],
    [`POST ${ROWS}/query`, [OURS, ...json], 401],
    ['POST /graphql/v1', [OURS, ...json], 401],
    ['POST /api/v1/grants', [OURS, data, ...json], 401],
    ['POST /api/v1/grants', [OURS, platform, ...json], 403],
    ['POST /api/v1/applications', [OURS, platform, ...json], 403],
    ['POST /data/housing/building/v1/deliveries', [OURS, data, 'Content-Type: text/csv', 'Content-Length: 9000'], 403],
  ];
  for (const [line, headers, status] of cases) {
    const got = await raw(node.baseUrl, request(line, ...headers));
    t.equal(got.status, status, `${line} ${got.text.slice(0, 200)}`);
    const asked = await raw(node.baseUrl, request(line, ...headers, 'Expect: 100-continue'));
    t.same([asked.status, asked.interim], [status, []], `${line} is not asked to continue`);
  }
  const expecting = await open(
    node.baseUrl,
    request(
      `POST ${ROWS}/query`,
      OURS,
      data,
      'Content-Type: application/json',
      'Content-Length: 2',
      'Expect: 100-continue',
    ),
  );
  await new Promise<void>((resolve) =>
    expecting.once('data', (chunk) => resolve(t.match(String(chunk), /^HTTP\/1.1 100/) as never)),
  );
  expecting.write('{}');
  t.equal((await reply(expecting)).status, 200, 'a body that is read is asked for');
  expecting.destroy();
});

t.test('attack 6: a body that breaks off is no failure of ours', async (t) => {
  for (const [line, headers] of [
    ['POST /nowhere', [OURS]],
    [`POST ${ROWS}/query`, [OURS, data]],
    ['POST /graphql/v1', [OURS, data]],
    ['POST /oauth2/token', [OURS]],
  ] as const) {
    const socket = await open(
      node.baseUrl,
      `${request(line, ...headers, 'Content-Type: application/json', 'Content-Length: 100')}{"`,
    );
    await new Promise<void>((resolve) => socket.end(resolve));
    await reply(socket);
  }
  const { text } = await node.ask('GET', '/metrics');
  t.match(text, /status="404"/);
  t.notMatch(text, /status="5\d\d"/, 'nothing in this file was a failure');
});
