import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { until } from '../failure/until.js';
import { freePort } from '../support/node.js';
import { bash, build, type Child, type Ended, exchange, postgresOf, run, temporary } from './exchange-child.js';

// From nothing to a running exchange and back, by the command line that people use.
build();
const directory = temporary(t);
const dataDir = join(directory, 'data');
const port = String(await freePort());
const start = () => exchange(['start', '--demo', '--people', '300', '--port', port, '--data-dir', dataDir]);
const baseUrl = `http://127.0.0.1:${port}`;

/** One line on stderr with the reason, and no stack. */
function oneLine({ stderr }: Ended): string {
  const lines = stderr.split('\n').filter((line) => line !== '' && !line.startsWith('oidc-provider WARNING'));
  return lines.length === 1 ? lines[0]! : `${lines.length} lines: ${stderr}`;
}

async function readsRelease(): Promise<number> {
  const { stdout } = await run(['token', 'grid-app', '--data-dir', dataDir]);
  const headers = { authorization: `Bearer ${stdout.trim()}` };
  const reply = await fetch(`${baseUrl}/data/police/resident/v1/rows?_limit=1`, { headers });
  const body = (await reply.json()) as { release: number; data: unknown[] };
  if (reply.status !== 200 || body.data.length !== 1) throw new Error(`${reply.status} ${JSON.stringify(body)}`);
  return body.release;
}

t.test('refused starts, each with one line and its exit code', async (t) => {
  const file = join(directory, 'a-file');
  writeFileSync(file, '');
  const flags = (more: string[]) => ['start', '--data-dir', join(directory, 'never'), ...more];
  const refused: [what: string, args: string[], code: number, env?: Record<string, string>][] = [
    ['a port that is none', flags(['--port', '99999']), 2],
    ['a flag that is none', flags(['--prot', '1']), 2],
    ['a misspelt setting', flags([]), 2, { EXCHANGE_PROT: '8080' }],
    ['a malformed setting', flags([]), 2, { EXCHANGE_LOG_LEVEL: 'loud' }],
    ['a malformed database URL', flags([]), 2, { DATABASE_URL: 'mysql://nobody' }],
    ['the demo on every address', flags(['--demo', '--host', '0.0.0.0']), 2],
    ["an address that is not this machine's", flags(['--host', '192.0.2.1', '--port', '0']), 2],
    ['a data directory under /proc', ['start', '--data-dir', '/proc/x/y'], 4],
    ['a data directory that is a file', ['start', '--data-dir', file], 4],
    ['a data directory under a file', ['start', '--data-dir', join(file, 'inside')], 4],
    ["PostgreSQL under nobody's account", flags(['--postgres-user', 'nobody']), 2],
    ['PostgreSQL under an account that is none', flags([]), 2, { EXCHANGE_POSTGRES_USER: 'no-such-account' }],
    ['a command that needs a server', ['token', 'grid-app', '--data-dir', join(directory, 'never')], 3],
  ];
  for (const [what, args, code, env] of refused) {
    const ended = await run(args, env === undefined ? {} : { env });
    t.equal(ended.code, code, `${what}: ${ended.code} ${ended.stderr}`);
    t.notMatch(ended.stderr, /\n {4}at /, `${what}: no stack`);
  }
  t.notOk(existsSync(join(directory, 'never')), 'nothing was made for them');
});

t.test('a port in use: 6, and no PostgreSQL stays', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  t.teardown(() => taken.close());
  const other = join(directory, 'other');
  const { port: number } = taken.address() as { port: number };
  const ended = await run(['start', '--port', String(number), '--data-dir', other]);
  t.equal(ended.code, 6, ended.stderr);
  t.match(oneLine(ended), /port is taken/);
  t.same(postgresOf(other), []);
  t.notOk(existsSync(join(other, 'run.json')));
});

let running: Child;

