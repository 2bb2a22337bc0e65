import t from 'tap';
import { migrate } from '../../src/platform/postgres/migrate.js';
import { startLoad } from '../failure/load.js';
import { deliverPeople, people, unmasked } from '../failure/residents.js';
import { until } from '../failure/until.js';
import { testNode } from '../support/node.js';
import { installed, member, startEtcd } from './patroni-cluster.js';

// Debian's Patroni and etcd beside PostgreSQL 15, as deploy/README.md has it: the leader's machine loses power.
const FAILOVER_MS = 60_000;
const skip =
  installed || process.env.PATRONI_EXPECTED ? false : 'NO PATRONI AND etcd HERE: A FAILOVER BY THEM IS NOT TESTED';

t.test('fault 19: Patroni fails over under load and no answer is lost', { skip, timeout: 300_000 }, async (t) => {
  const etcd = await startEtcd(t);
  const [first, second] = [await member(t, 'first', etcd), await member(t, 'second', etcd)];
  await first.start();
  await until('the first leads', async () => (await first.status('/leader')) === 200, FAILOVER_MS);
  await second.start();
  await until('the second is its synchronous standby', async () => (await second.status('/sync')) === 200, FAILOVER_MS);
  await first.query(`CREATE ROLE civic LOGIN PASSWORD 'civic' CREATEROLE`);
  await first.query('CREATE DATABASE exchange OWNER civic');
  const url = `postgres://civic:civic@127.0.0.1:${second.port},127.0.0.1:${first.port}/exchange?target_session_attrs=read-write`;
  await migrate(url);
  const node = await testNode(t, { databaseUrl: url });
  await deliverPeople(node, people(3));
  await node.register('reader');
  await node.grant({ application: 'reader', dataset: 'police/resident', masks: unmasked(node) });

  const load = await startLoad([node], { as: 'reader', workers: 4 });
  await load.more(40);
  first.kill();
  await until('the second leads', async () => (await second.status('/leader')) === 200, FAILOVER_MS);
  load.mark();
  await until('it answers there', () => load.seen.some(({ after, status }) => after && status === 200), FAILOVER_MS);
  await first.start();
  await until('the first is a replica', async () => (await first.status('/replica')) === 200, FAILOVER_MS);
  await load.stop();

  const answered = load.seen.filter(({ status }) => status === 200);
  const indexes = new Set(answered.map(({ index }) => index));
  t.equal(indexes.size, answered.length);
  const found = `SELECT count(*)::int AS found FROM audit.entry WHERE index IN (${[...indexes].join()})`;
  t.equal((await second.query(found, 'exchange')).rows[0].found, answered.length, 'each answer has its entry there');
  t.strictSame(
    load.seen.filter(({ status, data }) => status !== 200 && data),
    [],
    'no data leaves beside an answer',
  );
  await node.register('later');
  t.equal((await node.ask('GET', '/health/ready')).status, 200);
});
