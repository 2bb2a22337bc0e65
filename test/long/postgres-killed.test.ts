import { spawnSync } from 'node:child_process';
import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { processes } from '../../src/platform/postgres/embedded/processes.js';
import { supervisePostgres } from '../../src/platform/postgres/embedded/supervise-postgres.js';
import { migrate } from '../../src/platform/postgres/migrate.js';
import { startLoad } from '../failure/load.js';
import { deliverPeople, people, unmasked } from '../failure/residents.js';
import { until } from '../failure/until.js';
import { freePort, testNode } from '../support/node.js';
import { build, exchange, postgresOf, temporary } from './exchange-child.js';

// The embedded PostgreSQL dies or freezes, its server lives.
const onLinux = { skip: !existsSync('/proc/self') && 'finds the processes of PostgreSQL in /proc' };

t.test('fault 6: PostgreSQL comes back by itself, and every answer is in the log', onLinux, async (t) => {
  const dataDir = temporary(t);
  const said: string[] = [];
  const postgres = await supervisePostgres({ dataDir }, (line) => said.push(line));
  t.teardown(() => postgres.close());
  await migrate(postgres.url);
  const node = await testNode(t, { databaseUrl: postgres.url });
  await deliverPeople(node, people(5));
  await node.register('reader');
  await node.grant({ application: 'reader', dataset: 'police/resident', masks: unmasked(node) });
  const children = () => processes().filter(({ directory }) => directory === join(dataDir, 'postgres/cluster'));
  const signal = (name: NodeJS.Signals, ...pids: number[]) => {
    for (const pid of pids) process.kill(pid, name);
  };
  const backend = () => children().find(({ commandLine }) => /exchange \[local\]/.test(commandLine))!.pid;
  const deaths: [how: string, kill: () => void, restarts: number][] = [
    ['its postmaster is killed', () => signal('SIGKILL', postgres.pid()), 1],
    ['a backend is killed', () => signal('SIGKILL', backend()), 0],
    ['all its processes are killed', () => signal('SIGKILL', ...children().map(({ pid }) => pid)), 1],
    [
      'a child is frozen and its postmaster killed',
      () => {
        signal('SIGSTOP', backend());
        signal('SIGKILL', postgres.pid());
      },
      1,
    ],
    ['its postmaster is frozen', () => signal('SIGSTOP', postgres.pid()), 1],
  ];
  for (const [how, kill, restarts] of deaths) {
    await t.test(how, async (t) => {
      said.length = 0;
      const before = postgres.pid();
      const load = await startLoad([node], { as: 'reader', workers: 4 });
      await load.more(20);
      const begun = performance.now();
      kill();
      await until('it ended', () => restarts === 0 || said.length > 0);
      await until('it is there again', () => restarts === 0 || postgres.pid() !== before);
      await until('the node is ready', async () => (await node.ask('GET', '/health/ready')).status === 200);
      load.mark();
      await until('answers come again', () => load.seen.some(({ after, status }) => after && status === 200));
      t.comment(`${how}: ${((performance.now() - begun) / 1_000).toFixed(1)} s`);
      await load.stop();
      t.equal(said.length, restarts, `restarts: ${said}`);
      t.equal((await node.ask('GET', '/health/live')).status, 200);
      const answered = load.seen.filter(({ status }) => status === 200);
      for (const { status, data, what } of load.seen) {
        if (status !== 200 && (status !== 503 || data)) t.fail(`${what}: ${status}`);
      }
      const indexes = answered.map(({ index }) => index);
      const { rows } = await node.exchange.database.app.query<{ entries: string }>(
        `SELECT count(*) AS entries FROM audit.entry WHERE index = ANY($1) AND event IN ('data.read', 'graphql.read')`,
        [indexes],
      );
      t.equal(Number(rows[0]?.entries), new Set(indexes).size, 'each receipt names an entry');
      t.equal(new Set(indexes).size, answered.length, 'and each answer its own');
    });
  }
});

t.test('fault 6: a node whose PostgreSQL does not start again ends with one line', onLinux, async (t) => {
  build();
  const dataDir = join(temporary(t), 'data');
  const node = exchange(['start', '--port', String(await freePort()), '--data-dir', dataDir]);
  await node.said(/Ctrl-C stops it/);
  const control = join(dataDir, 'postgres/cluster/global/pg_control');
  renameSync(control, `${control}.gone`);
  spawnSync('kill', ['-KILL', ...postgresOf(dataDir).map(String)]);
  const { code, stderr } = await node.ended;
  t.equal(code, 1, stderr);
  t.match(stderr, /exchange: PostgreSQL has ended and does not start again\. .*pg_control/);
  t.notMatch(stderr, /\n {4}at /);
  t.same(postgresOf(dataDir), []);
  for (const name of ['lock', 'run.json']) t.notOk(existsSync(join(dataDir, name)), name);
});
