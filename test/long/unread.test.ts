import { existsSync } from 'node:fs';
import t from 'tap';
import { entriesFrom } from '../failure/load.js';
import { deliverPeople, people, unmasked } from '../failure/residents.js';
import { until } from '../failure/until.js';
import { heldFor, page, pipeline, readSlowly, readSteadily, type Wire } from '../in-flight/wire.js';
import { testNode } from '../support/node.js';

const node = await testNode(t, { config: { asksAtOnce: 6 } });
const { exchange } = node;
const PEOPLE = 900;
await deliverPeople(node, people(PEOPLE));
for (const application of ['reader', 'other', 'slow', 'leaver', 'steady', 'halved', 'kept']) {
  await node.register(application);
  await node.grant({ application, dataset: 'police/resident', masks: { ...unmasked(node), minors: 'none' } });
}
await node.register('operator', { roles: ['operator'] });

const readsOf = async (application: string) =>
  (await entriesFrom(exchange.database.app, 0)).filter(
    ({ event, actor }) => event.startsWith('data.') && actor?.application === application,
  ).length;
const grantOf = (of: string) =>
  [...exchange.policy.current().grants.values()].find(({ application }) => application === of)!;
/** Of all its labels together. */
const metric = async (name: string) => {
  const lines = (await node.ask('GET', '/metrics')).text.matchAll(new RegExp(`^${name}(?:{[^}]*})? (\\d+)`, 'gm'));
  return [...lines].reduce((sum, [, value]) => sum + Number(value), 0);
};

t.test('attack 1: pipelined requests are answered in order, and beyond a bound the connection closes', async (t) => {
  const wire = await pipeline(node, { as: 'reader', line: page(1), count: 60 });
  wire.socket.resume();
  await until('it is closed', () => wire.closedAt() !== undefined);
  const replies = wire.text().split(/(?=HTTP\/1\.1 )/);
  t.strictSame(
    replies.map((reply) => reply.slice(9, 12)),
    [...Array(33).fill('200'), '429'],
    'one begins, 32 wait, one is refused, and the connection closes',
  );
  t.match(replies.at(-1), /^retry-after: 1\r$/im);
  t.match(replies.at(-1), /^connection: close\r$/im);
  t.match(replies.at(-1), /"code":"rate-limited"/);
  t.equal(await readsOf('reader'), 33, 'what got no reply is no entry');
});

t.test('attack 1: nothing is decided, read or recorded for who does not read', async (t) => {
  const dropped = await metric('exchange_connections_dropped_total');
  const wires = await Promise.all(
    Array.from({ length: 4 }, () => pipeline(node, { as: 'slow', line: page(PEOPLE), count: 30 })),
  );
  await until('answers leave', async () => (await readsOf('slow')) > 0);
  const asked = await node.ask('GET', '/data/police/resident/v1/rows?_limit=1', { as: 'other' });
  t.equal(asked.status, 200, 'others are answered');
  await until('they are cut', async () => (await metric('exchange_connections_dropped_total')) >= dropped + 4);
  const entries = await readsOf('slow');
  t.ok(entries < 80, `${entries} of 120 were recorded: what the system took`);
  await node.ask('GET', '/data/police/resident/v1/rows?_limit=1', { as: 'other' });
  t.equal(await readsOf('slow'), entries, 'no backlog is worked off');
  await until('nothing is in flight', () => exchange.queue.rows + exchange.queue.bytes + exchange.queue.waiting === 0);
  for (const { socket } of wires) socket.destroy();
});

