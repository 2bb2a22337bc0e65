import pg from 'pg';
import type { Test } from 'tap';
import type { Appended, Receipt } from '../../src/audit/entry.js';
import { type AuditLog, openLog } from '../../src/audit/log.js';
import { leafHash } from '../../src/audit/tree/hash.js';
import { rootAt } from '../../src/audit/tree/proof.js';
import { storedHashes } from '../../src/audit/tree/stored-tree.js';
import { EMPTY_TREE, extend, rootOf } from '../../src/audit/tree/tree.js';
import { systemClock } from '../../src/platform/clock.js';
import { testDatabase } from '../support/database.js';
import { testKeys } from '../support/keys.js';
import t from '../support/tap.js';
import { makeDraft, until } from './draft.js';

const { database, url } = await testDatabase(t);
const keys = await testKeys();
const open = (node: string): Promise<AuditLog> => openLog({ database, clock: systemClock, keys, node });
const one = await open('one');
const two = await open('two');
t.teardown(() => Promise.all([one.close(), two.close()]));
const superuser = new pg.Client({ connectionString: url });
await superuser.connect();
t.teardown(() => superuser.end());

const receiptOf = (appended: Appended): Receipt => {
  if (appended.state !== 'recorded') throw new Error(`expected an entry, not ${appended.state}`);
  return appended.receipt;
};

interface Row {
  index: string;
  bytes: Buffer;
  time: string;
}

/** Checks everything that must be true of the whole log, read back from the tables. */
async function soundness(t: Test): Promise<Row[]> {
  const { rows } = await database.app.query<Row>('SELECT index, bytes, time FROM audit.entry ORDER BY index');
  t.same(
    rows.map((row) => Number(row.index)),
    rows.map((_, i) => i),
    'contiguous',
  );
  t.ok(
    rows.every((row, i) => i === 0 || Number(row.time) >= Number(rows[i - 1]!.time)),
    'in order of time',
  );
  const head = (await database.app.query('SELECT next, edge FROM audit.batch ORDER BY first DESC LIMIT 1')).rows[0];
  const { tree } = extend(
    EMPTY_TREE,
    rows.map((row) => leafHash(row.bytes)),
  );
  t.equal(Number(head.next), rows.length);
  t.ok(head.edge.equals(Buffer.concat([...tree.edge])), 'the edge is that of the entries');
  const stored = await rootAt(storedHashes(database.app), rows.length);
  t.ok(stored.equals(rootOf(tree.edge)), 'the tiles give the same root');
  return rows;
}

async function policyChange(log: AuditLog, client?: pg.PoolClient): Promise<number> {
  const tx = client ?? (await database.owner.connect());
  await tx.query('BEGIN');
  const { epoch } = await log.appendIn(tx, [makeDraft({ event: 'grant.revoked' })], { policy: true });
  await tx.query('COMMIT');
  if (client === undefined) tx.release();
  return epoch;
}

t.test('two nodes, one log: nothing lost, nothing twice, no gap', async (t) => {
  const drafts = Array.from({ length: 1_500 }, () => makeDraft());
  const receipts = await Promise.all(drafts.map(async (d, i) => receiptOf(await (i % 2 ? one : two).append(d))));
  const rows = await soundness(t);
  t.equal(rows.length, drafts.length);
  t.equal(new Set(receipts.map(({ index }) => index)).size, drafts.length);
  for (const [i, { index, leaf }] of receipts.entries()) {
    const { bytes } = rows[index]!;
    if (!leaf.equals(leafHash(bytes)) || JSON.parse(bytes.toString()).request !== drafts[i]!.request)
      t.fail(`entry ${index}`);
  }
});

