import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { rowId } from '../../src/catalog/row-id.js';
import t from '../support/tap.js';
import { openThings } from './things.js';

const { node, thing } = await openThings(t, { deliveryLimitBytes: 12_000_000 });
const { exchange } = node;

const line = (row: Record<string, unknown>) => `${JSON.stringify(row)}\n`;
const good = (code: string, more: Record<string, unknown> = {}) => line({ code, part: 'a', name: 'n', ...more });

t.test('values are stored in one spelling', async (t) => {
  const d = await thing('stored');
  const row = {
    编号: ' X1 ',
    part: 'a',
    名称: '张三',
    XB: '女',
    count: '１２',
    big: '9007199254740993',
    price: 12.5,
    ok: '是',
    day: '2026/1/31',
    mon: '202601',
    at: '2026-01-31 08:00',
    owner: '11010519491231002x',
    spot: '118.05,36.8',
    tags: '红;蓝',
    extra: 1,
  };
  const sent = await d.send(line(row));
  t.equal(sent.status, 201, sent.text);
  t.match(sent.body, {
    state: 'published',
    mode: 'snapshot',
    received: 1,
    accepted: 1,
    rejected: 0,
    deleted: 0,
    release: 1,
    rejects: null,
  });
  t.match(sent.body.report, { unmapped: ['extra'] });
  t.match(String(sent.headers.get('exchange-receipt')), /^index=\d+, leaf=:.+:, blind=:.+:$/);
  const stored = (await d.live()).get('X1')!;
  t.match(stored, {
    name: '张三',
    gender: '2',
    count: 12,
    big: '9007199254740993',
    price: '12.50',
    ok: true,
    day: '2026-01-31',
    mon: '2026-01',
    owner: '11010519491231002X',
    tags: ['红', '蓝'],
    _since: '1',
  });
  t.equal((stored.at as Date).toISOString(), '2026-01-31T00:00:00.000Z');
  t.equal(stored.row_id, rowId(exchange.keys, d.contract.name, ['X1']));
  t.equal(exchange.releases.release(d.contract.name), 1);
  const seen = await d.get(`${d.path}/${sent.body.id}`);
  t.match(seen.body, { id: sent.body.id, state: 'published', release: 1, digest: sent.body.digest });
});

t.test('every faulty row is set aside with its line, its text and a reason', async (t) => {
  const d = await thing('faulty');
  const faults: [string, string | null, string][] = [
    ['{"code":', null, 'json'],
    ['[1]', null, 'json'],
    ['"text"', null, 'json'],
    [`{"part":"a","name":"n"}`, 'code', 'required'],
    [good('f1', { name: '  ' }).trim(), 'name', 'required'],
    [good('f2', { name: '1234567' }).trim(), 'name', 'length'],
    [good('f3', { name: ['x'] }).trim(), 'name', 'type'],
    [good('f4', { XB: '其他' }).trim(), 'gender', 'code'],
    [good('f5', { XB: '1' }).trim(), 'gender', 'code'],
    [good('f6', { gender: '7' }).trim(), 'gender', 'code'],
    [good('f7', { count: '1.5' }).trim(), 'count', 'type'],
    [good('f8', { count: 2_147_483_648 }).trim(), 'count', 'range'],
    [good('f9', { big: '9223372036854775808' }).trim(), 'big', 'range'],
    [good('f10', { price: '1.234' }).trim(), 'price', 'precision'],
    [good('f11', { price: '1234567' }).trim(), 'price', 'precision'],
    [good('f12', { price: '1e3' }).trim(), 'price', 'precision'],
    [good('f13', { ok: 'maybe' }).trim(), 'ok', 'type'],
    [good('f14', { day: '2026-02-29' }).trim(), 'day', 'date'],
    [good('f15', { day: '1950' }).trim(), 'day', 'date'],
    [good('f16', { mon: '2026-13' }).trim(), 'mon', 'date'],
    [good('f17', { at: '2026-01-31' }).trim(), 'at', 'date'],
    [good('f18', { owner: '110105194912310021' }).trim(), 'owner', 'checksum'],
    [good('f19', { spot: { type: 'Point', coordinates: [200, 0] } }).trim(), 'spot', 'geometry'],
    [good('f20', { tags: ['123456'] }).trim(), 'tags', 'length'],
    [`{"code":"f21","part":"a","name":"\\u0000"}`, 'name', 'character'],
    [`{"code":"f22","part":"a","name":"\\ud800"}`, 'name', 'character'],
    [`{"code":"f23","part":"a","name":"n","名称":"m"}`, 'name', 'mapping'],
    [good('f24', { _op: 'delete' }).trim(), '_op', 'operation'],
    [good('f25', { _op: 'x' }).trim(), '_op', 'operation'],
    [good('ok1').trim(), null, 'repeated-key'],
    [`{"code":"f26","spot":${'['.repeat(5_000)}${']'.repeat(5_000)}}`, null, 'json'],
    [`{"__proto__":{"code":"x"}}`, 'code', 'required'],
  ];
  const fine = Array.from({ length: faults.length }, (_, i) => good(`ok${i + 1}`)).join('');
  const body = fine + faults.map(([text]) => `${text}\n`).join('');
  const sent = await d.send(body);
  t.match(
    sent.body,
    { state: 'published', received: faults.length * 2, accepted: faults.length, rejected: faults.length },
    sent.text,
  );
  const rejects = await d.get(sent.body.rejects);
  t.equal(rejects.status, 200);
  t.match(String(rejects.headers.get('exchange-receipt')), /^index=/);
  const rows = rejects.text
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text));
  t.equal(rows.length, faults.length);
  for (const [i, [text, field, rule]] of faults.entries()) {
    const reject = rows[i];
    t.equal(reject.line, faults.length + i + 1);
    t.equal(reject.row, text);
    t.ok(
      reject.errors.some((e: any) => e.field === field && e.rule === rule && e.reason !== ''),
      `${rule}: ${JSON.stringify(reject.errors)}`,
    );
  }
  t.equal((await d.live()).size, faults.length);
});

