import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import t from 'tap';
import { isAlive, lockDataDirectory } from '../../src/platform/data-directory.js';
import { startPostgres } from '../../src/platform/postgres/embedded/start-postgres.js';
import { openSystemState, removeDeparted, SYSTEM_STATE } from '../../src/platform/postgres/embedded/system-state.js';
import { waitFor } from '../../src/platform/postgres/embedded/wait-for.js';

const dataDir = mkdtempSync(join(tmpdir(), 'civic-exchange-embedded-'));
chmodSync(dataDir, 0o711);
t.teardown(() => rmSync(dataDir, { recursive: true, force: true }));
const script = fileURLToPath(new URL(`../support/embedded${extname(import.meta.url)}`, import.meta.url));

async function startChild(): Promise<{ child: ChildProcess; postmaster: number }> {
  const stdio = ['ignore', 'pipe', 'inherit'] as const;
  const child = spawn(process.execPath, [...process.execArgv, script, dataDir], { stdio: [...stdio] });
  const [line] = await once(child.stdout!, 'data');
  return { child, postmaster: Number(String(line)) };
}

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return (await client.query(text).finally(() => client.end())).rows;
}

t.test('first start, settings, and a second start that keeps the data', async (t) => {
  const first = await startPostgres({ dataDir });
  await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
  const names = ['fsync', 'full_page_writes', 'synchronous_commit', 'listen_addresses', 'TimeZone', 'server_encoding'];
  const [settings] = await query(
    first.url,
    `SELECT ${names.map((n) => `current_setting('${n}') AS "${n}"`).join(', ')}`,
  );
  const expected = { fsync: 'on', full_page_writes: 'on', synchronous_commit: 'on', listen_addresses: '' };
  t.same(settings, { ...expected, TimeZone: 'UTC', server_encoding: 'UTF8' });
  for (const file of readdirSync(join(dataDir, 'keys')))
    t.equal(statSync(join(dataDir, 'keys', file)).mode & 0o777, 0o600);
  await t.rejects(query(first.url.replace(/:[^:@]+@/, ':wrong@'), 'SELECT 1'), { code: '28P01' });
  await first.stop();
  t.notOk(isAlive(first.pid), 'nothing is left after a stop');

  const second = await startPostgres({ dataDir });
  t.same(await query(second.url, 'SELECT answer FROM kept'), [{ answer: 42 }]);
  await second.stop();
});

t.test('kill -9 of the process leaves no PostgreSQL, and the next start recovers', async (t) => {
  const { child, postmaster } = await startChild();
  t.ok(isAlive(postmaster));
  t.throws(
    () => lockDataDirectory(dataDir),
    { name: 'DataDirectoryError', message: /in use/ },
    'two starts on one data directory',
  );
  child.kill('SIGKILL');
  t.ok(await waitFor(() => !isAlive(postmaster), 20_000), 'it went by itself');

  const again = await startChild();
  t.ok(isAlive(again.postmaster), 'the lock of a dead process is taken over');
  again.child.kill('SIGTERM');
  await once(again.child, 'exit');
  t.notOk(isAlive(again.postmaster));
});

t.test('a stale pid file and an orphan are cleaned up', async (t) => {
  const { child, postmaster } = await startChild();
  child.kill('SIGKILL'); // its PostgreSQL may still run when the next one starts
  const next = await startPostgres({ dataDir });
  t.notOk(isAlive(postmaster), 'the orphan is gone');
  process.kill(next.pid, 'SIGKILL');
  await next.stop();
  const cluster = join(dataDir, 'postgres/cluster');
  t.ok(existsSync(join(cluster, 'postmaster.pid')), 'a crash leaves its pid file');
  const last = await startPostgres({ dataDir });
  t.same(await query(last.url, 'SELECT answer FROM kept'), [{ answer: 42 }]);
  await last.stop();
});

t.test('threat: after a crash another process has the number in the lock of the socket', async (t) => {
  const crashed = await startPostgres({ dataDir });
  const socketDir = new URL(crashed.url).searchParams.get('host') ?? '';
  const { uid } = statSync(socketDir);
  process.kill(crashed.pid, 'SIGKILL');
  await crashed.stop();
  const other = spawn('sleep', ['60'], process.getuid?.() === 0 ? { uid, cwd: '/' } : { cwd: '/' });
  t.teardown(() => other.kill());
  const lock = join(socketDir, '.s.PGSQL.5432.lock');
  writeFileSync(lock, readFileSync(lock, 'utf8').replace(/^\d+/, String(other.pid)));
  const next = await startPostgres({ dataDir });
  t.same(await query(next.url, 'SELECT answer FROM kept'), [{ answer: 42 }]);
  await next.stop();
});