t.test('the first start, and three lines that work when pasted', async (t) => {
  running = start();
  await running.said(/Ctrl-C stops it/);
  const screen = running.stdout();
  for (const name of ['run.json', 'demo.json']) t.equal(statSync(join(dataDir, name)).mode & 0o777, 0o600, name);
  t.equal((await fetch(`${baseUrl}/health/ready`)).status, 200);
  const pasted = screen.split('\n').filter((line) => /^ {2}(TOKEN=|curl )/.test(line));
  t.equal(pasted.length, 4, 'a token and three curl lines');
  const [token, ...curls] = pasted;
  const expected = [
    /HTTP\/1\.1 200[\s\S]*exchange-receipt:[\s\S]*"data":\[\{"_id"/i,
    /"nodes":\[\{"name"/,
    /"leafHash"/,
  ];
  for (const [i, line] of curls.entries()) {
    const { stdout, stderr, code } = await bash(`${token}\n${line}`);
    t.equal(code, 0, stderr);
    t.match(stdout, expected[i]!, line);
  }
  t.notMatch(screen + running.stderr(), /eyJ|"d":/, 'no token and no key on the screen');
});

t.test('a second start on the same data directory: 5', async (t) => {
  const ended = await run(['start', '--port', String(await freePort()), '--data-dir', dataDir]);
  t.equal(ended.code, 5, ended.stderr);
  t.match(oneLine(ended), /in use by another server/);
  t.equal((await fetch(`${baseUrl}/health/ready`)).status, 200, 'the first is not disturbed');
});

t.test('Ctrl-C stops everything; the next start is quick and keeps the data', async (t) => {
  const release = await readsRelease();
  t.ok(postgresOf(dataDir).length > 0);
  running.process.kill('SIGINT');
  const { code, stdout } = await running.ended;
  t.equal(code, 0);
  t.match(stdout, /Stopped\.\n$/);
  t.same(postgresOf(dataDir), [], 'no PostgreSQL is left');
  for (const name of ['run.json', 'lock']) t.notOk(existsSync(join(dataDir, name)), `${name} is gone`);
  const begun = performance.now();
  running = start();
  await running.said(/Ctrl-C stops it/);
  t.comment(`second start: ${((performance.now() - begun) / 1_000).toFixed(1)} s`);
  t.equal(await readsRelease(), release, 'nothing was delivered again');
});

t.test('kill -9: PostgreSQL ends too, and the next start recovers', async (t) => {
  const release = await readsRelease();
  running.process.kill('SIGKILL');
  await running.ended;
  await until('PostgreSQL is gone', () => postgresOf(dataDir).length === 0);
  t.ok(existsSync(join(dataDir, 'lock')), 'the lock of the dead is still there');
  running = start();
  await running.said(/Ctrl-C stops it/);
  t.equal(await readsRelease(), release);
});

t.test('PostgreSQL and the server both killed at once: the next start recovers', async (t) => {
  const release = await readsRelease();
  const pids = postgresOf(dataDir);
  running.process.kill('SIGKILL');
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // it ended by itself
    }
  }
  await running.ended;
  running = start();
  await running.said(/Ctrl-C stops it/);
  t.equal(await readsRelease(), release);
  running.process.kill('SIGTERM');
  t.equal((await running.ended).code, 0, 'SIGTERM stops it as Ctrl-C does');
  t.same(postgresOf(dataDir), []);
});

t.test('stopped while it starts: nothing is left', async (t) => {
  const early = join(directory, 'early');
  const child = exchange(['start', '--port', '0', '--data-dir', early]);
  await child.said(/Starting PostgreSQL/);
  child.process.kill('SIGINT');
  t.equal((await child.ended).code, 130);
  await until('PostgreSQL is gone', () => postgresOf(early).length === 0);
  const next = await run(['migrate', '--data-dir', early]);
  t.equal(next.code, 0, `the next command takes over: ${next.stderr}`);
  t.same(postgresOf(early), []);
});

t.test('not as root', { skip: process.getuid?.() !== 0 && 'only root can become another user' }, async (t) => {
  const home = join(directory, 'home');
  mkdirSync(home);
  await bash(`chown 65534:65534 '${home}'`);
  const account = { uid: 65_534, gid: 65_534 };
  const child = exchange(['start', '--port', String(await freePort()), '--data-dir', join(home, 'data')], {
    account,
    env: { HOME: home },
  });
  await child.said(/Ctrl-C stops it/);
  child.process.kill('SIGINT');
  t.equal((await child.ended).code, 0);
  t.same(postgresOf(join(home, 'data')), []);
  const locked = join(directory, 'locked');
  mkdirSync(locked, { mode: 0o755 });
  const refused = await run(['start', '--data-dir', join(locked, 'data')], { account, env: { HOME: home } });
  t.equal(refused.code, 4, refused.stderr);
  t.match(oneLine(refused), /cannot be written/);
});

t.test('files are readable by us only, and have no secret in the wrong place', async (t) => {
  for (const name of ['keys/postgres-password']) t.equal(statSync(join(dataDir, name)).mode & 0o077, 0, name);
  const password = readFileSync(join(dataDir, 'keys/postgres-password'), 'utf8').trim();
  const printed = await run(['config', 'print'], {
    env: { DATABASE_URL: `postgres://someone:${password}@db.example.cn/exchange?password=${password}` },
  });
  t.equal(printed.code, 0, printed.stderr);
  t.notMatch(printed.stdout, password);
});
