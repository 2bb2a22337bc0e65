import { existsSync, readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { Test } from 'tap';
import { send } from '../../src/client/http.js';
import t from '../support/tap.js';

async function serve(t: Test, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/** 64 MB: more than the buffers of both sides take. */
function* long() {
  for (let i = 0; i < 512; i++) yield Buffer.alloc(131_072);
}
const post = { method: 'POST', headers: {} };

t.test('a server that refuses early is heard, however it goes on', async (t) => {
  const refusals: Record<string, RequestListener> = {
    'reads nothing': (_, reply) => reply.writeHead(413, { connection: 'close' }).end('no'),
    'keeps the connection': (_, reply) => reply.writeHead(413).end('no'),
    'cuts it at once': (request, reply) =>
      void reply.writeHead(413, { connection: 'close' }).end('no', () => request.socket.destroy()),
    'stops reading': (request, reply) => {
      request.once('data', () => {
        request.pause();
        reply.writeHead(413, { connection: 'close' }).end('no');
      });
    },
  };
  for (const [name, listener] of Object.entries(refusals)) {
    const url = await serve(t, listener);
    const { status, text } = await send(url, { ...post, body: Readable.from(long()) });
    t.strictSame([status, text], [413, 'no'], name);
  }
});

t.test('a connection that breaks rejects, and so does a request that is given up', async (t) => {
  const url = await serve(t, (request) => void request.once('data', () => request.socket.destroy()));
  for (const body of ['text', Readable.from(long())])
    await t.rejects(send(url, { ...post, body }), { code: /^(ECONNRESET|EPIPE|UND_ERR_SOCKET)$/ });
  const silent = await serve(t, () => {});
  const signal = AbortSignal.timeout(10);
  await t.rejects(send(silent, { ...post, body: Readable.from(long()), signal }), { name: /Abort|Timeout/ });
  await t.rejects(send('http://127.0.0.1:1/', { ...post, body: '' }), { code: 'ECONNREFUSED' });
});

t.test('a file takes the body of a success only, and no body has no type', async (t) => {
  const url = await serve(t, (request, reply) => {
    const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
    reply.writeHead(request.url === '/' ? 200 : 404).end(JSON.stringify({ length, encoding }));
  });
  const into = join(t.testdir(), 'body');
  t.strictSame((await send(`${url}absent`, { ...post, body: '', into })).json(), { length: '0' });
  t.notOk(existsSync(into));
  t.equal((await send(url, { ...post, body: 'four', into })).text, '');
  t.strictSame(JSON.parse(readFileSync(into, 'utf8')), { length: '4' });
});
