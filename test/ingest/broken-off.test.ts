import { once } from 'node:events';
import { type ClientRequest, request } from 'node:http';
import pg from 'pg';
import type { Test } from 'tap';
import { revokeGrant } from '../../src/access/grants/revoke-grant.js';
import { recoverDeliveries } from '../../src/exchange/delivering/recover-deliveries.js';
import { openSlots } from '../../src/ingest/receive/slots.js';
import t from '../support/tap.js';
import { openThings, type Thing } from './things.js';

const { node, thing } = await openThings(t);
const { exchange } = node;
const { owner, app } = exchange.database;
/** Can see and end backends of other roles. */
const admin = new pg.Client({ connectionString: node.databaseUrl });
await admin.connect();
t.teardown(() => admin.end());

const good = (code: string, name = 'n') => `${JSON.stringify({ code, part: 'a', name })}\n`;

/** An upload whose beginning is sent and whose end is not. */
async function halfSent(d: Thing, key: string, as = 'main'): Promise<ClientRequest> {
  const sending = request(`${node.baseUrl}${d.path}?mode=snapshot`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await node.token(as)}`,
      'content-type': 'application/x-ndjson',
      'idempotency-key': key,
    },
  });
  sending.on('error', () => undefined); // a test destroys it, or the server hangs up
  sending.write(Array.from({ length: 4_000 }, (_, i) => good(`h${i}`, 'half')).join(''));
  return sending;
}

async function poll<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  for (const deadline = Date.now() + 20_000; ; ) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (Date.now() > deadline) throw new Error(`not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

interface Row {
  id: string;
  state: string;
  report: { refused: { rule: string } };
}
async function deliveriesOf(d: Thing): Promise<Row[]> {
  const { rows } = await app.query<Row>(
    'SELECT id, state, report FROM exchange.delivery WHERE contract = $1 ORDER BY created_at',
    [d.contract.id],
  );
  return rows;
}
const inState = (d: Thing, state: string) =>
  poll(`${state} of ${d.contract.id}`, async () => (await deliveriesOf(d)).find((row) => row.state === state));

/** The backend that copies into the delivery's staging table. */
const copying = (d: Thing) =>
  poll(`copying of ${d.contract.id}`, async () => {
    const open = (await deliveriesOf(d)).find((row) => row.state === 'receiving');
    if (open === undefined) return undefined;
    const { rows } = await admin.query<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity WHERE query LIKE 'COPY "staging"."d_' || replace($1, '-', '') || '"%' AND state = 'active'`,
      [open.id],
    );
    return rows[0]?.pid;
  });

/** The body of this key has begun to arrive. */
const arriving = (key: string) =>
  poll(`arrival of ${key}`, async () => {
    const { rowCount } = await app.query('SELECT FROM exchange.idempotency WHERE key = $1 AND status IS NULL', [key]);
    return rowCount === 1 ? true : undefined;
  });

async function revoke(d: Thing, application: string): Promise<void> {
  const held = [...exchange.policy.current().grants.values()];
  const grant = held.find((each) => each.application === application && each.dataset === d.contract.name)!;
  await revokeGrant(exchange, grant.id, { actor: null, request: exchange.clock.uuid() });
}

async function untouched(t: Test, d: Thing): Promise<void> {
  t.strictSame([...(await d.live()).keys()], ['1'], 'the last release is as it was');
  t.equal(exchange.releases.release(d.contract.name), 1);
  const id = (await inState(d, 'failed')).id;
  const staged = await owner.query(`SELECT FROM pg_tables WHERE schemaname = 'staging' AND tablename = $1`, [
    `d_${id.replaceAll('-', '')}`,
  ]);
  t.equal(staged.rowCount, 0, 'its staging table is gone');
  const entries = await app.query(
    `SELECT FROM audit.entry WHERE event = 'delivery.failed' AND convert_from(bytes, 'UTF8') LIKE '%' || $1 || '%'`,
    [id],
  );
  t.equal(entries.rowCount, 1, 'one entry says that it failed');
}

t.test('a sender that disconnects half-way', async (t) => {
  const d = await thing('gone');
  await d.send(good('1'));
  const sending = await halfSent(d, 'gone');
  await arriving('gone');
  sending.destroy();
  t.equal((await inState(d, 'failed')).report.refused.rule, 'bad-body');
  await untouched(t, d);
  const again = await d.send(good('1') + good('2'), { key: 'gone' });
  t.match([again.status, again.body.release], [201, 2], 'the same key may be sent again');
});

t.test('a database connection lost half-way', async (t) => {
  const d = await thing('lost');
  await d.send(good('1'));
  // A row that is set aside waits for this lock, and the copy with it.
  const holder = new pg.Client({ connectionString: node.databaseUrl });
  await holder.connect();
  await holder.query('BEGIN; LOCK TABLE exchange.delivery_reject IN ACCESS EXCLUSIVE MODE');
  const sent = d.send('{"code":17}\n', { key: 'lost' });
  await admin.query('SELECT pg_terminate_backend($1)', [await copying(d)]);
  await holder.end();
  const { status, headers } = await sent;
  t.equal(status, 503);
  t.equal(headers.get('retry-after'), '1');
  await untouched(t, d);
  t.equal((await d.send(good('1') + good('2'), { key: 'lost' })).body.release, 2);
});

t.test('a grant revoked while the body arrives', async (t) => {
  const d = await thing('revoked');
  await d.send(good('1'));
  await d.deliverer('leaving');
  const sending = await halfSent(d, 'revoked', 'leaving');
  const replied = once(sending, 'response');
  await arriving('revoked');
  await revoke(d, 'leaving');
  sending.end();
  const [response] = await replied;
  t.equal(response.statusCode, 404);
  await untouched(t, d);
});

t.test('a grant replaced by one with other rows while the body arrives', async (t) => {
  const d = await thing('replaced');
  await d.send(good('1'));
  await d.deliverer('moving');
  const sending = await halfSent(d, 'replaced', 'moving');
  const replied = once(sending, 'response');
  await arriving('replaced');
  await revoke(d, 'moving');
  await d.deliverer('moving', { scope: [{ field: 'part', in: ['b'] }] });
  sending.end();
  const [response] = await replied;
  t.equal(response.statusCode, 409, 'what was received under one grant is not published under another');
  await untouched(t, d);
});

t.test('a delivery that fails after its 202 ends failed, and the node continues', async (t) => {
  const d = await thing('late');
  await d.send(good('1'));
  await d.deliverer('later');
  const turn = [`publish ${d.contract.name}`];
  await admin.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', turn);
  const sent = await d.send(good('2'), { as: 'later', headers: { prefer: 'respond-async' } });
  t.equal(sent.status, 202);
  await revoke(d, 'later');
  await admin.query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', turn);
  t.equal((await inState(d, 'failed')).report.refused.rule, 'not-found');
  await untouched(t, d);
});

t.test('attack 7: deliveries that trickle hold no place', async (t) => {
  const d = await thing('slow');
  await d.send(good('1'));
  const slow = await Promise.all(['s1', 's2', 's3', 's4'].map((key) => halfSent(d, key)));
  for (const key of ['s1', 's2', 's3', 's4']) await arriving(key);
  const sent = await d.send(good('1') + good('2'));
  t.match([sent.status, sent.body.release], [201, 2], 'the next one is carried out at once');
  t.equal((await deliveriesOf(d)).filter(({ state }) => state === 'receiving').length, 0, 'they have begun nothing');
  for (const sending of slow) sending.destroy();
  await poll('what broke off is recorded', async () =>
    (await deliveriesOf(d)).filter(({ state }) => state === 'failed').length === 4 ? true : undefined,
  );
});

t.test('the queue for places is bounded', async (t) => {
  const slots = openSlots({ atOnce: 1, waitingAtMost: 2, waitMs: 50 });
  let end = () => {};
  const first = slots.run(() => new Promise<void>((resolve) => (end = resolve)));
  const order: number[] = [];
  const second = slots.run(async () => order.push(2));
  const third = slots.run(async () => order.push(3));
  await t.rejects(
    slots.run(async () => 4),
    { code: 'unavailable', retryAfter: 1 },
    'the line is full',
  );
  await t.rejects(Promise.any([second, third]), 'the wait is too long');
  const fifth = slots.run(async () => order.push(5));
  end();
  await Promise.all([first, fifth]);
  t.strictSame(order, [5]);
  await t.rejects(slots.run(() => Promise.reject(new Error('x'))));
  t.equal(await slots.run(async () => 6), 6, 'what throws makes room too');
});

t.test('threat: one slow sender takes every place. One place is always for another', async (t) => {
  const slots = openSlots({ atOnce: 3, eachAtOnce: 2, waitingAtMost: 5, waitMs: 5_000 });
  const ends: (() => void)[] = [];
  const order: string[] = [];
  const slow = () => slots.run(() => new Promise<void>((resolve) => ends.push(resolve)), 'slow');
  const sending = [slow(), slow(), slow()];
  const other = (name: string) => slots.run(async () => order.push(name), 'other');
  await Promise.all([other('a'), other('b'), other('c')]);
  t.strictSame([order, ends.length], [['a', 'b', 'c'], 2], 'the third of the slow one waits, the others pass it');
  ends[0]!();
  await poll('the third of the slow one has its turn', async () => (ends.length === 3 ? true : undefined));
  for (const end of ends) end();
  await Promise.all(sending);
});

t.test('a node that died leaves nothing half done', async (t) => {
  const d = await thing('dead');
  await d.send(good('1'));
  const id = '00000000-0000-4000-8000-00000000dead';
  await owner.query(
    `INSERT INTO exchange.delivery (id, line_id, contract, contract_hash, application, "grant", mode, state, media_type, node)
     SELECT $1, id, $2, 'h', 'main', 'g', 'snapshot', 'landed', 'text/csv', 'dead' FROM exchange.line WHERE name = $3`,
    [id, d.contract.id, d.contract.name],
  );
  await owner.query(`CREATE TABLE staging.d_${id.replaceAll('-', '')} (x int)`);
  const living = await owner.connect();
  await living.query(`SELECT pg_advisory_lock(hashtextextended('delivery ' || $1::text, 0))`, [id]);
  t.strictSame(await recoverDeliveries(exchange), [], 'what lives is left alone');
  await living.query('SELECT pg_advisory_unlock_all()');
  living.release();
  t.strictSame(await recoverDeliveries(exchange), [id]);
  await untouched(t, d);
  t.strictSame(await recoverDeliveries(exchange), []);
});
