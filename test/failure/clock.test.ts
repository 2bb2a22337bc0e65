import pg from 'pg';
import { systemClock } from '../../src/platform/clock.js';
import { testNode } from '../support/node.js';
import t from '../support/tap.js';
import { until } from './until.js';

let by = 0;
const clock = { ...systemClock, now: () => Date.now() + by };
const node = await testNode(t, { catalog: false, clock });
await node.register('auditor', { roles: ['auditor'] });
await node.token('auditor', 'platform');
const read = () => node.ask('GET', '/api/v1/audit/entries/0', { as: 'auditor' });
const reasons = async (): Promise<string[]> =>
  ((await node.ask('GET', '/health/ready')).body.reasons ?? []).map(({ name }: { name: string }) => name);
const newest = async (): Promise<number> => {
  const { rows } = await node.exchange.database.app.query('SELECT max(last_time) AS time FROM audit.batch');
  return Number(rows[0].time);
};

for (const jump of [315_576_000_000, -3_600_000]) {
  t.test(`fault 9: a clock that jumps by ${jump} ms stamps no entry, and the node recovers by itself`, async (t) => {
    t.equal((await read()).status, 200);
    by = jump;
    const refused = await read();
    t.equal(refused.status, 503);
    t.equal(refused.body.code, 'audit-unavailable');
    t.match(refused.body.detail, /clock/);
    t.same(await reasons(), ['clock']);
    by = 0;
    await until('it is ready again', async () => (await reasons()).length === 0);
    t.equal((await read()).status, 200);
    t.ok(Math.abs((await newest()) - Date.now()) < 60_000, 'no entry has the time of the jump');
  });
}

t.test('fault 16: commits hang: not ready within seconds, though reads could go on', async (t) => {
  const locker = new pg.Client({ connectionString: node.databaseUrl });
  await locker.connect();
  await locker.query('BEGIN');
  await locker.query('LOCK TABLE exchange.node IN ACCESS EXCLUSIVE MODE');
  const began = performance.now();
  await until('readiness falls', async () => (await reasons()).includes('commit'), 10_000);
  t.ok(performance.now() - began < 8_000);
  await locker.query('ROLLBACK');
  await locker.end();
  await until('it is ready again', async () => (await reasons()).length === 0);
});
