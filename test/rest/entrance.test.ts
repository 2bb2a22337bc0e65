import { request } from 'node:http';
import { Pool } from 'undici';
import { until } from '../failure/until.js';
import { type TestNode, testNode } from '../support/node.js';
import t from '../support/tap.js';
import { entriesOf } from './city.js';

const PUBLIC = 'https://exchange.example.cn';
const OWN = 'exchange.example.cn';

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

/** A request with exactly these headers. */
function send(node: TestNode, path: string, headers: Record<string, string>, method = 'GET'): Promise<Answer> {
  const { hostname, port } = new URL(node.baseUrl);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, path, method, headers, setHost: false }, (reply) => {
      let text = '';
      reply.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      reply.on('end', () => resolve({ status: reply.statusCode!, headers: reply.headers, text }));
    });
    sent.on('error', reject).end();
  });
}

t.test('fault 18: health and the commands of this machine, under a public name', async (t) => {
  const node = await testNode(t, { catalog: false, config: { publicUrl: PUBLIC, allowedHosts: [] } });
  const { port } = new URL(node.baseUrl);
  const READY = '/health/ready';
  const cases: [path: string, host: string, status: number][] = [
    ['/.well-known/oauth-authorization-server', `127.0.0.1:${port}`, 200],
    ['/.well-known/oauth-authorization-server', `localhost:${port}`, 200],
    ['/.well-known/oauth-authorization-server', `[::1]:${port}`, 200],
    ['/.well-known/oauth-authorization-server', OWN, 200],
    ['/metrics', `127.0.0.1:${port}`, 200],
    ['/.well-known/oauth-authorization-server', '127.0.0.1:1', 400],
    ['/.well-known/oauth-authorization-server', `127.0.0.2:${port}`, 400],
    ['/.well-known/oauth-authorization-server', `127.0.0.1:${port}.evil.example`, 400],
    ['/.well-known/oauth-authorization-server', `evil.example:${port}`, 400],
    ['/metrics', 'evil.example', 400],
    [READY, '10.20.30.40:8080', 200],
    [READY, '10.20.30.40', 200],
    [READY, '[fd00::1]:8080', 200],
    [READY, 'localhost', 200],
    [`${READY}?`, '10.20.30.40', 200],
    ['/health/live', '10.20.30.40', 200],
    [READY, 'evil.example', 400],
    [READY, '10.20.30.40.evil.example', 400],
    [READY, '', 400],
    ['/health/readyx', '10.20.30.40', 400],
    ['/data/police/resident/v1', '10.20.30.40', 400],
  ];
  for (const [path, host, status] of cases)
    t.equal((await send(node, path, { Host: host })).status, status, `${path} ${host}`);
});

