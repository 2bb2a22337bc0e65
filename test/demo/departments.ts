import { connect } from 'node:net';
import pg from 'pg';
import type { Test } from 'tap';
import { approveSystems } from '../../src/demo/systems/approve-systems.js';
import type { DepartmentSystem } from '../../src/demo/systems/department-system.js';
import { closeSystems, openDepartmentSystems } from '../../src/demo/systems/department-systems.js';
import { runSource } from '../../src/exchange/sources/run-source.js';
import { listRuns } from '../../src/exchange/sources/source-runs.js';
import { systemClock } from '../../src/platform/clock.js';
import type { TestNode } from '../support/node.js';

const PULLED = ['grid-center/organization', 'housing/device'];

/** The departments' systems beside the node's own database; all of it is removed with the test. */
export async function openDepartments(t: Test, { databaseUrl }: TestNode): Promise<readonly DepartmentSystem[]> {
  const said: string[] = [];
  const systems = await openDepartmentSystems({ people: 600, seed: 1, databaseUrl }, systemClock, (line) =>
    said.push(line),
  );
  t.same(said, []);
  t.teardown(async () => {
    await closeSystems(systems);
    await onServer(databaseUrl, [
      `DROP DATABASE IF EXISTS $_housing_system WITH (FORCE)`,
      `DROP ROLE IF EXISTS $_housing_system_reader`,
    ]);
  });
  return systems;
}

/** `$` is the node's own database. */
async function onServer(databaseUrl: string, statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  for (const statement of statements) await client.query(statement.replaceAll('$', client.database!));
  await client.end();
}

/** Both come from runs of their sources, reconciled, and again after the systems get another port and another secret. */
export async function checkPulled(
  t: Test,
  { node, systems }: { node: TestNode; systems: readonly DepartmentSystem[] },
): Promise<void> {
  for (const name of PULLED) {
    const [run] = await listRuns(node.exchange, `${name}/v1`);
    t.match(run, { state: 'published', report: { counts: { rejected: 0 }, reconciliation: { ok: true } } }, name);
  }
  const [devices] = await listRuns(node.exchange, 'housing/device/v1');
  t.same(devices!.report!.unmapped, ['id', 'gxsj'], 'what no field takes stays where it is');
  const housing = systems.find(({ name }) => name === 'property-db')!;
  await checkRelay(t, housing, node.databaseUrl);
  const again = await openDepartments(t, node);
  t.not(again.find(({ name }) => name === 'property-db')!.draft.port, housing.draft.port);
  await t.rejects(
    runSource(node.exchange, 'housing/device/v1'),
    { code: 'upstream-refused' },
    'the old secret has gone',
  );
  await approveSystems(node.exchange, again);
  for (const name of PULLED) {
    t.match((await runSource(node.exchange, `${name}/v1`)).delivery, {
      counts: { inserted: 0, updated: 0, deleted: 0 },
    });
  }
  const statement = (database: string) => database.replace(/\/([a-z0-9_]+)\?/, '/$1_housing_system?');
  await onServer(statement(node.databaseUrl), [
    `UPDATE t_gzsb SET sbzt = '停用' WHERE id = 1`,
    `DELETE FROM t_gzsb WHERE id = 2`,
  ]);
  t.match((await runSource(node.exchange, 'housing/device/v1')).delivery, { counts: { updated: 1, deleted: 1 } });
}

/** Threat: a port on loopback that leads to the embedded server of the exchange. */
async function checkRelay(t: Test, { draft, secret }: DepartmentSystem, databaseUrl: string): Promise<void> {
  if (secret.kind !== 'password') throw new Error('a database has a password');
  const ours = new URL(databaseUrl);
  const at = { host: draft.host, port: draft.port, ssl: false };
  const meant = { user: secret.user, password: secret.password, database: draft.database! };
  const tries: [string, pg.ClientConfig][] = [
    ['as our own user', { ...meant, user: ours.username, password: decodeURIComponent(ours.password) }],
    ["to the exchange's database", { ...meant, database: ours.pathname.slice(1) }],
    ['for replication', { ...meant, replication: 'database' } as pg.ClientConfig],
    ['with TLS first', { ...meant, ssl: true }],
    ['with a wrong password', { ...meant, password: 'wrong' }],
  ];
  for (const [what, more] of tries) {
    const client = new pg.Client({ ...at, ...more });
    client.on('error', () => {});
    await t.rejects(client.connect(), what);
    await client.end().catch(() => {});
  }
  const reader = new pg.Client({ ...at, ...meant });
  await reader.connect();
  t.equal((await reader.query('SELECT count(*) > 50 AS many FROM t_gzsb')).rows[0].many, true);
  await t.rejects(reader.query(`DELETE FROM t_gzsb`), { code: '42501' });
  await t.rejects(reader.query(`CREATE TABLE mine ()`), { code: '42501' });
  await reader.end();
  for (const bytes of [
    Buffer.alloc(4_096, 255),
    Buffer.from([0, 0, 0, 4, 0, 3, 0, 0]),
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
  ]) {
    await new Promise<void>((resolve) =>
      connect(draft.port, draft.host)
        .on('error', () => {})
        .once('close', () => resolve())
        .end(bytes),
    );
  }
}
