import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { freePort } from '../support/node.js';
import { run } from './exchange-child.js';
import { checkHistory, verifyLog } from './faults/check-history.js';
import { startClients } from './faults/clients.js';
import { PROXIES } from './faults/proxies.js';
import { openWorld } from './faults/world.js';

// Three nodes with one database, as deploy/README.md says it: behind the proxies of deploy/, and each by itself.
const port = await freePort();
const publicUrl = `https://127.0.0.1:${port}`;
// The certificate of the test is its own.
process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
const world = await openWorld(t, {
  nodes: 3,
  publicUrl,
  env: { EXCHANGE_TRUSTED_PROXIES: '127.0.0.1', EXCHANGE_DRAIN_MS: '3000', EXCHANGE_WORKER: 'off' },
});
const { nodes, demo } = world;
const ROWS = '/data/police/resident/v1/rows';

async function ask(url: string, as: string, body: object): Promise<{ status: number; text: string }> {
  const reply = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${await world.token(as)}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: reply.status, text: await reply.text() };
}

for (const proxy of PROXIES) {
  const absent = proxy.absent();
  if (absent !== undefined && process.env[proxy.expected]) t.fail(`${proxy.name}: ${absent}`);
  const options = absent === undefined ? {} : { skip: `NOT TRIED: ${absent}` };
  t.test(`a rolling restart of three nodes behind ${proxy.name} loses no request`, options, async (t) => {
    const directory = join(world.directory, proxy.name);
    mkdirSync(directory);
    const running = await proxy.start({ directory, port, nodes: nodes.map((node) => node.port) });
    const history = await startClients(world, { as: 'grid-app', clients: 6, urls: [publicUrl] });
    for (const node of nodes) {
      await history.more(20);
      t.equal(await node.stop(), 0, 'it drains and ends');
      await node.start();
      await history.more(20);
    }
    await history.stop();
    running.process.kill('SIGTERM');
    await running.ended;
    const failed = history.seen.filter(({ status }) => status !== 200);
    t.strictSame(failed, [], `none of ${history.seen.length} requests failed`);
    const { answers, entries } = await checkHistory(t, world, history.seen);
    t.comment(`${answers} answers, ${entries} entries`);
  });
}

t.test('the log verifies', (t) => verifyLog(t, world));

t.test('a lookup gives the same at every node', async (t) => {
  const page = await fetch(`${nodes[0]!.baseUrl}${ROWS}?_limit=5&_select=id_number`, {
    headers: { authorization: `Bearer ${await world.token('subsidy-app')}` },
  });
  const { data } = (await page.json()) as { data: { id_number: string }[] };
  const keys = data.map(({ id_number: key }) => key);
  t.equal(keys.length, 5);
  const replies = await Promise.all(
    nodes.map(({ baseUrl }) => ask(`${baseUrl}${ROWS}/lookup`, 'subsidy-app', { keys: [...keys, 'nobody'] })),
  );
  for (const { status, text } of replies) {
    t.equal(status, 200, text);
    t.equal(text, replies[0]!.text);
  }
  t.equal(JSON.parse(replies[0]!.text).data?.filter(({ found }: { found: boolean }) => found).length, 5);
});

t.test('once a revocation has returned, no node answers under the grant', async (t) => {
  const grant = demo.applications
    .find(({ clientId }) => clientId === 'grid-app')
    ?.grants.find(({ dataset, mode }) => dataset === 'police/resident' && mode === 'read');
  const history = await startClients(world, { as: 'grid-app', clients: 9 });
  await history.more(30);
  const revoked = await fetch(`${nodes[1]!.baseUrl}/api/v1/grants/${grant!.id}/revoke`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await world.token('operator-app', 'platform')}`,
      'idempotency-key': crypto.randomUUID(),
    },
  });
  const returned = performance.now();
  t.ok(revoked.ok, `${revoked.status} ${await revoked.text()}`);
  const enough = history.seen.length + 90;
  await history.until(() => history.seen.length > enough);
  await history.stop();
  const later = history.seen.filter(({ begun }) => begun > returned);
  t.ok(later.length > 30, `${later.length} requests came later`);
  t.strictSame(
    later.filter(({ data }) => data),
    [],
    'none of them had data',
  );
});

t.test('a node with keys of its own is refused by name, and disturbs nobody', async (t) => {
  const { DATABASE_URL = '' } = world.env;
  const ended = await run(['start', '--port', String(await freePort()), '--data-dir', join(world.directory, 'other')], {
    env: { ...world.env, DATABASE_URL },
  });
  t.not(ended.code, 0);
  t.match(ended.stderr, /key/i);
  t.equal(ended.stderr.trim().split('\n').length, 1, ended.stderr);
  for (const node of nodes) t.ok(await node.ready());
});
