import t from 'tap';
import { approveUpstream } from '../../src/access/upstreams/change-upstream.js';
import { storeSecret } from '../../src/access/upstreams/secret.js';
import type { UpstreamDraft } from '../../src/access/upstreams/upstream.js';
import { runSource } from '../../src/exchange/sources/run-source.js';
import { listRuns } from '../../src/exchange/sources/source-runs.js';
import { openThings } from '../ingest/things.js';
import { findMariadb, startMariadb } from '../support/mariadb.js';
import { relayTo } from '../support/relay.js';

const program = findMariadb();
if (program === undefined) {
  const said =
    'NO MARIADB ON THIS MACHINE: tables of MySQL and MariaDB were NOT pulled. apt-get install mariadb-server';
  process.stderr.write(`\n${said}\n\n`);
  if (process.env.MARIADB_EXPECTED) t.fail(said);
  t.comment(said);
  t.pass('skipped loudly');
  process.exit(process.env.MARIADB_EXPECTED ? 1 : 0);
}

const mariadb = await startMariadb(program);
const relay = await relayTo({ host: '127.0.0.1', port: mariadb.port });
const { node, thing } = await openThings(t, { sourceStatementTimeoutMs: 2_000 });
t.teardown(async () => {
  await relay.close();
  await mariadb.stop();
});
const { exchange } = node;
const draft: UpstreamDraft = {
  kind: 'mysql',
  host: '127.0.0.1',
  port: relay.port,
  database: 'department',
  tls: 'none',
  private: false,
  secret: true,
};
const upstream = { ...draft, publisher: 'housing', name: 'maria' };
const enter = (password: string) =>
  storeSecret(exchange.keys.directory, upstream, { kind: 'password', user: 'reader', password });
const pulled = (name: string, more: object = {}) =>
  thing(name, { source: { kind: 'mysql', upstream: 'maria', application: 'main', table: name, ...more } });
const failing = (id: string) =>
  runSource(exchange, id).then(
    () => undefined,
    (error) => error,
  );

async function table(name: string, rows: number): Promise<void> {
  await mariadb.query(`CREATE TABLE department.${name} (\`NO\` varchar(20), part varchar(10), \`名称\` varchar(50), XB varchar(4), \`count\` int,
    big bigint, price decimal(10,3), ok tinyint(1), day date, \`at\` datetime, secret_note text, moved datetime(6), seq bigint) ENGINE=InnoDB CHARSET=utf8mb4`);
  await mariadb.query(`INSERT INTO department.${name} (\`NO\`, part, \`名称\`, \`count\`, moved, seq)
    SELECT concat('K', seq), 'a', '名', seq, '2026-01-01' + INTERVAL seq SECOND, 9007199254740990 + seq FROM department.seq_1_to_${rows}`);
}

t.before(async () => {
  await mariadb.query(`CREATE DATABASE department CHARSET utf8mb4; CREATE USER reader@'%' IDENTIFIED BY 'right';
    GRANT SELECT ON department.* TO reader@'%'`);
  await approveUpstream(
    exchange,
    { publisher: 'housing', name: 'maria', draft },
    { actor: null, request: exchange.clock.uuid() },
  );
  enter('right');
});

t.test('a table becomes a release, with texts as the database writes them', async (t) => {
  await table('ledger', 3);
  await mariadb.query(`UPDATE department.ledger SET XB = '女', big = 9007199254740993, price = 12.5, ok = 1, day = '2026-01-31',
    \`at\` = '2026-01-31 08:00:00', secret_note = 'not ours' WHERE \`NO\` = 'K1'`);
  const d = await pulled('ledger');
  const { delivery } = await runSource(exchange, 'housing/ledger/v1');
  t.match(delivery, { state: 'published', counts: { received: 3, accepted: 3, rejected: 0 } });
  t.match(delivery.report!.source, {
    unmapped: ['secret_note', 'moved', 'seq'],
    reconciliation: { counted: 3, received: 3, taken: 3, published: 3, ok: true },
  });
  const k1 = (await d.live()).get('K1')!;
  t.match(k1, {
    name: '名',
    gender: '2',
    count: 1,
    big: '9007199254740993',
    price: '12.50',
    ok: true,
    day: '2026-01-31',
  });
  t.equal((k1.at as Date).toISOString(), '2026-01-31T00:00:00.000Z');
});

t.test('watermarks: a time, and a number beyond what a double can tell apart', async (t) => {
  await table('growing', 4);
  for (const watermark of ['moved', 'seq']) {
    const name = `growing-${watermark}`;
    await pulled(name, { table: 'department.growing', watermark });
    t.match((await runSource(exchange, `housing/${name}/v1`)).delivery.counts, { received: 4 }, watermark);
    t.match((await runSource(exchange, `housing/${name}/v1`)).delivery.counts, { received: 1, updated: 0 }, watermark);
  }
});

t.test('each failure has one reason, and the last release stays', async (t) => {
  await table('rough', 20_000);
  const d = await pulled('rough');
  const id = 'housing/rough/v1';
  await runSource(exchange, id);
  relay.cutAfter = 300_000;
  t.match(await failing(id), { code: 'upstream-failed', message: 'The source broke off.' });
  relay.cutAfter = undefined;
  relay.silentAfter = 300_000;
  t.match(await failing(id), { code: 'upstream-failed', message: /too long/ }, 'a server that goes silent half-way');
  relay.silentAfter = undefined;
  const [broken] = await listRuns(exchange, id);
  t.ok(Number(broken!.report!.kept) > 0, 'what came is kept');
  t.equal((await d.live()).size, 20_000);
  enter('wrong');
  t.match(await failing(id), { code: 'upstream-refused', message: /refuses our user/ });
  enter('right');
  await mariadb.query('ALTER TABLE department.rough MODIFY day varchar(20)');
  t.match((await runSource(exchange, id)).delivery.report!.refused, { rule: 'column-type', reason: /day was date/ });
  await mariadb.query('CREATE VIEW department.slow AS SELECT * FROM department.ledger WHERE sleep(3) = 0');
  await pulled('slow');
  t.match(await failing('housing/slow/v1'), { code: 'upstream-failed', message: /too long|broke off/ });
  for (const [i, name] of ["x`; DROP TABLE ledger; -- '", 'nothing', "o'clock"].entries()) {
    await pulled(`t${i}`, { table: name });
    t.match((await runSource(exchange, `housing/t${i}/v1`)).delivery.report!.refused, { rule: 'table' }, name);
  }
});

t.test('100,000 rows come in while memory stays', async (t) => {
  await table('many', 100_000);
  await pulled('many');
  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage().heapUsed);
  }, 50);
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  const { delivery } = await runSource(exchange, 'housing/many/v1');
  clearInterval(watch);
  t.match(delivery.report!.source, { reconciliation: { counted: 100_000, published: 100_000, ok: true } });
  t.ok(most - before < 200_000_000, `heap grew by ${Math.round((most - before) / 1e6)} MB`);
});
