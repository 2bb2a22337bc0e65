import t from 'tap';
import { migrate } from '../../src/platform/postgres/migrate.js';
import { deliverPeople, people, unmasked } from '../failure/residents.js';
import { until } from '../failure/until.js';
import { testNode } from '../support/node.js';
import { findPostgres, postgresServer, standbyOf } from '../support/postgres-server.js';

// A failover without a proxy: DATABASE_URL names both servers.
t.test('fault 19: a node follows the primary among several hosts', async (t) => {
  const bin = findPostgres(18)!;
  const first = await postgresServer(t, bin);
  await first.query(`CREATE ROLE civic LOGIN PASSWORD 'civic' CREATEROLE`);
  await first.query('CREATE DATABASE exchange OWNER civic');
  const second = await standbyOf(t, bin, first);
  const url = `postgres://civic:civic@127.0.0.1:${second.port},127.0.0.1:${first.port}/exchange?target_session_attrs=read-write`;
  await migrate(url);
  const node = await testNode(t, { databaseUrl: url });
  await deliverPeople(node, people(3));
  await node.register('reader');
  await node.grant({ application: 'reader', dataset: 'police/resident', masks: unmasked(node) });
  const rows = async () => {
    const { status, body } = await node.ask('GET', '/data/police/resident/v1/rows', { as: 'reader' });
    return status === 200 ? body.data.length : status;
  };
  t.equal(await rows(), 3);
  const lsn = 'SELECT pg_current_wal_lsn()::text AS lsn';
  const written = (await first.query(lsn)).rows[0].lsn;
  await until('the standby has it all', async () => {
    const {
      rows: [at],
    } = await second.query(`SELECT pg_last_wal_replay_lsn() >= '${written}' AS done`);
    return at.done;
  });
  await first.stop();
  const gone = await rows();
  t.equal(gone, 503, 'nothing leaves without a primary');
  await second.query('SELECT pg_promote()');
  await until('the node goes on', async () => (await rows()) === 3);
  await until('and is ready', async () => (await node.ask('GET', '/health/ready')).status === 200);
  await node.register('later');
  t.pass('it writes there');
});

t.test('fault 19: two standbys are refused by name', async (t) => {
  const bin = findPostgres(18)!;
  const first = await postgresServer(t, bin);
  const second = await standbyOf(t, bin, first);
  await first.stop();
  const url = `postgres://root:root@127.0.0.1:${first.port},127.0.0.1:${second.port}/postgres`;
  await t.rejects(migrate(url), { code: 'unavailable', message: /does not answer \(ECONNREFUSED\).*is a standby/ });
  const standby = `postgres://root:root@127.0.0.1:${second.port}/postgres`;
  await t.rejects(migrate(standby), { message: /is a standby.*primary/ }, 'fault 13: one standby');
});