t.test('decisions before a policy change are stale on every node; entries without a decision are not', async (t) => {
  const before = one.head().epoch;
  const listener = await database.connectListener();
  const heard: string[] = [];
  listener.on('notification', ({ payload }) => heard.push(payload ?? ''));
  await listener.query('LISTEN exchange_policy');
  const epoch = await policyChange(one);
  t.equal(epoch, before + 1);
  for (const log of [one, two]) {
    t.same(await log.append(makeDraft({ epoch: before })), { state: 'stale', epoch });
    t.equal((await log.append(makeDraft({ epoch }))).state, 'recorded');
    t.equal((await log.append(makeDraft())).state, 'recorded');
    t.equal(log.head().epoch, epoch);
  }
  t.equal((await two.append(makeDraft({ epoch: epoch + 5 }))).state, 'stale', 'an epoch that never was');
  await until('the notice', () => heard.includes(String(epoch)));
  await listener.end();

  const tx = await database.owner.connect();
  await tx.query('BEGIN');
  await t.rejects(one.appendIn(tx, [makeDraft({ epoch: before })], { policy: false }), { code: 'conflict' });
  await t.rejects(one.appendIn(tx, [makeDraft({ notAfter: Date.now() - 60_000 })], { policy: false }), {
    code: 'conflict',
  });
  await tx.query('ROLLBACK');
  tx.release();
});

t.test('a rolled-back transaction leaves nothing, and several appends in one commit together', async (t) => {
  const { next } = one.head();
  const tx = await database.app.connect();
  await tx.query('BEGIN');
  await one.appendIn(tx, [makeDraft(), makeDraft()], { policy: true });
  await tx.query('ROLLBACK');
  await tx.query('BEGIN');
  const first = await one.appendIn(tx, [makeDraft(), makeDraft()], { policy: false });
  const second = await one.appendIn(tx, [makeDraft()], { policy: false });
  await tx.query('COMMIT');
  tx.release();
  const indexes = [...first.receipts, ...second.receipts].map(({ index }) => index);
  t.same(indexes, [indexes[0]!, indexes[0]! + 1, indexes[0]! + 2]);
  t.ok(indexes[0]! >= next);
  t.equal(receiptOf(await one.append(makeDraft())).index, indexes[2]! + 1);
  await soundness(t);
});

t.test('once a revocation has returned, nothing decided before it commits on any node', async (t) => {
  for (let round = 0; round < 5; round++) {
    const { epoch } = two.head();
    let stop = false;
    const recorded: Receipt[] = [];
    const under = async (log: AuditLog): Promise<void> => {
      while (!stop) {
        const appended = await log.append(makeDraft({ epoch }));
        if (appended.state !== 'recorded') return;
        recorded.push(appended.receipt);
      }
    };
    const readers = Array.from({ length: 24 }, (_, i) => under(i % 2 ? one : two));
    await until('answers under the old policy', () => recorded.length > 50);
    const tx = await database.owner.connect();
    await tx.query('BEGIN');
    const { receipts } = await one.appendIn(tx, [makeDraft({ event: 'grant.revoked' })], { policy: true });
    await tx.query('COMMIT');
    tx.release();
    await Promise.all(readers);
    stop = true;
    const late = recorded.filter(({ index }) => index > receipts[0]!.index);
    t.same(late, [], `round ${round}: ${recorded.length} before`);
    await two.append(makeDraft());
  }
  await soundness(t);
});

t.test('expired drafts are not recorded, by the clock of the database', async (t) => {
  const past = makeDraft({ notAfter: Date.now() - 60_000 });
  const good = makeDraft({ notAfter: Date.now() + 60_000 });
  const answers = await Promise.all([one.append(past), one.append(good), one.append(makeDraft())]);
  t.same(
    answers.map(({ state }) => state),
    ['expired', 'recorded', 'recorded'],
  );
  const rows = await soundness(t);
  t.notOk(rows.some(({ bytes }) => bytes.includes(past.request)));
});

t.test('a poisoned entry fails its own request only', async (t) => {
  const poison = makeDraft({ detail: { text: 'x'.repeat(70_000) } });
  const answers = await Promise.allSettled([one.append(makeDraft()), one.append(poison), one.append(makeDraft())]);
  t.same(
    answers.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  );
});

