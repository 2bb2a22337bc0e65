import { existsSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { changePolicy } from '../../src/access/policy/change-policy.js';
import { approveUpstream, withdrawUpstream } from '../../src/access/upstreams/change-upstream.js';
import { storeSecret } from '../../src/access/upstreams/secret.js';
import type { UpstreamDraft } from '../../src/access/upstreams/upstream.js';
import { runSource } from '../../src/exchange/sources/run-source.js';
import { openApi } from '../../src/ingest/readers/http/api.js';
import type { Problem } from '../../src/platform/errors.js';
import { testNode } from '../support/node.js';
import t from '../support/tap.js';
import { openThings, type Thing } from './things.js';

const { node, thing } = await openThings(t, {
  sourceStatementTimeoutMs: 1_000,
  sourceRunTimeoutMs: 1_500,
  deliveryLimitBytes: 4 << 20,
});
const { exchange } = node;
const BY = { actor: null, request: '00000000-0000-4000-8000-000000000000' };
const PREFIX = '/v2';

type Answer = (request: IncomingMessage, reply: ServerResponse, url: URL) => void;
const answers = new Map<string, Answer>();
const asked: string[] = [];
/** A department's interface: `/v2/<dataset>` answers as its test says. */
const server = createServer((request, reply) => {
  asked.push(`${request.method} ${request.url} ${request.headers.authorization ?? ''}`);
  const url = new URL(request.url!, 'http://department');
  const answer = answers.get(url.pathname.slice(PREFIX.length + 1));
  if (answer === undefined) reply.writeHead(404).end();
  else answer(request, reply, url);
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
t.teardown(() => {
  server.closeAllConnections();
  server.close();
});
const { port } = server.address() as { port: number };

const draft: UpstreamDraft = {
  kind: 'http',
  host: '127.0.0.1',
  port,
  tls: 'none',
  pathPrefix: PREFIX,
  private: false,
  secret: true,
};
const upstream = { ...draft, publisher: 'housing', name: 'main-api' };

t.before(async () => {
  await approveUpstream(exchange, { publisher: 'housing', name: 'main-api', draft }, BY);
  storeSecret(exchange.keys.directory, upstream, { kind: 'bearer', token: 'canary-of-the-interface' });
});

const rows = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => ({ NO: `K${from + i}`, part: 'a', 名称: 'n', extra: 1 }));
const json = (reply: ServerResponse, body: unknown) =>
  reply.writeHead(200, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));

/** A dataset pulled from `/v2/<name>`. */
async function pulled(name: string, answer: Answer, source: object = {}): Promise<Thing & { id: string }> {
  answers.set(name, answer);
  const given = { kind: 'http', upstream: 'main-api', application: 'main', path: `/${name}`, rows: '/data', ...source };
  return { ...(await thing(name, { source: given })), id: `housing/${name}/v1` };
}

const run = (id: string) => runSource(exchange, id);
const failing = (id: string): Promise<Problem> =>
  runSource(exchange, id).then(
    () => Promise.reject(new Error('it should have failed')),
    (error) => error,
  );

t.test('pages follow each other as the contract says, and the release has all their rows', async (t) => {
  const pages = (url: URL, name: string) => Number(url.searchParams.get(name) ?? 0);
  const ways: [string, Answer, object][] = [
    ['whole', (_, reply) => json(reply, { data: rows(1, 250) }), {}],
    [
      'linked',
      (_, reply, url) => {
        const page = pages(url, 'page');
        const next = page < 2 ? `/v2/linked?page=${page + 1}` : null;
        json(reply, { data: rows(page * 100 + 1, Math.min(250, page * 100 + 100)), links: { next } });
      },
      { paging: { by: 'next-link', at: '/links/next' } },
    ],
    [
      'relative',
      (_, reply, url) => {
        const page = pages(url, 'page');
        json(reply, { data: rows(page * 125 + 1, page * 125 + 125), next: page < 1 ? '?page=1' : '' });
      },
      { paging: { by: 'next-link', at: '/next' } },
    ],
    [
      'offset',
      (_, reply, url) => {
        const from = pages(url, 'start');
        json(reply, { data: rows(from + 1, Math.min(250, from + pages(url, 'size'))) });
      },
      { paging: { by: 'offset', parameter: 'start', size: '100', 'size-parameter': 'size' } },
    ],
    [
      'cursor',
      (_, reply, url) => {
        const at = pages(url, 'after');
        json(reply, { data: rows(at * 50 + 1, at * 50 + 50), 'ne/xt': at < 4 ? at + 1 : null });
      },
      { paging: { by: 'cursor', parameter: 'after', at: '/ne~1xt' } },
    ],
  ];
  for (const [name, answer, source] of ways) {
    const d = await pulled(name, answer, source);
    const { delivery } = await run(d.id);
    t.match(delivery, { state: 'published', mode: 'snapshot', counts: { received: 250, accepted: 250 } }, name);
    t.match(delivery.report, { unmapped: ['extra'] }, name);
    t.match(delivery.report!.source, { reconciliation: { received: 250, published: 250, ok: true } }, name);
    t.equal((await d.live()).size, 250, name);
  }
  t.ok(asked.every((line) => line.endsWith('Bearer canary-of-the-interface')));
});

t.test('a row that does not fit is one bad row; an empty list deletes the rows, within the limit', async (t) => {
  const given: unknown[] = [...rows(1, 7), 'text', null, { NO: 'K8', part: 'a', 名称: 'much too long' }];
  const d = await pulled('mixed', (_, reply) => json(reply, { data: given }));
  const { delivery } = await run(d.id);
  t.match(delivery.counts, { received: 10, accepted: 7, rejected: 3 });
  t.match((await d.get(`${d.path}/${delivery.id}/rejects`)).text, /"line":8,"row":"\\"text\\""/);
  given.length = 0;
  t.match((await run(d.id)).delivery, { state: 'rejected', report: { refused: { rule: 'delete-at-most' } } });
  t.equal((await d.live()).size, 7);
});

t.test(
  'threat: an interface that misbehaves. One clear reason, the release stands, and the next run goes on',
  async (t) => {
    let hostile: Answer | undefined;
    const d = await pulled(
      'hostile',
      (...args) => (hostile ?? ((_, reply) => json(reply, { data: rows(1, 3) })))(...args),
      {
        paging: { by: 'next-link', at: '/next' },
      },
    );
    await run(d.id);
    const text = (status: number, type: string, body: string, headers = {}): Answer => {
      return (_, reply) => void reply.writeHead(status, { 'content-type': type, ...headers }).end(body);
    };
    const flood: Answer = (_, reply) => {
      reply.writeHead(200, { 'content-type': 'application/json' });
      const megabyte = Buffer.alloc(1 << 20, 'x');
      const pour = () => {
        while (!reply.destroyed && reply.write(megabyte));
      };
      reply.on('drain', pour);
      reply.write('"');
      pour();
    };
    const drip: Answer = (_, reply) => {
      reply.writeHead(200, { 'content-type': 'application/json' });
      const timer = setInterval(() => reply.write(' '), 50);
      reply.on('close', () => clearInterval(timer));
    };
    const next = (link: unknown): Answer => {
      return (_, reply) => json(reply, { data: rows(1, 3), next: link });
    };
    const cases: [name: string, answer: Answer, reason: RegExp, code?: string][] = [
      ['HTML', text(200, 'text/html', '<h1>登录</h1>'), /not JSON/],
      ['HTML that says it is JSON', text(200, 'application/json', '<h1>登录</h1>'), /not JSON/],
      ['bytes that are no UTF-8', text(200, 'application/json', '"\ud800"').bind(null), /list of rows/],
      ['another form', (_, reply) => json(reply, { rows: [] }), /no list of rows stands at \/data/],
      ['an object for a list', (_, reply) => json(reply, { data: { '0': {} } }), /no list of rows/],
      ['200 MB and more', flood, /more than 4194304 bytes/],
      ['a length of 200 MB', text(200, 'application/json', '', { 'content-length': '200000000' }), /more than/],
      ['nothing, ever', () => {}, /too long/],
      ['a blank now and then', drip, /too long/],
      ['a broken connection', (request) => void request.socket.destroy(), /broke off/],
      ['a server error', text(500, 'application/json', '{"data":[]}'), /status 500/],
      ['a refusal', text(401, 'application/json', '{}'), /credentials/, 'upstream-refused'],
      ['a redirect to loopback', text(302, 'text/plain', '', { location: 'http://127.0.0.1:1/' }), /redirect/],
      ['gzip that nobody asked for', text(200, 'application/json', 'x', { 'content-encoding': 'gzip' }), /encoding/],
      ['a next link to another host', next('http://169.254.169.254/v2/x'), /another place/],
      ['a next link without scheme to another host', next('//127.0.0.1:1/v2/x'), /another place/],
      ['a next link out of the prefix', next('/v2/../admin'), /out of what was approved/],
      ['a next link in a circle', next('/v2/hostile'), /circles/],
      ...['/v2/..;/admin', '/v2/%252e%252e/admin', '/v2/%2e%2e/admin', '/v2/..%2fadmin', '/v2//admin', '/v2x'].map(
        (link): (typeof cases)[number] => [
          `a next link out of the prefix, ${link}`,
          next(link),
          /out of what was approved/,
        ],
      ),
      ['a next link of a megabyte', next(`?${'x'.repeat(1 << 20)}`), /too long/],
      ['a next link that is no text', next({ href: '/v2/x' }), /not a text/],
    ];
    for (const [name, answer, reason, code = 'upstream-failed'] of cases) {
      hostile = answer;
      const problem = await failing(d.id);
      t.equal(problem.code, code, name);
      t.match(problem.message, reason, name);
      t.equal((await d.live()).size, 3, name);
    }
    hostile = undefined;
    t.match((await run(d.id)).delivery, {
      state: 'published',
      counts: { received: 3, inserted: 0, updated: 0, deleted: 0 },
    });
  },
);

t.test('attack 12: pages without end are left', async (t) => {
  let calls = 0;
  const counting = (page: (call: number) => object): Answer => {
    return (_, reply) => json(reply, page(++calls));
  };
  const cursor = { paging: { by: 'cursor', parameter: 'after', at: '/next' } };
  const slow: Answer = (_, reply) => {
    calls += 1;
    setTimeout(() => json(reply, { data: rows(calls, calls), next: calls }), 100);
  };
  const drip: Answer = (_, reply) => {
    calls += 1;
    reply.writeHead(200, { 'content-type': 'application/json' });
    const body = JSON.stringify({ data: rows(calls, calls), next: calls });
    reply.write(body);
    const timer = setInterval(() => reply.write(' '), 50);
    setTimeout(() => {
      clearInterval(timer);
      reply.end();
    }, 700);
  };
  const cases: [name: string, answer: Answer, paging: object, reason: RegExp, callsAtMost: number][] = [
    ['empty', counting((call) => ({ data: [], next: call })), cursor, /nothing new/, 21],
    ['again', counting((call) => ({ data: rows(1, 2), next: call })), cursor, /nothing new/, 22],
    ['circle', counting((call) => ({ data: rows(1 + (call % 3), 2), next: call })), cursor, /nothing new/, 24],
    [
      'link',
      counting((call) => ({ data: [], next: `?p=${call}` })),
      { paging: { by: 'next-link', at: '/next' } },
      /nothing new/,
      21,
    ],
    [
      'ignored',
      counting(() => ({ data: rows(1, 2) })),
      { paging: { by: 'offset', parameter: 'from', size: '2' } },
      /nothing new/,
      22,
    ],
    ['long', counting((call) => ({ data: [], next: `${call}${'x'.repeat(9_000)}` })), cursor, /too long/, 1],
    ['slow', slow, cursor, /not sent all its rows within 1.5 s/, 16],
    ['drip', drip, cursor, /not sent all its rows within 1.5 s/, 4],
  ];
  for (const [name, answer, paging, reason, callsAtMost] of cases) {
    calls = 0;
    const d = await pulled(`endless-${name}`, answer, paging);
    const problem = await failing(d.id);
    t.equal(problem.code, 'upstream-failed', name);
    t.match(problem.message, reason, name);
    t.ok(calls <= callsAtMost, `${name}: ${calls} calls`);
  }
  calls = 0;
  const sparse = (call: number) => ({ data: call % 20 === 0 ? rows(call, call) : [], next: call < 100 ? call : '' });
  const d = await pulled('sparse', counting(sparse), cursor);
  t.match((await run(d.id)).delivery, { state: 'published', counts: { received: 5 } }, 'few rows in many pages');
});

t.test('attack 12: a contract whose path leaves the approved prefix is neither published nor called', async (t) => {
  const before = asked.length;
  for (const path of ['/../admin', '/%2e%2e/admin', '/..;/admin', '//admin', '/a%2f..%2fb', '/a/../../admin?x=y']) {
    const source = { kind: 'http', upstream: 'main-api', application: 'main', path, rows: '' };
    await t.rejects(thing('leaving', { source }), { code: 'unprocessable' }, path);
  }
  const api = openApi(
    {
      upstream: { ...upstream, status: 'approved' },
      address: '127.0.0.1',
      secret: undefined,
      tls: undefined,
      stillApproved() {},
    },
    { timeoutMs: 1_000, bytesAtMost: 1_000, connections: 1 },
  );
  t.teardown(() => api.close());
  for (const path of ['/admin', '/v2/../admin', '/v2/%2e%2e/admin', '/v2/..;/admin']) {
    await t.rejects(api.call({ path }), { code: 'upstream-refused' }, `${path}, of an older release`);
  }
  t.equal(asked.length, before, 'nothing was sent');
});

t.test('threat: a source that points where it may not', async (t) => {
  const d = await pulled('allowed', (_, reply) => json(reply, { data: rows(1, 2) }));
  await run(d.id);
  const { config } = exchange;
  const strict = { ...exchange, config: { ...config, outboundLoopback: 'refuse' as const } };
  const refused = (on: typeof exchange) =>
    runSource(on, d.id).then(
      () => 'ran',
      (error: Problem) => error.code,
    );
  t.equal(await refused(strict), 'upstream-refused', 'loopback');
  await thing('foreign', {
    source: { kind: 'http', upstream: 'city-api', application: 'main', path: '/x', rows: '/data' },
  });
  await approveUpstream(exchange, { publisher: 'housing', name: 'moved', draft }, BY);
  t.equal((await failing('housing/foreign/v1')).code, 'upstream-refused', 'not approved for this publisher');
  await thing('unsecret', {
    source: { kind: 'http', upstream: 'moved', application: 'main', path: '/allowed', rows: '/data' },
  });
  t.equal((await failing('housing/unsecret/v1')).code, 'upstream-refused', 'no secret entered for it');
  const oracle = { ...upstream, name: 'moved', kind: 'oracle', database: 'ORCL', status: 'approved' };
  const record = { kind: 'upstream', id: 'housing/moved', document: oracle, event: 'upstream.approved' } as const;
  await changePolicy(exchange, BY, () => record);
  await t.rejects(runSource(exchange, 'housing/unsecret/v1'), /approved as oracle, not as http/, 'of an older release');
  await withdrawUpstream(exchange, { publisher: 'housing', name: 'main-api' }, BY);
  t.equal((await failing(d.id)).code, 'upstream-refused', 'withdrawn');
  t.equal((await d.live()).size, 2);
});

t.test('attack 20: a secret that no approval allows any more is removed from the disk', async (t) => {
  const named = { publisher: 'housing', name: 'brief-api' };
  const file = (suffix = '') => join(exchange.keys.directory, 'upstreams', 'housing', `brief-api${suffix}`);
  const enter = async (approved: UpstreamDraft) => {
    await approveUpstream(exchange, { ...named, draft: approved }, BY);
    storeSecret(exchange.keys.directory, { ...approved, ...named }, { kind: 'bearer', token: 'brief' });
    t.ok(existsSync(file()));
  };
  await enter(draft);
  await approveUpstream(exchange, { publisher: 'housing', name: 'another', draft }, BY);
  await approveUpstream(exchange, { ...named, draft: { ...draft, pathPrefix: '/v3' } }, BY);
  t.ok(existsSync(file()), 'another approval, and another prefix: it is used');
  await approveUpstream(exchange, { ...named, draft: { ...draft, port: port + 1 } }, BY);
  t.notOk(existsSync(file()), 'another port');
  await enter(draft);
  await approveUpstream(exchange, { ...named, draft: { ...draft, secret: false } }, BY);
  t.notOk(existsSync(file()), 'approved without a secret');
  await enter(draft);
  writeFileSync(file('.4711.new'), 'half', { mode: 0o600 });
  await withdrawUpstream(exchange, named, BY);
  t.notOk(existsSync(file()) || existsSync(file('.4711.new')), 'withdrawn, with a write that was cut off');
  storeSecret(exchange.keys.directory, { ...draft, ...named }, { kind: 'bearer', token: 'brief' });
  await testNode(t, { beside: node });
  t.notOk(existsSync(file()), 'withdrawn while this node was down');
});
