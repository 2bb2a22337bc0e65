import { createHash } from 'node:crypto';
import pg from 'pg';
import { cancelDelivery } from '../../src/exchange/delivering/cancel-delivery.js';
import { storeParts } from '../../src/ingest/receive/parts.js';
import { appendPart } from '../../src/ingest/receive/upload.js';
import { type Reply, testNode } from '../support/node.js';
import t from '../support/tap.js';
import { openThings, type Thing } from './things.js';

const { node, thing } = await openThings(t, { deliveryLimitBytes: 2_000_000 });
const { exchange } = node;
const { app, owner } = exchange.database;
const beside = await testNode(t, { beside: node });

const row = (code: string, more: Record<string, unknown> = {}) =>
  `${JSON.stringify({ code, part: 'a', name: 'n', ...more })}\n`;
const digest = (text: string) => `sha-256=:${createHash('sha256').update(text).digest('base64')}:`;
let keys = 0;

const begin = (d: Thing, headers: Record<string, string> = {}, body = '', query = 'mode=snapshot') =>
  node.ask('POST', `${d.path}?${query}`, {
    as: 'main',
    headers: {
      'content-type': 'application/x-ndjson',
      'idempotency-key': `u${++keys}`,
      'upload-complete': '?0',
      ...headers,
    },
    body,
  });
const patch = (path: string, offset: number | string, body: string, headers: Record<string, string> = {}) =>
  node.ask('PATCH', path, {
    as: 'main',
    headers: {
      'content-type': 'application/partial-upload',
      'upload-offset': String(offset),
      'upload-complete': '?0',
      ...headers,
    },
    body,
  });
const END = { 'upload-complete': '?1' };
const at = (reply: Reply) => String(reply.headers.get('location'));

