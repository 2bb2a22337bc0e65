import type { Socket } from 'node:net';
import { connectionsFor } from '../../src/rest/entrance/connections.js';
import { until } from '../failure/until.js';
import { testNode } from '../support/node.js';
import { open, raw, reply } from '../support/raw.js';
import t from '../support/tap.js';

// Of 16 connections 15 are for all, and 2 for callers of one address without a token.
const node = await testNode(t, { catalog: false, config: { connectionsAtMost: 16 } });
await node.register('reader-app');
const { host } = new URL(node.baseUrl);
const token = await node.token('reader-app');
const sockets: Socket[] = [];
t.teardown(() => {
  for (const socket of sockets) socket.destroy();
});
const opened = async (bytes: string) => {
  const socket = await open(node.baseUrl, bytes);
  sockets.push(socket.resume());
  return socket;
};
const HEALTH = `GET /health/live HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
const ASK = `GET /data/police/resident/v1 HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${token}\r\n\r\n`;

t.test('attack 5: connections of one address without a token are few, the others stay', async (t) => {
  const proven = await opened('');
  const answered = reply(proven);
  proven.write(ASK);
  t.equal((await answered).status, 404, 'a token, and no grant');
  const waiting: Socket[] = [];
  for (const bytes of [
    '',
    '',
    'GET',
    HEALTH.slice(0, 30),
    `POST /oauth2/token HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 9\r\n\r\nx`,
  ])
    waiting.push(await opened(bytes), await opened(bytes));
  const alive = () => waiting.filter((socket) => !socket.closed);
  await until('the oldest are cut', () => alive().length <= 2);
  t.same(alive(), waiting.slice(-2), 'the latest wait on');
  t.equal(proven.closed, false, 'who has proven itself stays');
});

t.test('attack 5: at the bound the oldest that waits gives way, and health always answers', async (t) => {
  for (const socket of sockets.splice(0)) socket.destroy();
  const idle = await opened('');
  for (let i = 0; i < 14; i++) {
    const socket = await opened('');
    const answered = reply(socket);
    socket.write(ASK);
    await answered;
  }
  t.equal((await raw(node.baseUrl, HEALTH)).status, 200);
  await until('the idle one gives way', () => idle.closed);
  const socket = await opened('');
  const answered = reply(socket);
  socket.write(ASK);
  await answered;
  const all = await raw(node.baseUrl, ASK);
  t.equal(all.status, 503, 'all are in use by callers with tokens');
  t.equal(all.headers.connection, 'close');
  t.equal((await raw(node.baseUrl, HEALTH)).status, 200, 'health has its place');
});

t.test('attack 5: the bound leaves files to the database', async (t) => {
  t.same([1_024, 1_200, 1_048_576, 64].map(connectionsFor), [832, 1_008, 20_000, 16]);
});
