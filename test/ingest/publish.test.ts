import assert from 'node:assert/strict';
import pg from 'pg';
import t from '../support/tap.js';
import { holdAgainstModel, SCOPES, text } from './against-model.js';
import type { Sent } from './model.js';
import { openThings, type Thing } from './things.js';

const { node, thing } = await openThings(t);
const { owner } = node.exchange.database;
const ANY = { 'reject-at-most': '100%', 'delete-at-most': '100%' };

const row = (code: string, of: string, name = 'n'): Sent => ({ code, part: of, name });

async function contributors(name: string, delivery: object = ANY): Promise<Thing> {
  const d = await thing(name, delivery);
  await d.deliverer('one', SCOPES.one);
  await d.deliverer('two', SCOPES.two);
  return d;
}

t.test('deliveries match a naive model, and lose nothing', async (t) => {
  const release = await holdAgainstModel(await contributors('model'), owner, 25);
  t.ok(release > 50);
});

t.test('two contributors: neither loses a row because of the other', async (t) => {
  const d = await contributors('parts');
  const codes = async () => [...(await d.live()).keys()].sort().join();
  await d.send(text([row('1', 'a'), row('2', 'a')]), { as: 'one' });
  await d.send(text([row('3', 'b'), row('4', 'c')]), { as: 'two' });
  t.equal(await codes(), '1,2,3,4');
  await d.send(text([row('1', 'a')]), { as: 'one' });
  t.equal(await codes(), '1,3,4', 'a snapshot of one part ends rows of that part only');
  await d.send('', { as: 'two' });
  t.equal(await codes(), '1', 'an empty snapshot too');
  const cases: [string, string, Sent, string][] = [
    ['a row outside the scope', 'snapshot', row('9', 'b'), 'scope'],
    ['a row moved out of the scope', 'snapshot', row('1', 'b'), 'scope'],
    ['a key that lives in the part of another', 'delta', row('5', 'a'), 'foreign-key'],
    [
      'deleting what lives in the part of another',
      'delta',
      { code: '5', part: '', name: '', _op: 'delete' },
      'foreign-key',
    ],
  ];
  await d.send(text([row('5', 'b')]), { as: 'two' });
  for (const [name, mode, sent, rule] of cases) {
    const reply = await d.send(text([sent]), { as: 'one', mode });
    t.match(reply.body, { state: 'published', accepted: 0, rejected: 1, report: { faults: [{ rule }] } }, name);
    t.equal((await d.get(reply.body.rejects, 'two')).status, 404, 'only who delivered sees what was set aside');
  }
  const left = [...(await d.live())].map(([code, { part, name }]) => [code, part, name]);
  t.strictSame(left, [['5', 'b', 'n']], 'and 1 went with the snapshot that named 9 only');
});

t.test('the indexes come with the first release, and once', async (t) => {
  const d = await thing('indexed');
  const indexes = async () => {
    const { rows } = await owner.query<{ fields: string }>(
      `SELECT substring(pg_get_indexdef(indexrelid) FROM '\\(.*\\)') AS fields FROM pg_index
       WHERE indrelid = $1::regclass ORDER BY 1`,
      [`data.${d.contract.table}`],
    );
    return rows.map(({ fields }) => fields.replaceAll(' COLLATE "C"', ''));
  };
  t.strictSame(await indexes(), ['(row_id)']);
  await d.send(text([row('1', 'a', 'far too long')]));
  t.strictSame(await indexes(), ['(row_id)'], 'a rejected delivery makes no release');
  await d.send(text([row('1', 'a')]));
  const all = ['(code)', '(count, row_id)', '(part, row_id)', '(row_id)'];
  t.strictSame(await indexes(), all);
  await d.send(text([row('1', 'a'), row('2', 'a')]));
  t.strictSame(await indexes(), all);
});

t.test('a faulty correction keeps the old row, and the report says so', async (t) => {
  const d = await thing('kept', { 'reject-at-most': '50%', 'delete-at-most': '20%' });
  await d.send(text([row('1', 'a'), row('2', 'a'), row('3', 'a')]));
  const sent = await d.send(text([row('1', 'a', 'new'), row('2', 'a', 'far too long'), row('3', 'a')]));
  t.match(sent.body, { state: 'published', updated: 1, deleted: 0, rejected: 1, report: { kept: 1 } });
  const names = [...(await d.live())].map(([code, { name }]) => `${code}${name}`).sort();
  t.strictSame(names, ['1new', '2n', '3n']);
  const later = await d.send(
    text([row('1', 'a', 'new'), row('2', 'a', 'far too long'), row('2', 'a', 'ok'), row('3', 'a')]),
  );
  t.match(later.body, { updated: 1, rejected: 1 }, 'a sound row after a faulty one of the same key is taken');
  t.equal(later.body.report.kept, undefined);
});

