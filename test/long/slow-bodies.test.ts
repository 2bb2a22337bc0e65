import type { Socket } from 'node:net';
import t from 'tap';
import { until } from '../failure/until.js';
import { testNode } from '../support/node.js';
import { open, reply } from '../support/raw.js';

const node = await testNode(t, { config: { connectionsAtMost: 400 } });
await node.register('reader-app');
await node.register('publisher-app', { department: 'housing', roles: ['publisher'] });
await node.grant({ application: 'publisher-app', dataset: 'housing/building', mode: 'deliver' });
const { host } = new URL(node.baseUrl);

/** Sends these bytes a second until the connection ends. */
function trickle(socket: Socket, bytes: number): void {
  const timer = setInterval(() => (socket.writable ? socket.write('x'.repeat(bytes)) : undefined), 1_000);
  socket.once('close', () => clearInterval(timer));
}

t.test('attack 5: a body that comes slowly is cut, an upload at a fair rate is not', async (t) => {
  const head = (path: string, token: string | undefined, type: string) =>
    `${[
      `POST ${path} HTTP/1.1`,
      `Host: ${host}`,
      `Content-Type: ${type}`,
      `Content-Length: ${type === 'text/csv' ? 900_000 : 30_000}`,
      'Idempotency-Key: a',
      ...(token === undefined ? [] : [`Authorization: Bearer ${token}`]),
    ].join('\r\n')}\r\n\r\n`;
  const data = await node.token('reader-app');
  const publisher = await node.token('publisher-app');
  const DELIVERIES = '/data/housing/building/v1/deliveries?mode=snapshot';
  const slow: [what: string, head: string, status: number][] = [
    ['a token request', head('/oauth2/token', undefined, 'application/x-www-form-urlencoded'), 408],
    ['an ask', head('/data/housing/building/v1/rows/query', data, 'application/json'), 408],
    ['a document', head('/graphql/v1', data, 'application/json'), 408],
    ['an unknown path', head('/nowhere', undefined, 'application/json'), 404],
    ['no token', head('/data/housing/building/v1/rows/query', undefined, 'application/json'), 401],
    ['an upload', head(DELIVERIES, publisher, 'text/csv'), 408],
  ];
  const started = performance.now();
  const fair = await open(node.baseUrl, head(DELIVERIES, publisher, 'text/csv').replace('Key: a', 'Key: b'));
  trickle(fair.resume(), 2_048);
  const seconds: Record<string, number> = {};
  await Promise.all(
    slow.map(async ([what, bytes, status]) => {
      const socket = await open(node.baseUrl, bytes);
      trickle(socket, 1);
      const answered = reply(socket);
      await until(`${what} is cut`, () => socket.closed, 90_000);
      seconds[what] = Math.round((performance.now() - started) / 1_000);
      t.equal((await answered).status, status, what);
    }),
  );
  t.comment(JSON.stringify(seconds));
  t.ok(fair.writable && !fair.closed, 'the fair upload goes on');
  fair.destroy();
});
