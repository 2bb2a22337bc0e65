import { applyRetention } from '../../src/exchange/retention/apply-retention.js';
import { planRetention } from '../../src/exchange/retention/retention-job.js';
import { systemClock } from '../../src/platform/clock.js';
import { openThings, type Thing } from '../ingest/things.js';
import t from '../support/tap.js';

const { node, thing } = await openThings(t);
const { exchange } = node;
const { owner } = exchange.database;

const row = (code: string, name: string) => `${JSON.stringify({ 编号: code, part: 'a', 名称: name })}\n`;
const count = async (text: string, values: unknown[] = []) =>
  Number((await owner.query(`SELECT count(*) FROM ${text}`, values)).rows[0].count);
const lineOf = ({ contract }: Thing) => `(SELECT id FROM exchange.line WHERE name = '${contract.name}')`;

/** Makes a delivery and its report so many days old. */
async function age(of: Thing, release: number | null, days: number): Promise<void> {
  const where = `line_id = ${lineOf(of)} AND release IS NOT DISTINCT FROM $1::bigint`;
  const then = 'now() - make_interval(days => $2)';
  await owner.query(`UPDATE exchange.delivery SET ended_at = ${then} WHERE ${where}`, [release, days]);
  await owner.query('ALTER TABLE exchange.quality DISABLE TRIGGER append_only');
  await owner.query(`UPDATE exchange.quality SET made_at = ${then} WHERE ${where}`, [release, days]);
  await owner.query('ALTER TABLE exchange.quality ENABLE TRIGGER append_only');
}

async function entries(): Promise<{ removed: Record<string, number>; olderThanDays: Record<string, number> }[]> {
  const { rows } = await owner.query(
    `SELECT convert_from(bytes, 'UTF8')::json -> 'detail' AS detail FROM audit.entry WHERE event = 'retention.applied' ORDER BY index`,
  );
  return rows.map(({ detail }) => detail);
}

const busy = await thing('busy', { 'reject-at-most': '100%', 'delete-at-most': '100%' });
const quiet = await thing('quiet', { 'reject-at-most': '100%' });
for (const name of ['一', '二', '三', '四']) {
  const sent = await busy.send(row('A', name) + row('B', '不变') + row('C', '这个名称太长了'));
  if (sent.body.rejected !== 1) throw new Error(sent.text);
}
const strict = await thing('strict');
await strict.send(row('C', '这个名称太长了')); // rejected whole
for (const name of ['一', '二']) await quiet.send(row('A', name));
const days: [of: Thing, release: number | null, days: number][] = [
  [busy, 1, 2_000],
  [busy, 2, 1_200],
  [busy, 3, 400],
  [busy, 4, 60],
  [strict, null, 2_000],
  [quiet, 1, 2_000],
  [quiet, 2, 1_900],
];
for (const each of days) await age(...each);
await owner.query(
  `INSERT INTO exchange.package (id, sender, contract, number, manifest, carrier, state, delivery)
   SELECT gen_random_uuid(), 'main', contract, 1, '\\x00', 'main', 'delivered', id FROM exchange.delivery WHERE line_id = ${lineOf(busy)} AND release = 1`,
);
await owner.query(`INSERT INTO exchange.node (id, seen_at) VALUES ('long gone', now() - interval '2 days')`);
const policyRecords = await count('exchange.policy_record');
const live = [await busy.stored(), await quiet.stored()];

t.test('fault 14: nothing is old where it is kept for ever, or where the clocks differ', async (t) => {
  const keep = { historyDays: null, rejectsDays: null, deliveriesDays: null };
  t.strictSame(await applyRetention({ ...exchange, config: { ...exchange.config, keep } }), {});
  const ahead = { ...systemClock, now: () => systemClock.now() + 3_600_000 };
  await t.rejects(applyRetention({ ...exchange, clock: ahead }), { code: 'unavailable' });
  t.strictSame(await entries(), []);
});

t.test('fault 14: what is older than the settings goes, with an entry', async (t) => {
  const removed = await applyRetention(exchange);
  t.strictSame(removed, { history: 3, rejects: 4, deliveries: 4 });
  const [entry, ...more] = await entries();
  t.strictSame(more, []);
  t.strictSame(entry, { removed, olderThanDays: { deliveries: 1_095, history: 365, rejects: 90 } });
  t.strictSame(await applyRetention(exchange), {}, 'a second run finds nothing');
  t.equal((await entries()).length, 1, 'and writes nothing');
});

t.test('fault 14: what must be kept', async (t) => {
  const inBusy = `line_id = ${lineOf(busy)}`;
  const kept: [what: string, found: unknown, expected: unknown][] = [
    ['live rows', [await busy.stored(), await quiet.stored()], live],
    ['policy records', await count('exchange.policy_record'), policyRecords],
    ['history within its days', (await busy.stored('history')).map(({ _until }) => String(_until)), ['4']],
    ['deliveries within their days', await count(`exchange.delivery WHERE ${inBusy}`), 2],
    ['their reports', await count(`exchange.quality WHERE ${inBusy}`), 2],
    ['rejects within their days', await count('exchange.delivery_reject'), 1],
    ['the newest release, however old', await count(`exchange.delivery WHERE line_id = ${lineOf(quiet)}`), 1],
    ['its report', await count(`exchange.quality WHERE line_id = ${lineOf(quiet)}`), 1],
    ['the number of a package', await count('exchange.package WHERE number = 1 AND delivery IS NULL'), 1],
    ['living nodes', await count('exchange.node WHERE id = $1', [exchange.node]), 1],
    ['no dead node', await count(`exchange.node WHERE id = 'long gone'`), 0],
  ];
  for (const [what, found, expected] of kept) t.strictSame(found, expected, what);
  const shown = await quiet.get(`/data/${quiet.contract.id}/quality`);
  t.equal(shown.status, 200, shown.text);
  t.equal(shown.body.data.release, 2);
  const again = await quiet.send(row('A', '二'), { again: false });
  t.match(again.body, { release: 2, report: { unchanged: {} } }, 'the same file is still recognised');
});

t.test('fault 14: PostgreSQL refuses to remove a report that is needed', async (t) => {
  for (const of of [busy, quiet]) {
    const remove = owner.query(`DELETE FROM exchange.quality WHERE line_id = ${lineOf(of)}`);
    await t.rejects(remove, { code: '42501' });
  }
  await t.rejects(owner.query('TRUNCATE exchange.quality'), { code: '42501' });
});

t.test('fault 14: many rows go in bounded transactions, each with its entry', async (t) => {
  const before = (await entries()).length;
  const table = `data.${busy.contract.table}_history`;
  await owner.query(
    `INSERT INTO ${table} SELECT (jsonb_populate_record(h, '{"_until": 2}')).* FROM ${table} h, generate_series(1, 12000)`,
  );
  t.strictSame(await applyRetention(exchange), { history: 12_000 });
  t.strictSame(
    (await entries()).slice(before).map(({ removed }) => removed.history),
    [10_000, 2_000],
  );
});

t.test('fault 14: the job exists once, and the metrics have sizes without the names of datasets', async (t) => {
  await planRetention(exchange);
  t.equal(await count(`graphile_worker.jobs WHERE key = 'retention'`), 1);
  const { text } = await node.ask('GET', '/metrics');
  for (const table of ['audit.entry', 'data.live', 'data.history', 'exchange.delivery_reject']) {
    t.match(text, new RegExp(`exchange_table_bytes\\{table="${table}"\\} [1-9]`), table);
  }
  t.notMatch(text, /busy|quiet/);
});