t.test('attack 1: an application has a bound of asks in flight, and another is answered', async (t) => {
  const wires = await Promise.all(
    Array.from({ length: 6 }, () => pipeline(node, { as: 'slow', line: page(PEOPLE), count: 30 })),
  );
  await until('all are unread', async () => (await metric('exchange_asks_in_flight')) === 6);
  const asking = { as: 'slow', headers: { accept: 'application/json' } };
  const refused = await node.ask('GET', '/data/police/resident/v1/rows?_limit=1', asking);
  t.match([refused.status, refused.body.code], [429, 'rate-limited']);
  t.equal(refused.headers.get('retry-after'), '1');
  t.equal((await node.ask('GET', '/data/police/resident/v1/rows?_limit=1', { as: 'other' })).status, 200);
  for (const { socket } of wires) socket.destroy();
  await until('the places are free', async () => (await metric('exchange_asks_in_flight')) === 0);
  t.equal((await node.ask('GET', '/data/police/resident/v1/rows?_limit=1', asking)).status, 200);
});

t.test('attack 1: an answer that is made in slices is the same text as in one piece', async (t) => {
  const as = 'other';
  const rows = '/data/police/resident/v1/rows';
  const all: unknown[] = [];
  for (let next: string | null = ''; next !== null; ) {
    const { body } = await node.ask('GET', `${rows}?_limit=90${next === '' ? '' : `&_cursor=${next}`}`, { as });
    all.push(...body.data);
    next = body.page.next_cursor;
  }
  for (const limit of [50, 51, 100, 899, PEOPLE]) {
    const { text, headers } = await node.ask('GET', `${rows}?_limit=${limit}`, { as });
    const given = JSON.parse(text);
    t.strictSame(given.data, all.slice(0, limit), `${limit} rows`);
    t.equal(JSON.stringify(given), text, 'and nothing between them');
    const cursor = given.page.next_cursor;
    t.equal(headers.get('link'), cursor && `<${rows}?_limit=${limit}&_cursor=${cursor}>; rel="next"`);
  }
  const keys = people(PEOPLE).map(({ GMSFHM }) => GMSFHM);
  keys.splice(150, 0, '370399198001319991');
  const lookup = await node.ask('POST', `${rows}/lookup`, { as, body: { keys } });
  t.strictSame(
    lookup.body.data.map(({ key, found, row }: { key: string; found: boolean; row?: { id_number: string } }) => [
      key,
      found ? row?.id_number : undefined,
    ]),
    keys.map((key, i) => [key, i === 150 ? undefined : key]),
  );
  const list = (limit: number) => `resident_list(first: ${limit}) { nodes { _id name } edges { node { _id name } } }`;
  const query = `{ police { ${list(PEOPLE)} short: ${list(90)} } }`;
  const { text } = await node.ask('POST', '/graphql/v1', { as, body: { query } });
  const { data } = JSON.parse(text);
  t.equal(JSON.stringify({ data }), text);
  const named = (all as { _id: string; name: string }[]).map(({ _id, name }) => ({ _id, name }));
  const listed = (nodes: unknown[]) => ({ nodes, edges: nodes.map((each) => ({ node: each })) });
  t.strictSame(data.police, { resident_list: listed(named), short: listed(named.slice(0, 90)) });
});

t.test('attack 2: what was not read two seconds after a revocation never arrives', async (t) => {
  const grant = grantOf('leaver');
  await node.token('operator', 'platform');
  const dropped = await metric('exchange_connections_dropped_total');
  const wire = await pipeline(node, { as: 'leaver', line: page(PEOPLE), count: 32 });
  await until('one is unread', async () => (await metric('exchange_bytes_unread')) > 0);
  const revoked = await node.ask('POST', `/api/v1/grants/${grant.id}/revoke`, { as: 'operator' });
  t.equal(revoked.status, 200);
  await until('it is cut', async () => (await metric('exchange_connections_dropped_total')) > dropped);
  const recorded = await readsOf('leaver');
  readSlowly(wire);
  await until('the connection is gone', () => wire.closedAt() !== undefined);
  const rows = wire.text().split('"_id"').length - 1;
  t.ok(rows < 2 * PEOPLE, `${rows} rows of ${recorded} answers had arrived before`);
});

/** All of them fit into what the system takes for a peer that reads little. */
const ANSWERS = 3;
const ALL = ANSWERS * PEOPLE;
const LINUX = existsSync('/proc/net/tcp');

