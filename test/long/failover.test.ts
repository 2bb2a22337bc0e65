import t, { type Test } from 'tap';
import { migrate } from '../../src/platform/postgres/migrate.js';
import { startLoad } from '../failure/load.js';
import { deliverPeople, people, unmasked } from '../failure/residents.js';
import { until } from '../failure/until.js';
import { type TestNode, testNode } from '../support/node.js';
import { findPostgres, type PostgresServer, postgresServer, STANDBY, standbyOf } from '../support/postgres-server.js';

// Failovers without a proxy: DATABASE_URL names both servers.
const bin = findPostgres(18)!;

interface Pair {
  first: PostgresServer;
  second: PostgresServer;
  node: TestNode;
}

async function pair(t: Test): Promise<Pair> {
  const first = await postgresServer(t, bin);
  await first.query(`CREATE ROLE civic LOGIN PASSWORD 'civic' CREATEROLE`);
  await first.query('CREATE DATABASE exchange OWNER civic');
  const second = await standbyOf(t, bin, first);
  const hosts = `127.0.0.1:${second.port},127.0.0.1:${first.port}`;
  const url = `postgres://civic:civic@${hosts}/exchange?target_session_attrs=read-write`;
  await migrate(url);
  const node = await testNode(t, { databaseUrl: url });
  await deliverPeople(node, people(3));
  await node.register('reader');
  await node.grant({ application: 'reader', dataset: 'police/resident', masks: unmasked(node) });
  return { first, second, node };
}

const rowsOf = (node: TestNode) => node.ask('GET', '/data/police/resident/v1/rows', { as: 'reader' });
const ready = (node: TestNode) => node.ask('GET', '/health/ready');

async function entriesIn(server: PostgresServer): Promise<number> {
  const { rows } = await server.query('SELECT coalesce(max(next), 0)::int AS next FROM audit.batch', 'exchange');
  return rows[0].next;
}

t.test('fault 19: a failover to a synchronous replica loses no answer', async (t) => {
  const { first, second, node } = await pair(t);
  await first.query(`ALTER SYSTEM SET synchronous_standby_names = '${STANDBY}'`);
  await first.query('SELECT pg_reload_conf()');
  const synchronous = `SELECT count(*)::int AS standbys FROM pg_stat_replication WHERE sync_state = 'sync'`;
  await until('the standby is synchronous', async () => (await first.query(synchronous)).rows[0].standbys === 1);
  const load = await startLoad([node], { as: 'reader', workers: 4 });
  await load.more(40);
  await first.kill();
  const { length } = load.seen;
  await until('nothing leaves without a primary', () => load.seen.slice(length).some(({ status }) => status === 503));
  await second.query('SELECT pg_promote()');
  load.mark();
  await until('it answers there', () => load.seen.some(({ after, status }) => after && status === 200));
  await load.stop();
  await until('and is ready', async () => (await ready(node)).status === 200);
  const answered = load.seen.filter(({ status }) => status === 200);
  const indexes = new Set(answered.map(({ index }) => index));
  const sql = `SELECT count(*)::int AS found FROM audit.entry WHERE index IN (${[...indexes].join()})`;
  t.equal((await second.query(sql, 'exchange')).rows[0].found, answered.length, 'each answer has its entry there');
  t.strictSame(
    load.seen.filter(({ status, data }) => status !== 200 && data),
    [],
  );
  await node.register('later');
  t.pass('it writes there');
});

t.test('fault 1: a failover to an asynchronous replica that lacks entries stops the node', async (t) => {
  const { first, second, node } = await pair(t);
  t.equal((await rowsOf(node)).body.data.length, 3);
  const known = await entriesIn(first);
  await until('the standby has it all', async () => (await entriesIn(second)) === known);
  await second.query(`ALTER SYSTEM SET primary_conninfo = ''`);
  await second.query('SELECT pg_reload_conf()');
  const receiving = 'SELECT count(*)::int AS receivers FROM pg_stat_wal_receiver';
  await until('the standby receives no more', async () => (await second.query(receiving)).rows[0].receivers === 0);
  for (let more = 0; more < 3; more++) t.equal((await rowsOf(node)).status, 200);
  const held = await entriesIn(second);
  await first.kill();
  await second.query('SELECT pg_promote()');
  await until('it notices', async () => /was set back/.test((await ready(node)).text));
  const { status, body } = await rowsOf(node);
  t.equal(status, 503);
  t.match(body, { code: 'audit-unavailable', detail: /was set back.*Bring back the database that has them/ });
  t.equal(await entriesIn(second), held, 'nothing is written after the gap');
});

t.test('fault 19: two standbys are refused by name', async (t) => {
  const first = await postgresServer(t, bin);
  const second = await standbyOf(t, bin, first);
  await first.stop();
  const url = `postgres://root:root@127.0.0.1:${first.port},127.0.0.1:${second.port}/postgres`;
  await t.rejects(migrate(url), { code: 'unavailable', message: /does not answer \(ECONNREFUSED\).*is a standby/ });
  const standby = `postgres://root:root@127.0.0.1:${second.port}/postgres`;
  await t.rejects(migrate(standby), { message: /is a standby.*primary/ }, 'fault 13: one standby');
});
