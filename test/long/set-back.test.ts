import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { composeNode } from '../../src/app.js';
import { openLog } from '../../src/audit/log.js';
import { systemClock } from '../../src/platform/clock.js';
import { makeDraft } from '../audit/draft.js';
import { surgeon, type Table } from '../failure/set-back.js';
import { until } from '../failure/until.js';
import { type TestNode, testNode } from '../support/node.js';

// A node trusts neither its memory nor the database alone: where they differ, nothing is answered until an operator acts.
const node = await testNode(t, { catalog: false });
const by = await surgeon(node.databaseUrl);
t.teardown(() => by.end());
const { database } = node.exchange;
for (const clientId of ['reader', 'late']) await node.register(clientId);
await node.register('auditor', { roles: ['auditor'] });
await node.token('auditor', 'platform');

const head = async (): Promise<number> =>
  Number((await by.query('SELECT coalesce(max(next), 0) AS next FROM audit.batch')).rows[0].next);
const readEntry = (of: TestNode = node) => of.ask('GET', '/api/v1/audit/entries/0', { as: 'auditor' });
const ready = async (of: TestNode = node) => (await of.ask('GET', '/health/ready')).status === 200;

async function fill(entries: number): Promise<number> {
  for (let entry = 0; entry < entries; entry++) await node.exchange.log.append(makeDraft()); // a batch each
  const size = node.exchange.log.head().next;
  await until('all is signed', () => node.checkpoints.latest()?.size === size);
  return size;
}

async function hasStopped(t: Test, what: RegExp): Promise<void> {
  const reason = async () => (await node.ask('GET', '/health/ready')).body.reasons?.[0]?.detail ?? '';
  await until(`readiness says ${what}`, async () => what.test(await reason()));
  const { body } = await node.ask('GET', '/health/ready');
  t.match(body.reasons[0], { name: 'log', detail: what });
  t.match(body.reasons[0].detail, /Bring back .* lost for good: exchange audit new-origin/, 'both remedies are named');
  const before = await head();
  const doors: [string, string, string | undefined][] = [
    ['GET', '/api/v1/audit/entries/0', 'auditor'],
    ['GET', '/data/police/resident/v1/rows', undefined],
    ['POST', '/graphql/v1', undefined],
    ['POST', '/oauth2/token', undefined],
    ['GET', '/audit/v1/checkpoint', undefined],
    ['GET', '/', undefined],
  ];
  for (const [method, path, as] of doors) {
    const reply = await node.ask(method, path, as === undefined ? {} : { as });
    t.equal(reply.status, 503, `${method} ${path}`);
    t.equal(reply.body.code, 'audit-unavailable', path);
    t.match(reply.body.detail, what, path);
  }
  await t.rejects(node.exchange.log.append(makeDraft()), { code: 'audit-unavailable' });
  t.equal((await node.ask('GET', '/health/live')).status, 200);
  t.equal(await head(), before, 'nothing is written');
}

const startAgain = (keys = node.keys) =>
  composeNode({ config: node.exchange.config, databaseUrl: node.databaseUrl, keys, clock: systemClock });

const CUTS: Record<string, { tables?: Table[]; from: (size: number) => number; what: RegExp }> = {
  'the newest entries are gone': { from: (size) => size - 5, what: /set back/ },
  'one entry is gone': { from: (size) => size - 1, what: /set back/ },
  'only the batches are gone': { from: (size) => size - 5, tables: ['batch'], what: /set back/ },
  'every table of the log is empty': { from: () => 0, what: /holds 0 audit entries/ },
  'the entries are gone, the batches remain': { from: () => 0, tables: ['entry'], what: /damaged/ },
};

for (const [name, { tables, from, what }] of Object.entries(CUTS)) {
  t.test(`fault 1: ${name} under a running node: it stops, writes nothing, and starts never`, async (t) => {
    const size = await fill(8);
    const taken = await by.cut(from(size), tables);
    // Entries that no batch in memory needs are missed by who reads them first.
    if (tables?.[0] !== 'entry') await hasStopped(t, what);
    await t.rejects(startAgain(), { code: 'audit-unavailable', message: what });
    await taken.restore();
    await until('it answers again, once they are back', ready);
    t.equal((await readEntry()).status, 200);
  });
}

t.test('fault 1: an append meets the gap before anyone looks: not one entry goes over it', async (t) => {
  for (let round = 0; round < 3; round++) {
    const size = await fill(5);
    const taken = await by.cut(size - 3);
    const appended = await Promise.allSettled(Array.from({ length: 8 }, () => node.exchange.log.append(makeDraft())));
    t.ok(appended.every(({ status }) => status === 'rejected'));
    t.equal(await head(), size - 3);
    await taken.restore();
    await until('it answers again', ready);
  }
});

t.test('fault 1: another history of the same length, and a longer one, are not taken for ours', async (t) => {
  for (const more of [0, 3]) {
    const taken = await by.cut((await fill(10)) - 2);
    const known = node.exchange.log.head().next; // the node may write entries of its own beside those of the test
    const stranger = await openLog({ database, clock: systemClock, keys: node.keys, node: 'stranger' });
    while (stranger.head().next < known + more) await stranger.append(makeDraft());
    await stranger.close();
    await hasStopped(t, /another history/);
    t.equal(await head(), known + more, 'nothing was written after it');
    await t.rejects(startAgain(), { message: /another history/ });
    await taken.restore();
    await until('it answers again', ready);
  }
});

t.test('fault 1: two nodes: the one that writes on stops the other, and a start knows what was signed', async (t) => {
  const beside = await testNode(t, { beside: node, catalog: false });
  await beside.register('beside-auditor', { roles: ['auditor'] });
  const read = () => beside.ask('GET', '/api/v1/audit/entries/0', { as: 'beside-auditor' });
  t.equal((await read()).status, 200);
  const size = await fill(10);
  await until('both have seen it', () => beside.exchange.log.head().next === size);
  const taken = await by.cut(size - 4);
  for (const of of [node, beside]) await until('both stop', async () => !(await ready(of)));
  t.equal((await read()).status, 503);
  await taken.restore();
  for (const of of [node, beside]) await until('both answer', () => ready(of));

  // Without a state file the newest checkpoint in the database speaks.
  const keys = { ...node.keys, directory: mkdtempSync(join(tmpdir(), 'civic-exchange-state-')) };
  t.teardown(() => rmSync(keys.directory, { recursive: true }));
  const cut = await by.cut((await fill(5)) - 2, ['batch', 'entry']);
  await t.rejects(startAgain(keys), { message: /the newest checkpoint knows of .* set back/ });
  await cut.restore();
  for (const of of [node, beside]) await until('both answer again', () => ready(of));
});

t.test('a lost tile is read from the entries', async () => {
  const log = await openLog({ database, clock: systemClock, keys: node.keys, node: 'filler' });
  for (let i = 0; i < 6; i++) await Promise.all(Array.from({ length: 100 }, () => log.append(makeDraft())));
  await log.close();
  await by.query('DELETE FROM audit.tile WHERE level = 0 AND n = 1');
  const again = await startAgain();
  await again.exchange.log.append(makeDraft());
  await until('it signs', () => again.checkpoints.latest()!.size > 600);
  await again.close();
});
