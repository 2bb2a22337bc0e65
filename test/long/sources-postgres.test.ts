import { rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { approveUpstream, withdrawUpstream } from '../../src/access/upstreams/change-upstream.js';
import { storeSecret } from '../../src/access/upstreams/secret.js';
import type { UpstreamDraft } from '../../src/access/upstreams/upstream.js';
import type { Exchange } from '../../src/exchange/exchange.js';
import { publishCatalog } from '../../src/exchange/publishing/publish-contract.js';
import { runSource } from '../../src/exchange/sources/run-source.js';
import { listRuns } from '../../src/exchange/sources/source-runs.js';
import type { Problem } from '../../src/platform/errors.js';
import { until } from '../failure/until.js';
import { openThings, type Thing } from '../ingest/things.js';
import { departmentDatabase } from '../support/department.js';

const { node, thing } = await openThings(t, { sourceStatementTimeoutMs: 1_000 });
const { exchange } = node;
const department = await departmentDatabase(t, node.databaseUrl);
const BY = { actor: null, request: '00000000-0000-4000-8000-000000000000' };

const draft: UpstreamDraft = {
  kind: 'postgres',
  host: department.host,
  port: department.port,
  database: department.database,
  tls: 'none',
  private: false,
  secret: true,
};
const approve = (name: string, more: Partial<UpstreamDraft> = {}, publisher = 'housing') =>
  approveUpstream(exchange, { publisher, name, draft: { ...draft, ...more } }, BY);
const enter = (name: string, more: object = {}, publisher = 'housing') =>
  storeSecret(
    exchange.keys.directory,
    { ...draft, publisher, name, ...more },
    {
      kind: 'password',
      ...department.reader,
      ...more,
    },
  );

/** A table of the department and the dataset that is pulled from it. */
async function pulled(name: string, source: Record<string, unknown> = {}, more: object = {}): Promise<Thing> {
  const given = { kind: 'postgres', upstream: 'main-db', application: 'main', table: name, ...source };
  return thing(name, { ...more, source: given });
}

async function table(name: string, rows: string): Promise<void> {
  await department.query(`CREATE TABLE ${name} ("NO" text, "PART" text, "名称" text, "XB" varchar(4), count integer,
    big bigint, price numeric(10, 3), ok boolean, day date, at timestamptz, tags text[], secret_note text, moved timestamptz)`);
  await department.query(`INSERT INTO ${name} ("NO", "PART", "名称", count, moved) ${rows}`);
  await department.query(`GRANT SELECT ON ${name} TO ${department.reader.user}`);
}
const series = (from: number, to: number, name = "'名'") =>
  `SELECT 'K' || i, 'a', ${name}, i, '2026-01-01 00:00:00+08'::timestamptz + i * interval '1 minute' FROM generate_series(${from}, ${to}) i`;

/** Publishes the same contract anew with another source. */
function changingSource({ contract }: Thing): (source: Record<string, unknown>) => Promise<void> {
  const document = contract.document as { delivery: { source: object } };
  let minor = 0;
  return async (source) => {
    const delivery = { ...document.delivery, source: { ...document.delivery.source, ...source } };
    const changed = { ...document, version: `1.${++minor}`, delivery };
    await publishCatalog(exchange, { contracts: [changed], publishers: [], purposes: [] });
  };
}

const run = (id: string, on: Exchange = exchange) => runSource(on, id);
const failing = async (id: string, on: Exchange = exchange): Promise<Problem> =>
  runSource(on, id).then(
    () => Promise.reject(new Error('it should have failed')),
    (error) => error,
  );

t.before(async () => {
  await approve('main-db');
  enter('main-db');
});

t.test(
  'a table becomes a release: the mapped columns alone, texts as the database writes them, both sides reconciled',
  async (t) => {
    await table('ledger', series(1, 3));
    await department.query(`UPDATE ledger SET "XB" = '女', big = 9007199254740993, price = 12.5, ok = true, day = '2026-01-31',
    at = '2026-01-31 08:00:00+08', tags = '{红,蓝}', secret_note = 'not ours' WHERE "NO" = 'K1'`);
    const d = await pulled('ledger');
    const { delivery } = await run('housing/ledger/v1');
    t.match(delivery, {
      state: 'published',
      mode: 'snapshot',
      release: 1,
      counts: { received: 3, accepted: 3, rejected: 0 },
    });
    const source = delivery.report!.source as { unmapped: string[]; reconciliation: Record<string, unknown> };
    t.same(source.unmapped, ['secret_note', 'moved']);
    t.match(source.reconciliation, { counted: 3, received: 3, taken: 3, published: 3, repeated: 0, ok: true });
    t.equal(source.reconciliation.takenKeys, source.reconciliation.publishedKeys);
    t.match((await d.live()).get('K1'), {
      part: 'a',
      gender: '2',
      count: 1,
      big: '9007199254740993',
      price: '12.50',
      ok: true,
      day: '2026-01-31',
      tags: ['红', '蓝'],
    });
    await department.query(`DELETE FROM ledger WHERE "NO" = 'K3'; UPDATE ledger SET "名称" = '新' WHERE "NO" = 'K2'`);
    t.match((await run('housing/ledger/v1')).delivery.counts, { received: 2, inserted: 0, updated: 1, deleted: 1 });
    t.match(await listRuns(exchange, 'housing/ledger/v1'), [
      { state: 'published', report: { reconciliation: { ok: true } } },
      { state: 'published' },
    ]);
  },
);

t.test(
  'rows that do not fit are set aside and counted; NULL keys, repeated keys, and a view without any order',
  async (t) => {
    await table('faulty', series(1, 8));
    await department.query(
      `INSERT INTO faulty ("NO", "PART", "名称") VALUES (NULL, 'a', 'x'), ('K1', 'a', 'again'), ('K9', 'a', 'much too long')`,
    );
    await department.query(
      `CREATE VIEW faulty_view AS SELECT * FROM faulty; GRANT SELECT ON faulty_view TO ${department.reader.user}`,
    );
    const d = await pulled('faulty', { table: 'public.faulty_view' });
    const { delivery } = await run('housing/faulty/v1');
    t.match(delivery.counts, { received: 11, accepted: 8, rejected: 3 });
    t.match(delivery.report!.source, {
      reconciliation: { counted: 11, received: 11, taken: 9, published: 8, repeated: 1, ok: true },
    });
    t.equal((await d.live()).size, 8);
    const rejects = await d.get(`${d.path}/${delivery.id}/rejects`);
    t.match(rejects.text, /repeated-key/);
    t.match(rejects.text, /much too long/);
  },
);

t.test(
  'a watermark brings what came since, again what came with the last value, and moves with the release only',
  async (t) => {
    await table('growing', series(1, 5));
    const d = await pulled('growing', { watermark: 'moved' });
    const id = 'housing/growing/v1';
    const first = (await run(id)).delivery;
    t.match(first, { mode: 'delta', counts: { received: 5, inserted: 5 } });
    t.match(first.report!.source, { watermark: { from: null, to: '2026-01-01 00:05:00+08' } });
    await department.query(`INSERT INTO growing ("NO", "PART", "名称", count, moved) ${series(6, 7)}`);
    await department.query(
      `INSERT INTO growing ("NO", "PART", "名称", moved) VALUES ('LATE', 'a', 'x', '2026-01-01 00:05:00+08')`,
    );
    await department.query(`DELETE FROM growing WHERE "NO" = 'K1'`);
    // K5 and LATE have the last value, K6 and K7 are new; that K1 has gone no watermark tells.
    t.match((await run(id)).delivery.counts, { received: 4, inserted: 3, updated: 0, deleted: 0 });
    t.equal((await d.live()).size, 8);
    department.relay.cutAfter = 0;
    t.equal((await failing(id)).code, 'upstream-failed');
    department.relay.cutAfter = undefined;
    t.match((await run(id)).delivery.report!.source, { watermark: { from: '2026-01-01 00:07:00+08' } });
  },
);

t.test(
  'a source that drops the connection half-way: the release stands, what came is set aside, the next run goes on',
  async (t) => {
    await table('dropping', series(1, 2_000));
    const d = await pulled('dropping');
    const id = 'housing/dropping/v1';
    await run(id);
    await department.query(`UPDATE dropping SET "名称" = '改'`);
    department.relay.cutAfter = 100_000;
    const problem = await failing(id);
    department.relay.cutAfter = undefined;
    t.match(problem, { code: 'upstream-failed', message: 'The source broke off.' });
    t.ok(
      [...(await d.live()).values()].every(({ name }) => name === '名'),
      'the last release stands',
    );
    const [failed] = await listRuns(exchange, id);
    t.match(failed, { state: 'failed', code: 'upstream-failed', reason: 'The source broke off.' });
    const kept = Number(failed!.report!.kept);
    t.ok(kept >= 1_000 && kept < 2_000, `kept ${kept}`);
    t.match(failed!.report, { reconciliation: { counted: 2_000, received: kept, ok: false } });
    const aside = await d.get(`${d.path}/${failed!.delivery}/rejects`);
    t.equal(aside.text.trim().split('\n').length, kept);
    t.match(aside.text, /"rule": "run-failed"/);
    t.match((await run(id)).delivery.counts, { received: 2_000, updated: 2_000 });
    department.relay.cutAfter = 100_000;
    await failing(id);
    department.relay.cutAfter = undefined;
    t.equal(
      (await d.get(`${d.path}/${failed!.delivery}/rejects`)).text,
      '',
      'of runs that failed the last one is kept',
    );
  },
);

t.test('columns: a changed type and a missing one are named, once and before anything is read', async (t) => {
  await table('changing', series(1, 3));
  const d = await pulled('changing');
  const id = 'housing/changing/v1';
  await run(id);
  await department.query('ALTER TABLE changing ALTER "NO" TYPE varchar(50), ALTER count TYPE bigint');
  t.match((await run(id)).delivery.report!.source, {
    changed: [
      { column: 'NO', from: 'text', to: 'character varying(50)' },
      { column: 'count', from: 'integer', to: 'bigint' },
    ],
  });
  await department.query('ALTER TABLE changing ALTER day TYPE text');
  const changed = (await run(id)).delivery;
  t.match(changed, {
    state: 'rejected',
    report: { refused: { rule: 'column-type', reason: /day was date and is now text/ } },
  });
  const document = { ...(d.contract.document as object), version: '1.1' };
  await publishCatalog(exchange, { contracts: [document], publishers: [], purposes: [] });
  t.equal((await run(id)).delivery.state, 'published', 'a contract published anew takes the column as it is');
  await department.query('ALTER TABLE changing DROP COLUMN "名称"');
  const missing = (await run(id)).delivery;
  t.match(missing, { state: 'rejected', report: { refused: { rule: 'columns', reason: /name \(名称\)/ } } });
  await department.query('DROP TABLE changing');
  t.match((await run(id)).delivery.report!.refused, { rule: 'table' });
  t.equal((await d.live()).size, 3);
});

t.test('refused runs, each with one clear reason', async (t) => {
  await table('refused', series(1, 2));
  await department.query(
    `CREATE VIEW slow AS SELECT * FROM refused WHERE pg_sleep(3) IS NOT NULL; GRANT SELECT ON slow TO ${department.reader.user}`,
  );
  await publishCatalog(exchange, {
    contracts: [],
    publishers: [
      { slug: 'police', title: { zh: '公安', en: 'Police' }, uscc: '11370399000000027H', kind: 'department' },
    ],
    purposes: [],
  });
  await approve('theirs', {}, 'police');
  enter('theirs', {}, 'police');
  await approve('other-kind', { kind: 'mysql' });
  await approve('no-secret');
  await approve('wrong-password');
  enter('wrong-password', { password: 'wrong' });
  await approve('moved-host', { host: '127.0.0.2' });
  enter('moved-host');
  await approve('withdrawn');
  await withdrawUpstream(exchange, { publisher: 'housing', name: 'withdrawn' }, BY);
  await approve('public-name', { host: 'db.example.cn', tls: 'required' });
  enter('public-name', { host: 'db.example.cn' });
  await approve('in-clear', { host: 'db.example.cn' });
  const named = { upstream: 'public-name' };
  const resolvingTo = (...addresses: string[]) => ({ lookup: async () => addresses });
  const resolving = (...addresses: string[]): Exchange => ({ ...exchange, ...resolvingTo(...addresses) });
  const strict: Exchange = { ...exchange, config: { ...exchange.config, outboundLoopback: 'refuse' } };
  const from = changingSource(await pulled('refused'));
  const id = 'housing/refused/v1';
  const cases: [string, Record<string, unknown>, RegExp, string, Exchange?][] = [
    ['never approved', { upstream: 'nowhere' }, /not approved/, 'upstream-refused'],
    [
      "threat: another publisher's upstream",
      { upstream: 'theirs' },
      /housing\/theirs is not approved/,
      'upstream-refused',
    ],
    ['another kind', { upstream: 'other-kind' }, /approved as mysql/, 'upstream-refused'],
    ['no secret', { upstream: 'no-secret' }, /no secret/, 'upstream-refused'],
    ['a wrong password', { upstream: 'wrong-password' }, /refuses our user/, 'upstream-refused'],
    ['threat: a secret for another host', { upstream: 'moved-host' }, /another host|no secret/, 'upstream-refused'],
    ['withdrawn', { upstream: 'withdrawn' }, /withdrawn/, 'upstream-refused'],
    ['threat: loopback', {}, /loopback/, 'upstream-refused', strict],
    [
      'threat: a name that resolves to loopback',
      named,
      /loopback/,
      'upstream-refused',
      { ...strict, ...resolvingTo('127.0.0.1') },
    ],
    ['threat: one of two addresses is private', named, /private/, 'upstream-refused', resolving('8.8.8.8', '10.0.0.1')],
    ['threat: cloud metadata', named, /range|credentials/, 'upstream-refused', resolving('169.254.169.254')],
    [
      'threat: in the clear over a network',
      { upstream: 'in-clear' },
      /without TLS/,
      'upstream-refused',
      resolving('8.8.8.8'),
    ],
    ['a name that does not resolve', named, /does not resolve/, 'upstream-failed', resolving()],
    ['a statement that takes too long', { table: 'slow' }, /too long/, 'upstream-failed'],
  ];
  for (const [what, source, reason, code, on] of cases) {
    await from(source);
    const problem = await failing(id, on);
    t.match(problem, { code, message: reason }, what);
    t.notMatch(problem.message, /127\.0|10\.0|169\.254|wrong/, `${what}: no address, no data`);
    t.match((await listRuns(exchange, id))[0], { state: 'failed', code, reason }, what);
  }
  for (const name of ['bad.table.name.x', 'x"; DROP TABLE refused; --', 'nothing']) {
    await from({ table: name });
    t.match((await run(id)).delivery.report!.refused, { rule: 'table' }, name);
  }
  rmSync(join(exchange.keys.directory, 'upstreams/housing/moved-host'), { force: true });
  await from({ upstream: 'moved-host' });
  t.match(await failing(id), { message: /no secret/ });
});

t.test('threat: an upstream withdrawn while its rows arrive publishes nothing', async (t) => {
  await table('slowly', series(1, 20));
  await approve('for-a-while');
  enter('for-a-while');
  const d = await pulled('slowly', { upstream: 'for-a-while' });
  // Held at the door of publishing: everything has been read when the approval goes.
  const holder = await exchange.database.owner.connect();
  await holder.query(`BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('publish housing/slowly', 0))`);
  const ending = failing('housing/slowly/v1');
  await until('everything is read', async () => {
    const { rows } = await exchange.database.app.query(
      `SELECT FROM exchange.delivery WHERE state = 'landed' AND contract = 'housing/slowly/v1'`,
    );
    return rows.length > 0;
  });
  await withdrawUpstream(exchange, { publisher: 'housing', name: 'for-a-while' }, BY);
  await holder.query('COMMIT');
  holder.release();
  t.match(await ending, { code: 'upstream-refused', message: /withdrawn/ });
  t.equal((await d.live()).size, 0);
});

t.test('one run at a time: a second one of the same dataset is refused', async (t) => {
  await table('twice', series(1, 2));
  await pulled('twice');
  const both = await Promise.allSettled([run('housing/twice/v1'), run('housing/twice/v1')]);
  t.same(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  t.match(
    both.find(({ status }) => status === 'rejected'),
    { reason: { code: 'in-progress' } },
  );
});

t.test('the log has every call outside, and how it ended', async (t) => {
  const { rows } = await exchange.database.app.query(
    `SELECT event, convert_from(bytes, 'UTF8')::json->'detail'->'source' AS source FROM audit.entry WHERE event LIKE 'source.%'`,
  );
  const events = new Set(rows.map(({ event }) => event));
  t.same([...events].sort(), ['source.began', 'source.failed']);
  t.match(rows[0].source, { kind: 'postgres', upstream: 'main-db' });
  t.notMatch(JSON.stringify(rows), new RegExp(department.reader.password));
});