t.test('files: charsets, delimiters, quotes, gzip', async (t) => {
  const d = await thing('files');
  const csv = '编号,part,名称,count\n1,a,"甲,""乙",3\n2,a,丙,\n';
  const gb = Buffer.concat([Buffer.from('NO,part,name\n1,a,'), Buffer.from([0xd5, 0xc5]), Buffer.from('\n')]);
  const latin = Buffer.concat([Buffer.from('NO,part,name\n1,a,'), Buffer.from([0xff, 0xff]), Buffer.from('\n2,a,b\n')]);
  const huge = `NO,part,name\n1,a,${'x'.repeat(10_000_000)}\n2,a,b\n`;
  const cases: [string, string | Buffer, Record<string, string>, Record<string, unknown>][] = [
    ['utf-8', csv, {}, { state: 'published', accepted: 2 }],
    ['byte order mark', `\ufeff${csv}`, {}, { state: 'published', accepted: 2 }],
    ['crlf', csv.replaceAll('\n', '\r\n'), {}, { state: 'published', accepted: 2 }],
    ['tab', csv.replace('"甲,""乙"', '甲').replaceAll(',', '\t'), {}, { state: 'published', accepted: 2 }],
    ['semicolon', csv.replace('"甲,""乙"', '甲').replaceAll(',', ';'), {}, { state: 'published', accepted: 2 }],
    ['gb18030 detected', gb, {}, { state: 'published', accepted: 1 }],
    ['gb18030 stated', gb, { 'content-type': 'text/csv; charset=GBK' }, { state: 'published', accepted: 1 }],
    ['gzip', gzipSync(csv), { 'content-encoding': 'gzip' }, { state: 'published', accepted: 2 }],
    ['bytes that are no characters', latin, {}, { state: 'published', accepted: 1, rejected: 1 }],
    ['column count', 'NO,part,name\n1,a\n2,a,b\n', {}, { state: 'published', accepted: 1, rejected: 1 }],
    ['stray quote', 'NO,part,name\n1,a,b"c"d\n2,a,b\n', {}, { state: 'published', accepted: 1, rejected: 1 }],
    ['NUL', 'NO,part,name\n1,a,b\0\n2,a,b\n', {}, { state: 'published', accepted: 1, rejected: 1 }],
    ['line of 10 MB', huge, {}, { state: 'published', accepted: 1, rejected: 1 }],
    ['a value of two lines', 'NO,part,name\n1,a,"b\nc"\n', {}, { state: 'published', accepted: 1 }],
    ['unclosed quote', 'NO,part,name\n1,a,b\n2,a,"b\n3,a,c\n', {}, { state: 'rejected', release: null }],
    ['a quote that swallows rows', 'NO,part,name\n2,a,"b\n3,a,c\n4,a,"d"\n', {}, { state: 'rejected', release: null }],
    ['open quote in a huge line', huge.replace('1,a,x', '1,a,"x'), {}, { state: 'rejected', release: null }],
    ['a heading twice', 'NO,part,NO\n1,a,b\n', {}, { state: 'rejected', release: null }],
    ['two headings of one field', 'NO,part,名称,name\n1,a,b,c\n', {}, { state: 'rejected', release: null }],
    [
      'more faults than allowed',
      'NO,part,name\n1,a,\n2,a,\n3,a,x\n',
      {},
      { state: 'rejected', release: null, rejected: 2 },
    ],
  ];
  for (const [name, body, headers, expected] of cases) {
    await exchange.database.owner.query(`DELETE FROM data.${d.contract.table}`);
    const sent = await d.send(body, { type: 'text/csv', headers });
    t.equal(sent.status, 201, `${name}: ${sent.text}`);
    t.match(sent.body, expected, `${name}: ${JSON.stringify(sent.body)}`);
    t.equal((await d.live()).size, sent.body.release === null ? 0 : sent.body.accepted, name);
  }
  const left = await exchange.database.owner.query(`SELECT FROM pg_tables WHERE schemaname = 'staging'`);
  t.equal(left.rowCount, 0, 'no staging table is left');
});

