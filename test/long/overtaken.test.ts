import type { Test } from 'tap';
import t from 'tap';
import { disableApplication } from '../../src/access/identity/register-application.js';
import type { AuditEvent } from '../../src/audit/entry.js';
import { newPrivateJwk, publicPart } from '../../src/client/new-key.js';
import { runSource } from '../../src/exchange/sources/run-source.js';
import { type Overtaking, overtake } from '../failure/overtaking.js';
import { BY, openCity } from '../rest/city.js';
import { publishPart } from '../support/catalog-part.js';
import { type Asking, type Reply, testNode } from '../support/node.js';

// Invariants 1 and 5 for each user of the recorded act: the policy moves, or the token ends, between the decision and the commit.
const city = await openCity(t);
const { node } = city;
const { exchange } = node;
const beside = await testNode(t, { beside: node });
const LANDED = '/data/police/landed/v1';
const OPEN = { id_number: 'none', name: 'none', born: 'none', minors: 'none' } as const;
const NUMBER = '370399197805061016';
const DERIVED = ['exchange/conflict', 'grid-center/resident', 'police/resident'];

interface WayOut {
  name: string;
  event: AuditEvent;
  /** Who acts: disabled in the last case. */
  as: string;
  go(): Promise<Pick<Reply, 'text'>>;
  /** What the reply has when it is not overtaken. */
  given: RegExp;
  /** Its entry says until when it may be committed. */
  ends: boolean;
}

let count = 0;
const next = () => String(++count);
const ask = (as: string, method: string, path: string, asking: Asking = {}) =>
  node.ask(method, path, { as, ...asking });
const change = (as: string, method: string, path: string, body: object) =>
  ask(as, method, path, { body, headers: { 'idempotency-key': `change-${next()}` } });
const deliver = (as: string, more: object = {}) =>
  ask(as, 'POST', `${LANDED}/deliveries?mode=snapshot`, {
    headers: { 'content-type': 'application/x-ndjson', 'idempotency-key': `rows-${next()}` },
    body: `${JSON.stringify({ GMSFHM: NUMBER, XM: `张三${next()}`, XB: '男', CSRQ: '1978-05-06', XZD: '370303104003', ...more })}\n`,
  });

async function reader(as: string): Promise<string> {
  await node.register(as);
  for (const dataset of ['police/check', 'police/landed']) await node.grant({ application: as, dataset, masks: OPEN });
  return as;
}

async function publisher(as: string): Promise<string> {
  await node.register(as, { department: 'police', roles: ['publisher'] });
  await node.grant({ application: as, dataset: 'police/landed', mode: 'deliver', fields: [] });
  return as;
}

async function official(as: string, role: 'operator' | 'auditor'): Promise<string> {
  await node.register(as, { roles: [role] });
  return as;
}

async function answers(): Promise<WayOut[]> {
  const [page, same, graph, live, graphLive] = await Promise.all(
    ['page', 'same', 'graph', 'live', 'graph-live'].map((name) => reader(`${name}-app`)),
  );
  const path = `${LANDED}/rows?_select=name`;
  const { headers } = await ask(same!, 'GET', path);
  const held = { headers: { 'if-none-match': headers.get('etag')! } };
  const notModified = async () => {
    const reply = await ask(same!, 'GET', path, held);
    return { text: `${reply.status} ${reply.text}` };
  };
  const query = (as: string, text: string) => ask(as, 'POST', '/graphql/v1', { body: { query: text } });
  const lookup = () => ask(live!, 'POST', '/data/police/check/v1/rows/lookup', { body: { keys: [NUMBER] } });
  return [
    { name: 'a page', event: 'data.read', as: page!, go: () => ask(page!, 'GET', path), given: /张三/, ends: true },
    { name: 'a 304', event: 'data.read', as: same!, go: notModified, given: /^304 $/, ends: true },
    {
      name: 'a GraphQL document',
      event: 'graphql.read',
      as: graph!,
      go: () => query(graph!, '{ police { landed_list(first: 2) { nodes { name } } } }'),
      given: /张三/,
      ends: true,
    },
    { name: 'asking a department', event: 'proxy.asked', as: live!, go: lookup, given: /张三/, ends: true },
    {
      name: 'what a department answered',
      event: 'graphql.read',
      as: graphLive!,
      go: () => query(graphLive!, `{ police { check(id_number: "${NUMBER}") { name } } }`),
      given: /张三/,
      ends: true,
    },
  ];
}

async function deliveries(): Promise<WayOut[]> {
  const [sender, corrector, tabler, judge] = await Promise.all(
    ['sender', 'corrector', 'tabler', 'judge'].map((name) => publisher(`${name}-app`)),
  );
  const rejectsOf = async (as: string) =>
    new URL((await deliver(as, { XB: '无' })).body.rejects, node.baseUrl).pathname;
  const [rejects, table] = [await rejectsOf(corrector!), await rejectsOf(tabler!)];
  const workbook = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
  return [
    {
      name: 'a release',
      event: 'delivery.published',
      as: sender!,
      go: () => deliver(sender!),
      given: /"published"/,
      ends: true,
    },
    {
      name: 'rejects',
      event: 'rejects.read',
      as: corrector!,
      go: () => ask(corrector!, 'GET', rejects),
      given: /无/,
      ends: true,
    },
    {
      name: 'rejects as a workbook',
      event: 'rejects.read',
      as: tabler!,
      go: () => ask(tabler!, 'GET', table, { headers: { accept: workbook } }),
      given: /^PK/,
      ends: true,
    },
    {
      name: 'quality',
      event: 'quality.read',
      as: judge!,
      go: () => ask(judge!, 'GET', `${LANDED}/quality`),
      given: /"rows"/,
      ends: true,
    },
  ];
}