async function until<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
  for (const deadline = Date.now() + 30_000; ; ) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    if (Date.now() > deadline) throw new Error(`not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

t.test('a delivery in parts, on two nodes, ends like a whole one', async (t) => {
  const d = await thing('parts');
  const whole = row('1') + row('2') + row('3');
  const begun = await begin(
    d,
    { 'upload-length': String(whole.length), 'repr-digest': digest(whole) },
    whole.slice(0, 10),
  );
  t.match([begun.status, begun.headers.get('upload-offset')], [201, '10'], begun.text);
  const path = at(begun);
  t.equal((await patch(path, 10, whole.slice(10, 60))).status, 204);
  const seen = await node.ask('HEAD', path, { as: 'main' });
  t.match(
    [seen.status, ...['upload-offset', 'upload-complete', 'upload-length'].map((name) => seen.headers.get(name))],
    [204, '60', '?0', String(whole.length)],
  );
  t.match(seen.headers.get('upload-limit'), /^max-size=2000000, max-age=86\d\d\d$/);
  const elsewhere = await beside.exchange.database.app.query('SELECT received FROM exchange.upload WHERE id = $1', [
    path.split('/').pop(),
  ]);
  t.equal(elsewhere.rows[0].received, '60', 'another node sees what was acknowledged');
  const ended = await patch(path, 60, whole.slice(60), END);
  t.match([ended.status, ended.headers.get('upload-complete')], [201, '?1'], ended.text);
  t.match(ended.body, { state: 'published', accepted: 3, digest: digest(whole) });
  t.equal((await d.live()).size, 3);
  const after = await node.ask('HEAD', path, { as: 'main' });
  t.match(
    [after.headers.get('upload-complete'), at(after)],
    ['?1', at(ended)],
    'who lost the reply finds the delivery',
  );
  t.equal((await patch(path, whole.length, 'x')).status, 409, 'nothing is appended to what has ended');
  const parts = await app.query('SELECT FROM exchange.part WHERE whole = $1', [path.split('/').pop()]);
  t.equal(parts.rowCount, 0, 'its bytes are gone');
});

t.test('a sender that breaks off continues at its offset', async (t) => {
  const d = await thing('broken');
  const path = at(await begin(d));
  const id = String(path.split('/').pop());
  const whole = row('1') + row('2') + row('3');
  async function* breaking(): AsyncGenerator<Buffer> {
    yield Buffer.from(whole.slice(0, 30));
    yield Buffer.from(whole.slice(30, 70));
    throw Object.assign(new Error('aborted'), { code: 'ECONNRESET' });
  }
  const store = (bytes: Buffer, offset: number) => appendPart(app, id, { offset, bytes });
  await t.rejects(storeParts(breaking(), { offset: 0, limitBytes: 1_000, store }), { code: 'bad-body' });
  const head = await node.ask('HEAD', path, { as: 'main' });
  t.equal(head.headers.get('upload-offset'), '70', 'what came is kept');
  const ended = await patch(path, 70, whole.slice(70), { ...END, 'repr-digest': digest(whole) });
  t.match(ended.body, { state: 'published', accepted: 3 }, ended.text);
});

t.test('refused requests leave the upload at its offset', async (t) => {
  const d = await thing('no');
  await d.deliverer('stranger');
  const path = at(await begin(d, { 'upload-length': '1000' }, 'abc'));
  const cases: [string, () => Promise<Reply>, number, string][] = [
    ['an offset behind', () => patch(path, 0, 'x'), 409, 'conflict'],
    ['an offset ahead', () => patch(path, 4, 'x'), 409, 'conflict'],
    ['no offset', () => patch(path, '', 'x'), 400, 'bad-header'],
    ['no number', () => patch(path, '-1', 'x'), 400, 'bad-header'],
    ['no word of the end', () => patch(path, 3, 'x', { 'upload-complete': '' }), 400, 'bad-header'],
    ['another word', () => patch(path, 3, 'x', { 'upload-complete': 'true' }), 400, 'bad-header'],
    ['another length', () => patch(path, 3, 'x', { 'upload-length': '9' }), 400, 'bad-header'],
    ['more than was told', () => patch(path, 3, 'x'.repeat(998)), 413, 'too-large'],
    ['an end too early', () => patch(path, 3, '', END), 400, 'bad-body'],
    [
      'a part with another digest',
      () => patch(path, 3, 'x', { 'content-digest': digest('y') }),
      422,
      'digest-mismatch',
    ],
    ['another media type', () => patch(path, 3, 'x', { 'content-type': 'text/csv' }), 415, 'unsupported-media-type'],
    ['a parameter', () => patch(`${path}?x=1`, 3, 'x'), 400, 'unknown-parameter'],
    [
      'no such upload',
      () =>
        patch(
          path.replace(/.$/, (c) => (c === '0' ? '1' : '0')),
          3,
          'x',
        ),
      404,
      'not-found',
    ],
    ['another application', () => node.ask('DELETE', path, { as: 'stranger' }), 404, 'not-found'],
    ['too long from the start', () => begin(d, { 'upload-length': '2000001' }), 413, 'too-large'],
    ['a length below nothing', () => begin(d, { 'upload-length': '-1' }), 400, 'bad-header'],
    ['half a byte', () => begin(d, { 'upload-length': '1.5' }), 400, 'bad-header'],
    ['a length as text', () => begin(d, { 'upload-length': '"1"' }), 400, 'bad-header'],
    ['a beginning of no form', () => begin(d, { 'upload-complete': 'no' }), 400, 'bad-header'],
    ['a beginning of another type', () => begin(d, { 'content-type': 'text/plain' }), 415, 'unsupported-media-type'],
    ['a beginning without a key', () => begin(d, { 'idempotency-key': '' }), 400, 'idempotency-key-missing'],
    ['a beginning with another digest', () => begin(d, { 'content-digest': digest('y') }, 'x'), 422, 'digest-mismatch'],
    ['a mode of none', () => begin(d, {}, '', 'mode=all'), 400, 'bad-value'],
    ['again and again', () => begin(d, {}, '', 'mode=delta&again=perhaps'), 400, 'bad-value'],
  ];
  for (const [name, ask, status, code] of cases) {
    const reply = await ask();
    t.match([reply.status, reply.body.code], [status, code], `${name}: ${reply.text}`);
    if (status === 409) t.equal(reply.headers.get('upload-offset'), '3', 'the right offset is told');
  }
  t.equal((await node.ask('HEAD', path, { as: 'main' })).headers.get('upload-offset'), '3');
  const [one, two] = await Promise.all([patch(path, 3, 'one'), patch(path, 3, 'two')]);
  t.strictSame([one.status, two.status].sort(), [204, 409], 'of two that append at once one is told where it stands');
  t.equal((await node.ask('DELETE', path, { as: 'main' })).status, 204);
  t.equal((await node.ask('HEAD', path, { as: 'main' })).status, 404, 'what was taken back is gone');
  const wrong = at(await begin(d, { 'repr-digest': digest('other') }, row('1')));
  t.match((await patch(wrong, row('1').length, '', END)).body, { code: 'digest-mismatch' }, 'the whole is verified');
  const robbed = at(await begin(d, {}, row('1')));
  await owner.query('DELETE FROM exchange.part WHERE whole = $1', [robbed.split('/').at(-1)]);
  t.match(
    (await patch(robbed, row('1').length, '', END)).body,
    { code: 'unavailable' },
    'less than was sent is nothing',
  );
  t.equal((await d.stored()).length, 0);
  await app.query('UPDATE exchange.upload SET ended = true');
  const begun = await Promise.all(Array.from({ length: 20 }, () => begin(d)));
  t.ok(begun.every(({ status }) => status === 201));
  t.match((await begin(d)).body, { code: 'rate-limited' }, 'open uploads are bounded');
  await app.query(`UPDATE exchange.upload SET expires_at = now() - interval '1 second'`);
  t.equal((await begin(d)).status, 201, 'and expire');
  t.equal((await node.ask('HEAD', at(begun[0]!), { as: 'main' })).status, 404);
});

t.test('an upload whose delivery failed is delivered by the next try', async (t) => {
  const d = await thing('tried');
  const path = at(await begin(d, {}, row('1')));
  const id = path.split('/').pop();
  const dead = '00000000-0000-4000-8000-00000000dea1';
  await owner
    .query(
      `INSERT INTO exchange.delivery (id, line_id, contract, contract_hash, application, "grant", mode, state, media_type, node)
     SELECT $1, id, $2, 'h', 'main', 'g', 'snapshot', 'receiving', 'text/csv', 'dead' FROM exchange.line WHERE name = $3`,
      [dead, d.contract.id, d.contract.name],
    )
    .catch(() => undefined);
  await app.query('UPDATE exchange.upload SET delivery = $2, claimed_at = now() WHERE id = $1', [id, dead]);
  const line = await owner.query('SELECT FROM exchange.delivery WHERE id = $1', [dead]);
  if (line.rowCount === 0) {
    await d.send(row('0'));
    await owner.query(
      `INSERT INTO exchange.delivery (id, line_id, contract, contract_hash, application, "grant", mode, state, media_type, node)
       SELECT $1, id, $2, 'h', 'main', 'g', 'snapshot', 'receiving', 'text/csv', 'dead' FROM exchange.line WHERE name = $3`,
      [dead, d.contract.id, d.contract.name],
    );
  }
  const ended = await patch(path, row('1').length, '', END);
  t.match(ended.body, { state: 'published', accepted: 1 }, `the dead node's claim is over: ${ended.text}`);
});