const asRoot = { skip: process.getuid?.() !== 0 && 'only root runs PostgreSQL as another user' };
const NOBODY = 65_534;

function ownersOf(directory: string): number[] {
  const paths = readdirSync(directory, { recursive: true, encoding: 'utf8' }).map((name) => join(directory, name));
  return [...new Set([directory, ...paths].map((path) => lstatSync(path).uid))];
}

t.test('attack 3: a cluster that belongs to nobody is taken over without loss', asRoot, async (t) => {
  const home = join(dataDir, 'postgres');
  const { uid, gid } = statSync(home);
  t.not(uid, NOBODY);
  spawnSync('chown', ['-R', `${NOBODY}:${NOBODY}`, home]);
  const rules = join(home, 'cluster/pg_hba.conf');
  appendFileSync(rules, 'local all all trust\n');
  const foreign = join(dataDir, 'foreign');
  writeFileSync(foreign, '');
  symlinkSync(foreign, join(home, 'cluster/a-link'));
  linkSync(foreign, join(home, 'cluster/another-name'));
  const postgres = await startPostgres({ dataDir });
  t.same(await query(postgres.url, 'SELECT answer FROM kept'), [{ answer: 42 }]);
  t.equal(statSync(foreign).uid, 0, 'what is linked into it stays with its owner');
  t.equal(readFileSync(rules, 'utf8'), 'local all all scram-sha-256\n', 'the rules of entry are ours again');
  await postgres.stop();
  for (const name of ['a-link', 'another-name']) rmSync(join(home, 'cluster', name));
  rmSync(join(home, 'postgres.log'));
  t.same(ownersOf(home), [uid]);
  t.equal(statSync(join(home, 'cluster')).gid, gid);
});

t.test('attack 3: what root keeps elsewhere for a data directory goes with it', asRoot, async (t) => {
  const closed = mkdtempSync(join(tmpdir(), 'civic-exchange-closed-')); // only root can enter
  t.teardown(() => rmSync(closed, { recursive: true, force: true }));
  const kept = () => readdirSync(SYSTEM_STATE).filter((name) => !name.startsWith('native-'));
  openSystemState();
  const before = kept();
  const mine = () => kept().filter((name) => !before.includes(name));
  const start = (name: string) => {
    mkdirSync(join(closed, name), { recursive: true });
    return startPostgres({ dataDir: join(closed, name) });
  };
  await (await start('first')).stop();
  const [first, record] = mine();
  t.equal(record, `${first}.json`);
  t.match(statSync(join(SYSTEM_STATE, first!)), { mode: 0o40700, uid: statSync(join(dataDir, 'postgres')).uid });
  t.match(statSync(SYSTEM_STATE), { mode: 0o40711, uid: 0 });

  const second = await start('second');
  t.ok(mine().includes(first!), 'the data directory is there');
  rmSync(join(closed, 'second'), { recursive: true });
  const third = await start('third');
  t.same(await query(second.url, 'SELECT 1 AS one'), [{ one: 1 }], 'a running one is left alone');
  await second.stop();
  renameSync(join(closed, 'first'), join(closed, 'elsewhere'));
  rmSync(join(closed, 'third/keys/postgres-password'));
  await third.stop();
  await t.rejects(start('third'), /postgres-password is missing, but its database exists/, 'a lost password');
  t.equal(mine().length, 2, `only that of the third is left: ${mine()}`);
  rmSync(join(closed, 'third'), { recursive: true });
  await (await start('third')).stop();
  t.equal(mine().length, 2, 'a new data directory of the same name has a new cluster');
  rmSync(closed, { recursive: true });
  removeDeparted();
  t.same(mine(), []);
});

t.test('a cluster with another password is refused in clear words', async (t) => {
  writeFileSync(join(dataDir, 'keys/postgres-password'), 'other', { mode: 0o600 });
  await t.rejects(startPostgres({ dataDir }), /keys\/postgres-password belongs to another cluster/);
});