async function derived(): Promise<WayOut> {
  const as = 'exchange-publisher';
  await publishPart(node, DERIVED);
  await node.register(as, { department: 'exchange', roles: ['publisher'] });
  await node.grant({ application: as, dataset: 'exchange/conflict', mode: 'deliver', fields: [] });
  for (const dataset of ['police/resident', 'grid-center/resident']) {
    const fields = ['id_number', 'name', 'gender'];
    const masks = { id_number: 'none', name: 'none', minors: 'none' } as const;
    await node.grant({ application: as, dataset, fields, masks, purposes: ['data-quality'] });
  }
  const go = () =>
    runSource(exchange, 'exchange/conflict/v1').then(
      ({ delivery }) => ({ text: delivery.state }),
      ({ code }) => ({ text: code }),
    );
  return { name: 'a derived dataset', event: 'derived.read', as, go, given: /published/, ends: true };
}

async function logs(): Promise<WayOut[]> {
  const [one, many] = [await official('one-app', 'auditor'), await official('many-app', 'auditor')];
  const bundle = () => ask(many, 'GET', '/audit/v1/tile/entries/000.p/2', { audience: 'platform' });
  const entry = () => ask(one, 'GET', '/api/v1/audit/entries/0');
  return [
    { name: 'an entry of the log', event: 'audit.read', as: one, go: entry, given: /"bytes"/, ends: true },
    { name: 'a bundle of entries', event: 'audit.read', as: many, go: bundle, given: /"event"/, ends: true },
  ];
}

async function changes(): Promise<WayOut[]> {
  const names = ['registrar', 'approver', 'cataloger', 'lister'];
  const [registrar, approver, cataloger, lister] = await Promise.all(
    names.map((name) => official(`${name}-app`, 'operator')),
  );
  const title = { zh: '用途', en: 'Purpose' };
  const registration = async () => ({
    clientId: `new-${next()}`,
    title: 'new',
    department: 'police',
    roles: [],
    jwks: { keys: [publicPart(await newPrivateJwk())] },
  });
  const codes = () => [{ code: `X${next()}`, title: { zh: '新', en: 'New' } }];
  const list = '/api/v1/standard/code-lists/tenant-overtaken';
  return [
    {
      name: 'an application',
      event: 'application.registered',
      as: registrar!,
      go: async () => change(registrar!, 'POST', '/api/v1/applications', await registration()),
      given: /"clientId"/,
      ends: false,
    },
    {
      name: 'an upstream',
      event: 'upstream.approved',
      as: approver!,
      go: () => change(approver!, 'PUT', `/api/v1/upstreams/police/up-${next()}`, city.draft),
      given: /"approved"/,
      ends: false,
    },
    {
      name: 'a purpose',
      event: 'purpose.registered',
      as: cataloger!,
      go: () =>
        change(cataloger!, 'POST', '/api/v1/catalog', {
          purposes: [{ code: `purpose-${next()}`, title, law: '某法' }],
        }),
      given: /"purpose"/,
      ends: false,
    },
    {
      name: 'a code list',
      event: 'code-list.changed',
      as: lister!,
      go: () => change(lister!, 'PUT', list, { title, codes: codes(), note: 'overtaken' }),
      given: /overtaken/,
      ends: false,
    },
  ];
}

const another = () => beside.register(`another-${next()}`);
const moves: Overtaking['between'] = async (draft) => {
  await another();
  return draft;
};
const ended: Overtaking['between'] = (draft) => ({ ...draft, notAfter: Date.now() - 60_000 });

/** Acts once while its entries are overtaken; returns the reply and how many entries were tried. */
async function overtaken({ event, go }: WayOut, times: number, between: Overtaking['between']) {
  const set = overtake(exchange.log, { event, times, between });
  try {
    const { text } = await go();
    return { text, seen: set.seen() };
  } finally {
    set.undo();
  }
}

async function holds(t: Test, way: WayOut): Promise<void> {
  const { as, event, given } = way;
  const { text, seen: usual } = await overtaken(way, 0, moves);
  t.match(text, given, 'not overtaken');
  t.match(
    await overtaken(way, 1, moves),
    { text: given, seen: usual + 1 },
    'another change came between: decided again',
  );
  t.match(await overtaken(way, 99, moves), { text: /unavailable/i, seen: 8 }, 'a storm of changes');
  if (way.ends) {
    t.match(await overtaken(way, 1, ended), { text: given, seen: usual + 1 }, 'it had ended, and is permitted still');
    t.match(await overtaken(way, 99, ended), { text: /unauthenticated/i, seen: 2 }, 'it had ended twice');
  }
  let at = -1;
  const calls = city.calls.length;
  const disabled = await overtaken(way, 1, async (draft) => {
    at = (await disableApplication(beside.exchange, as, BY)).receipt.index;
    return draft;
  });
  t.match(disabled.text, /unauthenticated/i, 'who was disabled meanwhile gets nothing');
  t.notMatch(disabled.text, given);
  if (event === 'proxy.asked') t.equal(city.calls.length, calls, 'and nobody is asked for it');
  const { rows } = await exchange.database.app.query(
    `SELECT index FROM audit.entry WHERE index > $1 AND convert_from(bytes, 'UTF8')::jsonb @> $2::jsonb`,
    [at, JSON.stringify({ event, outcome: 'success', actor: { application: as } })],
  );
  t.same(rows, [], 'no entry of it beyond the change');
}

await publisher('first-app');
await deliver('first-app');
const ways = [await answers(), await deliveries(), await logs(), await changes(), await derived()].flat();
for (const way of ways) t.test(way.name, (t) => holds(t, way));