t.test('refused deliveries leave the release as it was', async (t) => {
  const d = await thing('refused');
  await d.send(good('1') + good('2') + good('3'));
  const bomb = gzipSync(Buffer.alloc(11_000_000, ' '));
  const digest = (text: string) => `sha-256=:${createHash('sha256').update(text).digest('base64')}:`;
  const cases: [string, string | Buffer, object, number, string][] = [
    ['no key', good('1'), { headers: { 'idempotency-key': '' } }, 400, 'idempotency-key-missing'],
    ['bad key', good('1'), { key: 'a b' }, 400, 'bad-header'],
    ['media type', good('1'), { type: 'application/xml' }, 415, 'unsupported-media-type'],
    ['json', good('1'), { type: 'application/json' }, 415, 'unsupported-media-type'],
    ['charset', good('1'), { type: 'text/csv; charset=utf-16' }, 415, 'unsupported-media-type'],
    ['encoding', good('1'), { headers: { 'content-encoding': 'br' } }, 415, 'unsupported-media-type'],
    ['no mode', good('1'), { path: d.path }, 400, 'bad-value'],
    ['wrong mode', good('1'), { mode: 'all' }, 400, 'bad-value'],
    ['unknown parameter', good('1'), { path: `${d.path}?mode=delta&mod=1` }, 400, 'unknown-parameter'],
    ['repeated parameter', good('1'), { path: `${d.path}?mode=delta&mode=delta` }, 400, 'repeated-parameter'],
    ['bomb', bomb, { headers: { 'content-encoding': 'gzip' } }, 413, 'too-large'],
    ['too large', Buffer.alloc(12_000_001, '\n'), {}, 413, 'too-large'],
    ['no gzip', good('1'), { headers: { 'content-encoding': 'gzip' } }, 400, 'bad-body'],
    ['cut gzip', gzipSync(good('1')).subarray(0, 20), { headers: { 'content-encoding': 'gzip' } }, 400, 'bad-body'],
    ['digest', good('1'), { headers: { 'content-digest': digest('other') } }, 422, 'digest-mismatch'],
    ['no digest', good('1'), { headers: { 'content-digest': 'md5=:AA==:' } }, 400, 'bad-header'],
    ['a short digest', good('1'), { headers: { 'content-digest': 'sha-256=:AA==:' } }, 400, 'bad-header'],
    ['a digest as text', good('1'), { headers: { 'content-digest': 'sha-256="abc"' } }, 400, 'bad-header'],
    ['no dictionary', good('1'), { headers: { 'content-digest': `${digest(good('1'))},` } }, 400, 'bad-header'],
    ['a key with a quote', good('1'), { headers: { 'idempotency-key': '"a' } }, 400, 'bad-header'],
    ['an empty key', good('1'), { headers: { 'idempotency-key': '""' } }, 400, 'bad-header'],
    ['foreign publisher', good('1'), { as: 'foreign' }, 404, 'not-found'],
    ['reader', good('1'), { as: 'reader' }, 403, 'mode-not-granted'],
    ['unknown dataset', good('1'), { path: '/data/housing/none/v1/deliveries?mode=delta' }, 404, 'not-found'],
  ];
  await node.register('foreign', { department: 'grid-center', roles: ['publisher'] });
  await node.register('reader', { department: 'housing', roles: ['publisher'] });
  await node.grant({ application: 'reader', dataset: d.contract.name });
  for (const [name, body, sending, status, code] of cases) {
    const sent = await d.send(body, sending);
    t.match([sent.status, sent.body.code], [status, code], `${name}: ${sent.text}`);
  }
  t.match((await d.send(good('4'))).body, { state: 'rejected', report: { refused: { rule: 'delete-at-most' } } });
  t.equal((await d.live()).size, 3);
  t.equal((await d.send(good('1'), { headers: { 'content-digest': digest(good('1')) }, mode: 'delta' })).status, 201);
  const open = await exchange.database.app.query('SELECT FROM exchange.delivery WHERE ended_at IS NULL');
  t.equal(open.rowCount, 0, 'every delivery has ended');
});