t.test('behind proxies: entries have the address of the caller, and no forged one', async (t) => {
  const trustedProxies = ['127.0.0.1', '10.0.0.0/28'];
  const cases: [what: string, proxies: string[], headers: Record<string, string>, address: string][] = [
    ['a caller behind the proxy', trustedProxies, { 'x-forwarded-for': '203.0.113.9' }, '203.0.113.9'],
    ['behind two of our proxies', trustedProxies, { 'x-forwarded-for': '203.0.113.9, 10.0.0.7' }, '203.0.113.9'],
    ['a forged address before it', trustedProxies, { 'x-forwarded-for': '1.2.3.4, 203.0.113.9' }, '203.0.113.9'],
    ['a forged proxy before it', trustedProxies, { 'x-forwarded-for': '10.0.0.7, 203.0.113.9' }, '203.0.113.9'],
    ['an address of IPv6', trustedProxies, { 'x-forwarded-for': '2001:db8::9' }, '2001:db8::9'],
    ['Forwarded is never read', trustedProxies, { forwarded: 'for=1.2.3.4' }, '127.0.0.1'],
    ['X-Real-IP is never read', trustedProxies, { 'x-real-ip': '1.2.3.4' }, '127.0.0.1'],
    ['no header', trustedProxies, {}, '127.0.0.1'],
    ['from no proxy of ours', ['10.0.0.1'], { 'x-forwarded-for': '203.0.113.9' }, '127.0.0.1'],
    ['no proxy at all', [], { 'x-forwarded-for': '203.0.113.9', forwarded: 'for=1.2.3.4' }, '127.0.0.1'],
  ];
  const first = await testNode(t, { catalog: false });
  await first.register('auditor-app', { roles: ['auditor'] });
  await first.register('nobody-app');
  const token = await first.token('nobody-app', 'platform');
  const nodes = new Map<string, TestNode>();
  for (const [what, proxies, headers, address] of cases) {
    const of = proxies.join();
    const node = nodes.get(of) ?? (await testNode(t, { beside: first, config: { trustedProxies: proxies } }));
    nodes.set(of, node);
    const own = { Host: new URL(node.baseUrl).host, authorization: `Bearer ${token}` };
    const sent = { ...own, ...headers, 'x-forwarded-host': 'evil.example' };
    const reply = await send(node, '/api/v1/grants', sent, 'POST');
    t.equal(reply.status, 403, `${what}: ${reply.text}`);
    const [entry] = await entriesOf(first, String(reply.headers['request-id']));
    t.equal(entry?.sealed.address, address, what);
  }
  const behind = nodes.get(trustedProxies.join())!;
  const failed = { 'content-type': 'application/x-www-form-urlencoded', 'x-forwarded-for': '1.2.3.4, 198.51.100.7' };
  await send(behind, '/oauth2/token', { Host: new URL(behind.baseUrl).host, ...failed }, 'POST');
  await send(behind, '/data/police/resident/v1/rows', { Host: new URL(behind.baseUrl).host, ...failed });
  await behind.close();
  const { rows } = await first.exchange.database.app.query<{ entry: string }>(
    `SELECT convert_from(bytes, 'UTF8') AS entry FROM audit.entry WHERE event IN ('login.failed', 'access.refused')`,
  );
  t.same(
    rows.map(({ entry }) => (JSON.parse(entry) as { detail: { prefix: string } }).detail.prefix),
    ['198.51.100.0/24', '198.51.100.0/24'],
    'refusals are counted by the address of the caller',
  );
});

t.test('fault 11: a node that ends loses no request of a client that watches readiness', async (t) => {
  const node = await testNode(t, { catalog: false, config: { drainMs: 1_000 } });
  const pool = new Pool(node.baseUrl, { connections: 8 });
  t.teardown(() => pool.destroy());
  let ready = true;
  const lost: string[] = [];
  const counts = { sent: 0, draining: 0, closing: 0 };
  const stream = async () => {
    while (ready) {
      counts.sent++;
      const draining = ended !== undefined;
      try {
        const reply = await pool.request({ path: '/audit/v1/vkey', method: 'GET' });
        await reply.body.dump();
        if (reply.statusCode !== 200) lost.push(String(reply.statusCode));
        if (draining) counts.draining++;
        if (draining && reply.headers.connection === 'close') counts.closing++;
      } catch (error) {
        lost.push(String(error));
      }
    }
  };
  let ended: Promise<void> | undefined;
  const streams = Array.from({ length: 8 }, stream);
  await until('requests flow', () => counts.sent > 50);
  ended = node.drain().then(() => node.close());
  const health = await node.ask('GET', '/health/ready');
  t.match(health, { status: 503, body: { status: 'not ready', reasons: [{ name: 'draining' }] } }, 'at once');
  t.equal(health.headers.get('connection'), 'close');
  // A proxy's check comes seldom: requests go on meanwhile.
  await until('it serves on', () => counts.draining > 20, 5_000);
  ready = false;
  await Promise.all(streams);
  t.same(lost, []);
  t.equal(counts.closing, counts.draining, 'each reply ends its connection');
  await ended;
  await t.rejects(fetch(`${node.baseUrl}/health/live`), 'then the doors are closed');
});