t.test('a full queue refuses the next draft, refusals before answers', async (t) => {
  const slow = await open('slow');
  const burst = async (outcome: 'success' | 'denied'): Promise<number> => {
    const all = await Promise.allSettled(Array.from({ length: 9_000 }, () => slow.append(makeDraft({ outcome }))));
    const refused = all.filter((one) => one.status === 'rejected').map(({ reason }) => reason);
    t.ok(refused.every(({ code, retryAfter }) => code === 'audit-unavailable' && retryAfter === 1));
    return all.filter(({ status }) => status === 'fulfilled').length;
  };
  t.equal(await burst('denied'), 4_096);
  t.equal(await burst('success'), 8_192);
  await slow.close();
  await t.rejects(slow.append(makeDraft()), { code: 'audit-unavailable' });
});

t.test('connections killed during commits lose nothing and double nothing', async (t) => {
  const request = new Map<string, Receipt>();
  let stop = false;
  const work = async (): Promise<void> => {
    while (!stop) {
      const draft = makeDraft();
      request.set(draft.request, receiptOf(await one.append(draft)));
    }
  };
  const workers = Array.from({ length: 32 }, work);
  for (let kill = 1; kill <= 6; kill++) {
    const count = request.size;
    await until('some entries', () => request.size > count + 40);
    const { rows } = await superuser.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%audit.batch%'`,
    );
    t.ok(rows.length > 0);
  }
  const count = request.size;
  await until('entries after the last kill', () => request.size > count + 40);
  stop = true;
  await Promise.all(workers);
  const rows = await soundness(t);
  const seen = new Map<string, number[]>();
  for (const row of rows) {
    const { request: id } = JSON.parse(row.bytes.toString());
    seen.set(id, [...(seen.get(id) ?? []), Number(row.index)]);
  }
  for (const [id, { index }] of request)
    if (seen.get(id)?.join() !== String(index)) t.fail(`entry ${index} stands at ${seen.get(id)}`);
  t.ok(request.size > 200, `${request.size} entries`);
  t.ok(one.writable());
});

t.test('without a database requests fail in bounded time, and the log recovers by itself', async (t) => {
  const name = new URL(url).pathname.slice(1);
  const outside = new pg.Client({ connectionString: url.replace(`/${name}`, '/postgres') });
  await outside.connect();
  await superuser.end();
  await outside.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
  await outside.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1`, [name]);
  await until('not writable', () => !one.writable());
  await t.rejects(one.append(makeDraft()), { code: 'audit-unavailable', retryAfter: 2 });
  await outside.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);
  await outside.end();
  await until('writable again', () => one.writable() && two.writable());
  t.equal((await one.append(makeDraft())).state, 'recorded');
  await soundness(t);
});

t.test('nobody rewrites the log', async (t) => {
  const tables = ['batch', 'entry', 'tile', 'checkpoint'];
  const attempts = tables.flatMap((table) => [
    `UPDATE audit.${table} SET ${{ batch: 'next = 1', entry: 'time = 1', tile: 'n = 1', checkpoint: 'size = 1' }[table]}`,
    `DELETE FROM audit.${table}`,
    `TRUNCATE audit.${table}`,
  ]);
  const root = new pg.Client({ connectionString: url });
  await root.connect();
  const audit = await database.connectAudit();
  const roles = { owner: database.owner, app: database.app, audit, superuser: root };
  for (const [role, client] of Object.entries(roles)) {
    for (const attempt of attempts) await t.rejects(client.query(attempt), { code: '42501' }, `${role}: ${attempt}`);
  }
  const dodges = ['ALTER TABLE audit.entry DISABLE TRIGGER ALL', 'DROP TABLE audit.entry', 'DROP SCHEMA audit CASCADE'];
  for (const dodge of dodges) await t.rejects(database.owner.query(dodge), { code: '42501' }, dodge);
  await t.rejects(
    database.reader.query({ text: 'SELECT bytes FROM audit.entry', values: [] }),
    'the reader sees none of it',
  );
  await Promise.all([root.end(), audit.end()]);
  await soundness(t);
});