t.test('one key carries one delivery', async (t) => {
  const d = await thing('keyed');
  const body = good('1') + good('2');
  const [one, two, three] = await Promise.all([1, 2, 3].map(() => d.send(body, { key: '"same"' })));
  const statuses = [one, two, three].map((sent) => sent!.status);
  t.ok(statuses.includes(201) && statuses.every((status) => status === 201 || status === 409), String(statuses));
  const again = await d.send(body, { key: 'same' });
  t.equal(again.status, 201);
  t.equal(exchange.releases.release(d.contract.name), 1, 'published once');
  t.match([one, two, three].find((sent) => sent!.status === 201)!.body, again.body, 'the stored reply');
  t.equal((await d.send(good('3'), { key: 'same' })).body.code, 'idempotency-key-reused');
  t.equal((await d.send(body, { key: 'same', mode: 'delta' })).body.code, 'idempotency-key-reused');
  await d.deliverer('other');
  t.equal((await d.send(good('3') + body, { key: 'same', as: 'other' })).status, 201, 'keys are scoped to the subject');
  const claim = (age: string) =>
    exchange.database.app.query(
      `INSERT INTO exchange.idempotency (issuer, subject, route, key, node, created_at)
       VALUES ($3, 'main', $1, 'gone', 'dead', now() - $2::interval)
       ON CONFLICT (issuer, subject, route, key) DO UPDATE SET created_at = excluded.created_at`,
      [`POST ${d.path}`, age, exchange.config.publicUrl],
    );
  await claim('1 second');
  t.equal((await d.send(good('9'), { key: 'gone', mode: 'delta' })).body.code, 'in-progress');
  await claim('2 minutes');
  t.equal((await d.send(good('9'), { key: 'gone', mode: 'delta' })).status, 201, 'a dead node blocks nobody');
  const failed = await d.send(good('1'), { key: 'f', headers: { 'content-encoding': 'gzip' } });
  t.equal(failed.status, 400);
  t.equal((await d.send(good('1'), { key: 'f', mode: 'delta' })).status, 201, 'a failed run gives the key back');
});

t.test('async: 202 at once, the result at its address', async (t) => {
  const d = await thing('async');
  const sent = await d.send(good('1'), { headers: { prefer: 'respond-async' } });
  t.equal(sent.status, 202);
  const deadline = Date.now() + 10_000;
  let state = '';
  while (state !== 'published' && Date.now() < deadline)
    state = (await d.get(String(sent.headers.get('location')))).body.state;
  t.equal(state, 'published');
});