t.test('attack 2: what the system holds at a revocation does not arrive later either', { skip: !LINUX }, async (t) => {
  const ways: [as: string, then: (wire: Wire) => void][] = [
    ['steady', () => {}],
    ['halved', ({ socket }) => void socket.end()],
    ['kept', () => {}],
  ];
  const token = await node.token('operator', 'platform');
  const wires = await Promise.all(ways.map(async ([as]) => pipeline(node, { as, line: page(PEOPLE), count: ANSWERS })));
  await until('all is in the system', async () => {
    const read = await Promise.all(ways.map(([as]) => readsOf(as)));
    return read.every((reads) => reads === ANSWERS) && (await metric('exchange_bytes_unread')) === 0;
  });
  await until('it is held there', async () => (await Promise.all(wires.map(heldFor))).every((held) => (held ?? 0) > 0));
  for (const [i, [, then]] of ways.entries()) then(wires[i]!);
  const hurry = wires.map(readSteadily);
  const dropped = await metric('exchange_connections_dropped_total');
  const authorization = `Bearer ${token}`;
  for (const as of ['steady', 'halved']) {
    const revoked = await node.ask('POST', `/api/v1/grants/${grantOf(as).id}/revoke`, { headers: { authorization } });
    t.equal(revoked.status, 200, as);
  }
  const returned = performance.now();
  // Cut, or taken by the peer's own system, which grows what it takes as it likes.
  await until('nothing is held for it', async () => ((await heldFor(wires[0]!)) ?? 0) === 0);
  const within = performance.now() - returned;
  t.ok(within < 2_000, `${Math.round(within)} ms after the last revocation`);
  const cut = (await metric('exchange_connections_dropped_total')) > dropped;
  for (const read of hurry) read();
  for (const wire of wires) await until('it ends', () => wire.closedAt() !== undefined || rowsOf(wire) === ALL, 10_000);
  t.ok(rowsOf(wires[0]!) < ALL || !cut, `steady: ${rowsOf(wires[0]!)} of ${ALL} rows had arrived`);
  t.ok(rowsOf(wires[1]!) < ALL, `halved: ${rowsOf(wires[1]!)} of ${ALL} rows had arrived`);
  t.equal(rowsOf(wires[2]!), ALL, 'a peer as slow whose grant stands reads to the end');
  wires[2]!.socket.destroy();
});

t.test('attack 2: nor after a grant that only ends, nor on connections that close', { skip: !LINUX }, async (t) => {
  const ways: [as: string, rows: number, close: boolean][] = [
    ['ending', PEOPLE, false],
    ['closing', PEOPLE, true],
    ['small', 20, true],
  ];
  for (const [as] of ways) await node.register(as);
  const validUntil = new Date(Date.now() + 4_000).toISOString();
  const masks = { ...unmasked(node), minors: 'none' as const };
  for (const [as] of ways) await node.grant({ application: as, dataset: 'police/resident', masks, validUntil });
  const wires = await Promise.all(
    ways.map(([as, rows, close]) => pipeline(node, { as, line: page(rows), count: 1, close })),
  );
  const held = () => Promise.all(wires.map(heldFor));
  await until('all is in the system', async () => {
    const [ending, closing, small] = await held();
    return ending! > 0 && closing! > 0 && small === 0 && (await metric('exchange_asks_in_flight')) === 0;
  });
  t.strictSame(await Promise.all(ways.map(([as]) => readsOf(as))), [1, 1, 1], 'answered, and none is read');
  await until('the grants have ended', () => Date.now() > Date.parse(validUntil));
  t.ok((await held())[2] === 0, 'the connection of a small answer is open still, so that it could be cut');
  await until('they are cut', async () => (await held()).slice(0, 2).every((bytes) => bytes === undefined));
  const late = Date.now() - Date.parse(validUntil);
  t.ok(late < 2_000, `${late} ms after the end`);
  for (const { socket } of wires) socket.destroy();
});

const rowsOf = (wire: Wire) => wire.text().split('"_id"').length - 1;
