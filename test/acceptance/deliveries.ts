import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { Asking, Outside, Part } from './outside.js';
import { asSent, deliver, ndjson, THING_PATH, THINGS } from './thing.js';

const DELTA = `${THING_PATH}/deliveries?mode=delta`;
const SNAPSHOT = `${THING_PATH}/deliveries?mode=snapshot`;
const T00 = ndjson([asSent({ ...THINGS[0]! })]);
const CSV = { 'content-type': 'text/csv' };
/** 编号,名称\nG01,张店\n in GB18030. */
const GB18030 = Buffer.from('b1e0bac52cc3fbb3c60a4730312cd5c5b5ea0a', 'hex');
const digestOf = (body: string | Uint8Array) => `sha-256=:${createHash('sha256').update(body).digest('base64')}:`;

/** Shared by the tests below. */
function tools(outside: Outside) {
  const send = (path: string, asking: Asking) => deliver(outside, path, asking);
  const total = async () => (await outside.ask('GET', `${THING_PATH}/rows?_limit=1&_count=exact`)).body;
  return { send, total };
}

export const deliveries: Part = [
  [
    'the reply of a delivery',
    async (t, outside) => {
      const { send, total } = tools(outside);
      const { release } = await total();
      const { status, body, headers } = await send(DELTA, { body: T00 });
      t.equal(status, 201);
      const { report, ...told } = body;
      t.match(told, { state: 'published', mode: 'delta', received: 1, accepted: 1, rejected: 0, deleted: 0 });
      t.match(told, { release: release + 1, digest: digestOf(T00), rejects: null });
      t.ok(report);
      t.match(headers, { 'exchange-release': `${release + 1}`, location: `${THING_PATH}/deliveries/${body.id}` });
      t.match(headers['exchange-receipt'], /^index=/);
      const state = await outside.ask('GET', headers.location!, { as: 'civil-affairs-publisher' });
      t.match(state.body, { ...told, report });
      t.equal((await total()).release, release + 1);
    },
  ],
  [
    'Idempotency-Key: missing, again, another body, in progress, malformed',
    async (t, outside) => {
      const { total } = tools(outside);
      const key = crypto.randomUUID();
      const post = (body: string, header?: string) =>
        outside.ask('POST', DELTA, {
          as: 'civil-affairs-publisher',
          headers: { 'content-type': 'application/x-ndjson', ...(header && { 'idempotency-key': header }) },
          body,
        });
      const missing = await post(T00);
      t.match([missing.status, missing.body.code], [400, 'idempotency-key-missing']);
      t.match(missing.body.errors, [{ parameter: 'Idempotency-Key' }]);
      const first = await post(T00, `"${key}"`);
      t.equal(first.status, 201);
      const { release } = await total();
      for (const spelling of [`"${key}"`, key]) {
        const again = await post(T00, spelling);
        t.match([again.status, again.body], [201, first.body], 'the stored reply');
      }
      t.equal((await total()).release, release, 'and nothing is done twice');
      t.match((await post(`${T00}\n`, key)).body.code, 'idempotency-key-reused');
      t.equal((await post(`${T00}\n`, key)).status, 422);
      const racing = crypto.randomUUID();
      const large = ndjson(Array.from({ length: 3_000 }, (_, i) => asSent({ code: `R${i}`, count: 'x' })));
      const both = await Promise.all([post(large, racing), post(large, racing)]);
      t.same(both.map(({ status }) => status).sort(), [201, 409]);
      t.match(both.find(({ status }) => status === 409)!.body.code, 'in-progress');
      for (const bad of ['a'.repeat(129), '"open', 'a b'])
        t.match(
          [(await post(T00, bad)).status, (await post(T00, bad)).body.code],
          [400, 'bad-header'],
          bad.slice(0, 9),
        );
    },
  ],
  [
    'media types, encodings and digests',
    async (t, outside) => {
      const { send } = tools(outside);
      const csv = '编号,名称,性别,count,day\r\nC01,"a,""b""",男,5,2026/1/31\r\n';
      const same = await send(DELTA, { headers: { ...CSV, 'content-digest': digestOf(csv) }, body: csv });
      t.match(same.body, { state: 'published', accepted: 1, digest: digestOf(csv) });
      const row = await outside.ask('GET', `${THING_PATH}/rows/C01?_select=label,gender,count,day`);
      t.match(row.body.data, { label: 'a,"b"', gender: '1', count: 5, day: '2026-01-31' });
      const chinese = await send(DELTA, { headers: { 'content-type': 'text/csv; charset=gb18030' }, body: GB18030 });
      t.equal(chinese.body.state, 'published', chinese.text);
      const label = await outside.ask('GET', `${THING_PATH}/rows/G01?_select=label`);
      t.equal(label.body.data.label, '张店');
      const zipped = gzipSync(T00);
      const gzip = { 'content-encoding': 'gzip' };
      const packed = await send(DELTA, { headers: { ...gzip, 'content-digest': digestOf(zipped) }, body: zipped });
      t.equal(packed.body.state, 'published');
      for (const [what, headers, body, status, code] of [
        ['another digest', { 'content-digest': digestOf('x') }, T00, 422, 'digest-mismatch'],
        ['a digest that is none', { 'content-digest': 'x' }, T00, 400, 'bad-header'],
        ['half a gzip', gzip, zipped.subarray(0, -15), 400, 'bad-body'],
        ['another encoding', { 'content-encoding': 'br' }, T00, 415, 'unsupported-media-type'],
        ['another type', { 'content-type': 'application/json' }, T00, 415, 'unsupported-media-type'],
      ] as const) {
        const reply = await send(DELTA, { headers, body });
        t.match([reply.status, reply.body.code], [status, code], what);
      }
      for (const [path, code] of [
        [`${THING_PATH}/deliveries`, 'bad-value'],
        [`${THING_PATH}/deliveries?mode=all`, 'bad-value'],
        [`${DELTA}&x=1`, 'unknown-parameter'],
      ] as const)
        t.match((await send(path, { body: T00 })).body, { status: 400, code });
    },
  ],
  [
    'asynchronously, on request',
    async (t, outside) => {
      const { send } = tools(outside);
      const reply = await send(DELTA, { headers: { prefer: 'respond-async' }, body: T00 });
      t.equal(reply.status, 202);
      t.equal(reply.headers['preference-applied'], 'respond-async');
      const until = Date.now() + 20_000;
      let state = '';
      while (!/^(published|rejected|failed)$/.test(state) && Date.now() < until)
        state = (await outside.ask('GET', reply.headers.location!, { as: 'civil-affairs-publisher' })).body.state;
      t.equal(state, 'published');
    },
  ],
  [
    'faulty rows are set aside with line, field and reason; thresholds refuse the whole',
    async (t, outside) => {
      const { send, total } = tools(outside);
      const { release } = await total();
      const rows: Record<string, string>[] = [
        { code: 'F01', count: 'many' },
        { code: 'F02' },
        { label: 'no key' },
        { code: 'F03' },
      ];
      const some = await send(DELTA, { body: ndjson(rows.map((row) => asSent(row))) });
      t.match(some.body, { state: 'published', received: 4, accepted: 2, rejected: 2, release: release + 1 });
      const rejects = await outside.ask('GET', some.body.rejects, { as: 'civil-affairs-publisher' });
      t.match(rejects.headers['content-type'], /^application\/x-ndjson/);
      const lines = rejects.text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      t.match(lines, [
        { line: 1, errors: [{ field: 'count', rule: String, reason: String }] },
        { line: 3, errors: [{ field: 'code', rule: 'required', reason: String }] },
      ]);
      t.match(lines[0].row, /F01/);
      for (const [as, status] of [
        ['grid-app', 403],
        ['police-publisher', 404],
        ['operator-app', 404],
      ] as const)
        t.equal((await outside.ask('GET', some.body.rejects, { as })).status, status, `${as} sees no rejects`);
      const most = await send(DELTA, {
        body: ndjson([{ 编号: 'F04', count: 'x' }, { 编号: 'F05', count: 'y' }, { 编号: 'F06' }]),
      });
      t.match(most.body, { state: 'rejected', release: null, report: { refused: { rule: 'reject-at-most' } } });
      const wipe = await send(SNAPSHOT, { body: T00 });
      t.match(wipe.body, { state: 'rejected', release: null, report: { refused: { rule: 'delete-at-most' } } });
      const open = await send(DELTA, { headers: CSV, body: '编号,名称\nF07,"open\nF08,x\n' });
      t.equal(open.body.state, 'rejected', 'an unclosed quote');
      t.equal((await total()).release, release + 1, 'and the release stands');
    },
  ],
  [
    'only the owning publisher delivers',
    async (t, outside) => {
      const { send } = tools(outside);
      for (const [as, status] of [
        ['police-publisher', 404],
        ['stranger-app', 404],
        ['grid-app', 403],
        ['operator-app', 404],
      ] as const)
        t.equal((await send(DELTA, { as, body: T00 })).status, status, as);
      const unknown = await outside.ask('GET', `${THING_PATH}/deliveries/${crypto.randomUUID()}`, {
        as: 'civil-affairs-publisher',
      });
      t.equal(unknown.status, 404);
    },
  ],
  [
    'a new release does not end a walk',
    async (t, outside) => {
      const { send } = tools(outside);
      const first = await outside.ask('GET', `${THING_PATH}/rows?_limit=5`);
      await send(DELTA, { body: T00 });
      const next = await outside.ask('GET', `${THING_PATH}/rows?_limit=5&_cursor=${first.body.page.next_cursor}`);
      t.equal(next.status, 200);
      t.equal(next.body.release, first.body.release + 1);
    },
  ],
];