t.test('cancelling: from any node, and only before the end', async (t) => {
  const d = await thing('cancelled', { 'delete-at-most': '100%' });
  await d.send(row('1'));
  await d.deliverer('second');
  // A row that is set aside waits for this lock, and its delivery with it.
  const holder = new pg.Client({ connectionString: node.databaseUrl });
  await holder.connect();
  await holder.query('BEGIN; LOCK TABLE exchange.delivery_reject IN ACCESS EXCLUSIVE MODE');
  const sending = d.send('{"code":17}\n');
  const open = (state: string) =>
    until(state, async () => (await d.get(d.path)).body.data.find((each: { state: string }) => each.state === state));
  const { id } = await open('receiving');
  t.equal(
    (await node.ask('DELETE', `${d.path}/${id}`, { as: 'second' })).status,
    404,
    'another one’s is not to be found',
  );
  const asked = cancelDelivery(beside.exchange, { application: 'main', contractId: d.contract.id, id });
  await until('it is asked', async () => (await app.query('SELECT FROM exchange.delivery_cancel')).rowCount === 1);
  await holder.end();
  const view = await asked;
  t.match(view, { state: 'cancelled', release: null, report: { refused: { rule: 'cancelled' } } });
  t.equal((await sending).status, 409, 'its sender is told');
  const again = await node.ask('DELETE', `${d.path}/${id}`, { as: 'main' });
  t.match([again.status, again.body.detail], [409, /cancelled/], 'it has ended');
  t.strictSame([...(await d.live()).keys()], ['1'], 'the last release is untouched');
  const entries = await app.query(
    `SELECT event FROM audit.entry WHERE convert_from(bytes, 'UTF8') LIKE '%' || $1 || '%' AND event LIKE 'delivery.%'`,
    [id],
  );
  t.strictSame(entries.rows, [{ event: 'delivery.cancelled' }]);

  const turn = await owner.connect();
  await turn.query(`SELECT pg_advisory_lock(hashtextextended('publish ' || $1, 0))`, [d.contract.name]);
  const late = await d.send(row('3'), { headers: { prefer: 'respond-async' } });
  t.equal(late.status, 202);
  const cancelling = node.ask('DELETE', at(late), { as: 'main' });
  await until('the wish', async () => (await app.query('SELECT FROM exchange.delivery_cancel')).rowCount === 2);
  await turn.query(`SELECT pg_advisory_unlock(hashtextextended('publish ' || $1, 0))`, [d.contract.name]);
  turn.release();
  t.match((await cancelling).body, { state: 'cancelled' }, 'before the commit the wish counts');
  t.strictSame([...(await d.live()).keys()], ['1'], 'nothing is half published');
  t.equal(exchange.releases.release(d.contract.name), 1);

  for (let i = 0; i < 6; i++) {
    const raced = await d.send(row(`r${i}`), { headers: { prefer: 'respond-async' } });
    const reply = await node.ask('DELETE', at(raced), { as: 'main' });
    const ended = (await d.get(at(raced))).body;
    const published = (await d.live()).has(`r${i}`);
    t.equal(reply.status, published ? 409 : 200, `${ended.state}: ${reply.text}`);
    t.equal(ended.state, published ? 'published' : 'cancelled');
  }
});

