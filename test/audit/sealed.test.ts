import { hash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { openSealed } from '../../src/audit/seal.js';
import type { Keys } from '../../src/platform/keys/keys.js';
import { deliverPeople, people, unmasked } from '../failure/residents.js';
import { keysIn } from '../support/keys.js';
import { testNode } from '../support/node.js';
import t from '../support/tap.js';

// What a node seals over its doors is read back from the database with the files of its keys alone.
const node = await testNode(t);
const { database } = node.exchange;
const CASE = 'CASE-2026-0042';
const ROWS = '/data/police/resident/v1/rows';

interface Stored {
  index: number;
  entry: Record<string, any>;
  sealed: Buffer;
}

async function stored(): Promise<Stored[]> {
  const { rows } = await database.app.query<{ index: string; entry: string; sealed: Buffer }>(
    `SELECT index, convert_from(bytes, 'UTF8') AS entry, sealed FROM audit.entry ORDER BY index`,
  );
  return rows.map(({ index, entry, sealed }) => ({ index: Number(index), entry: JSON.parse(entry), sealed }));
}

const opened = (keys: Keys, { entry, sealed }: Stored) => openSealed(keys, sealed, Buffer.from(entry.salt, 'base64'));

t.before(async () => {
  await deliverPeople(node, people(3));
  await node.register('reader');
  await node.grant({ application: 'reader', dataset: 'police/resident', masks: unmasked(node) });
});

t.test('fault 15: every sealed part opens with the keys on disk, and says what was asked and what left', async (t) => {
  const keyed = { body: { keys: ['370303199001010016'] }, headers: { 'exchange-case': CASE } };
  const replies = {
    page: await node.ask('GET', `${ROWS}?_limit=2&_select=name`, { as: 'reader' }),
    lookup: await node.ask('POST', `${ROWS}/lookup`, { as: 'reader', ...keyed }),
    graphql: await node.ask('POST', '/graphql/v1', { as: 'reader', body: { query: '{ __typename }' } }),
    refused: await node.ask('GET', '/data/civil-affairs/marriage/v1/rows', { as: 'reader' }),
  };
  t.match(
    Object.values(replies).map(({ status }) => status),
    [200, 200, 200, 404],
  );
  const keys = await keysIn(node.keys.directory);
  const entries = await stored();
  t.ok(entries.length > 10);
  const byRequest = new Map<string, ReturnType<typeof opened>>();
  for (const each of entries) {
    const { entry, index } = each;
    const digest = hash('sha256', Buffer.concat([Buffer.from(entry.salt, 'base64'), each.sealed]), 'base64');
    t.equal(entry.sealedDigest, digest, `entry ${index}, ${entry.event}: the log vouches for its sealed part`);
    const part = opened(keys, each);
    t.ok('ask' in part && part.blind.length === 44, `entry ${index}`);
    byRequest.set(entry.request, part);
  }
  const of = (reply: keyof typeof replies) => byRequest.get(replies[reply].headers.get('request-id')!)!;
  t.match(of('page'), { address: '127.0.0.1', ask: /police\/resident\/v1.*"selection":\["name"\]/ });
  t.equal(Buffer.from(of('page').rows![0]!, 'base64').length, 2 * 16, 'the numbers of both rows');
  t.match(JSON.stringify(of('lookup')), '370303199001010016', 'the key that was asked');
  t.equal(of('lookup').case, CASE);
  t.match(of('refused').reason, /./, 'why it was refused');
});

t.test('fault 15: a sealed part opens for nothing else, and not once the key of its month is destroyed', async (t) => {
  const entries = await stored();
  const [first, second] = entries as [Stored, Stored];
  t.throws(() => opened(node.keys, { ...first, entry: second.entry }), 'the salt of another entry');
  t.throws(() => opened(node.keys, { ...first, sealed: Buffer.from(first.sealed).fill(0, -1) }), 'altered');
  const other = await keysIn(node.keys.directory);
  const month = first.entry.time.slice(0, 7);
  rmSync(join(node.keys.directory, `month-${month}.key`));
  const without = await keysIn(node.keys.directory);
  t.ok(opened(other, first));
  for (const each of entries) t.throws(() => opened(without, each), `entry ${each.index}`);
});