t.test('readers see one whole release, and never wait', async (t) => {
  const d = await thing('read', ANY);
  await node.register('reader');
  await node.grant({ application: 'reader', dataset: d.contract.name });
  const snapshot = (n: number, rows: number) =>
    Array.from(
      { length: rows },
      (_, i) => `${JSON.stringify({ code: `c${i}`, part: 'a', name: 'n', count: n })}\n`,
    ).join('');
  await d.send(snapshot(1, 300));
  // The number of rows changes with the release: 300 in odd ones, 200 in even ones.
  const expected = (release: number) => (release % 2 === 1 ? 300 : 200);
  let ended = false;
  const overHttp = async () => {
    let reads = 0;
    for (; !ended; reads++) {
      const { body } = await node.ask(
        'GET',
        d.path.replace('deliveries', 'rows?_limit=1000&_count=exact&_select=count'),
        {
          as: 'reader',
        },
      );
      const values = new Set(body.data.map((each: { count: number }) => each.count));
      assert.deepEqual([...values], [body.release], 'rows of the release that is named, and of no other');
      assert.deepEqual([body.data.length, body.page.count], [expected(body.release), expected(body.release)]);
    }
    return reads;
  };
  const direct = async () => {
    const client = new pg.Client({ connectionString: node.databaseUrl });
    await client.connect();
    let reads = 0;
    try {
      await client.query(`SET ROLE exchange_reader; SET lock_timeout = '1ms'`); // a wait for any lock is an error
      for (; !ended; reads++) {
        const { rows } = await client.query(
          `SELECT min(count) AS low, max(count) AS high, count(*)::int AS rows FROM data.${d.contract.table}`,
        );
        assert.equal(rows[0].low, rows[0].high);
        assert.equal(rows[0].rows, expected(rows[0].low));
      }
    } finally {
      await client.end();
    }
    return reads;
  };
  const publishing = async () => {
    for (let n = 2; n <= 12; n++) assert.equal((await d.send(snapshot(n, expected(n)))).body.release, n);
  };
  const readers = [overHttp(), overHttp(), direct()];
  await publishing().finally(() => (ended = true));
  for (const reads of await Promise.all(readers)) t.ok(reads > 0, `${reads} reads`);
});

t.test('deliveries of one dataset at once follow each other', async (t) => {
  const d = await contributors('at-once');
  const sent = await Promise.all([
    d.send(text([row('1', 'a')]), { as: 'one' }),
    d.send(text([row('2', 'b')]), { as: 'two' }),
    d.send(text([row('3', 'c'), row('1', 'c')]), { as: 'two', mode: 'delta' }),
  ]);
  t.strictSame(sent.map(({ body }) => body.release).sort(), [1, 2, 3]);
  const codes = [...(await d.live()).keys()];
  t.ok(codes.includes('1') && (codes.includes('2') || codes.includes('3')), String(codes));
});

t.test('the terms of the contract limit one delivery', async (t) => {
  const d = await thing('terms', { mode: ['snapshot'], 'reject-at-most': '20%', 'delete-at-most': '25%' });
  const rows = (count: number, faulty: number) =>
    text(Array.from({ length: count }, (_, i) => row(`c${i}`, 'a', i < faulty ? '' : 'n')));
  const cases: [string, string, string, string | undefined, number][] = [
    ['a fifth is faulty', rows(10, 2), 'published', undefined, 8],
    ['all are sound', rows(8, 0), 'published', undefined, 8],
    ['more than a fifth is faulty', rows(8, 2), 'rejected', 'reject-at-most', 8],
    ['a quarter would go', rows(6, 0), 'published', undefined, 6],
    ['more than a quarter would go', rows(4, 0), 'rejected', 'delete-at-most', 6],
    ['all would go', '', 'rejected', 'delete-at-most', 6],
  ];
  await t.test('a mode that the contract does not accept', async (t) => {
    t.match((await d.send(rows(1, 0), { mode: 'delta' })).body, { status: 422, code: 'unprocessable' });
  });
  for (const [name, body, state, rule, left] of cases) {
    const sent = await d.send(body);
    t.match([sent.body.state, sent.body.report?.refused?.rule], [state, rule], `${name}: ${sent.text}`);
    t.equal((await d.live()).size, name === 'all are sound' ? 8 : left, name);
  }
});