t.test('the same file is recognised, and only where it would change nothing', async (t) => {
  const d = await thing('same');
  const send = (body: string, more: object = {}) => d.send(body, { again: false, ...more });
  const own = (part: string) => ({ scope: [{ field: 'part', in: [part] }] });
  await d.deliverer('first', own('a'));
  await d.deliverer('other', own('b'));
  const one = await send(row('1'));
  const two = await send(row('1'));
  t.match(two.body, { state: 'published', release: 1, accepted: 1, inserted: 0, updated: 0, deleted: 0 });
  t.strictSame(two.body.report.unchanged, { sameAs: one.body.id, release: 1 });
  t.not(two.body.id, one.body.id);
  const entries = await app.query(`SELECT FROM audit.entry WHERE event = 'delivery.unchanged'`);
  t.equal(entries.rowCount, 1, 'it is recorded');
  const stated = await send(row('1'), { headers: { 'content-digest': digest(row('1')) } });
  t.match(stated.body.report.unchanged, { sameAs: one.body.id }, 'a stated digest spares the landing');
  const lie = await send(row('9'), { headers: { 'content-digest': digest(row('1')) } });
  t.equal(lie.body.code, 'digest-mismatch', 'and is held against what came');
  const cases: [string, string, object, number][] = [
    ['forced', row('1'), { again: true }, 2],
    ['another mode', row('1'), { mode: 'delta' }, 3],
    ['a delta again', row('1'), { mode: 'delta' }, 3],
    ['other bytes', `${row('1')}\n`, {}, 4],
    ['written over since', row('1'), {}, 5],
    ['the same now', row('1'), {}, 5],
    ['another deliverer', row('1'), { as: 'first' }, 6],
    ['a part of another', row('5', { part: 'b' }), { as: 'other' }, 7],
    ['whose part is apart', row('1'), { as: 'first' }, 6],
    ['the whole is not apart', row('1'), {}, 8],
  ];
  for (const [name, body, sending, release] of cases) {
    const sent = await send(body, sending);
    t.equal(sent.body.release, release, `${name}: ${sent.text}`);
  }
  const faulty = row('5', { part: 'b' }) + row('1', { name: '' });
  await send(faulty, { as: 'other' });
  t.ok((await send(faulty, { as: 'other' })).body.report.unchanged, 'also one with rows set aside');
  await send(row('1', { name: 'm' }), { as: 'first' });
  t.notOk(
    (await send(faulty, { as: 'other' })).body.report.unchanged,
    'unless others have delivered since: what was turned away may be welcome now',
  );
});

t.test('rows of a delta apply in their order, those of a snapshot once', async (t) => {
  const d = await thing('ordered');
  const op = (code: string, name: string, _op: string) => row(code, { name, _op });
  await d.send(row('1'));
  const rows =
    op('1', 'a', 'upsert') +
    op('2', 'x', 'upsert') +
    op('1', 'b', 'upsert') +
    op('2', '', 'delete') +
    op('3', 'c', 'delete') +
    op('3', 'd', 'upsert');
  const sent = await d.send(rows, { mode: 'delta' });
  t.match(
    sent.body,
    { received: 6, accepted: 6, rejected: 0, inserted: 1, updated: 1, report: { superseded: 3 } },
    sent.text,
  );
  t.strictSame([...(await d.live())].map(([code, { name }]) => `${code}${name}`).sort(), ['1b', '3d']);
  const snapshot = await d.send(row('1', { name: 'p' }) + row('1', { name: 'q' }) + row('3'));
  t.match(snapshot.body, { rejected: 1, report: { faults: [{ rule: 'repeated-key' }] } });
  t.equal((await d.live()).get('1')?.name, 'p');
});
