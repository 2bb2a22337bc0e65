import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import { postgresAccount } from '../../src/platform/postgres/embedded/postgres-account.js';
import { processes } from '../../src/platform/postgres/embedded/processes.js';
import { testDatabase } from '../support/database.js';
import { build, run, temporary } from './exchange-child.js';

build();

// What other accounts of the machine can do to the embedded PostgreSQL that root runs.
const asRoot = { skip: process.getuid?.() !== 0 && 'only root runs PostgreSQL as another user' };
const NOBODY = { uid: 65_534, gid: 65_534, cwd: '/' };

t.test('attack 3: an account that others share is refused', asRoot, async (t) => {
  const refused: [account: string, reason: RegExp][] = [
    ['root', /is that of root/],
    ['nobody', /is shared with other software/],
    ['daemon', /is shared with other software/],
    ['bin', /is shared with other software/],
    ['no-such-account', /no account of this machine/],
    ['', /no account of this machine/],
    ['-o', /no account of this machine/],
  ];
  for (const [account, message] of refused) {
    await t.rejects(postgresAccount(account), { setting: 'EXCHANGE_POSTGRES_USER', message }, account);
  }
  const dataDir = join(temporary(t), 'data');
  for (const command of ['start', 'migrate']) {
    const refusal = await run([command, '--data-dir', dataDir], { env: { EXCHANGE_POSTGRES_USER: 'nobody' } });
    t.match(refusal, { code: 2, stderr: /^.*EXCHANGE_POSTGRES_USER.*\n$/ }, command);
    t.notOk(existsSync(dataDir), `${command} made nothing`);
  }
});

t.test('attack 3: cluster, socket and processes are closed to nobody', asRoot, async (t) => {
  const { url } = await testDatabase(t);
  const socketDir = new URL(url).searchParams.get('host') ?? '';
  const home = dirname(socketDir);
  const cluster = join(home, 'cluster');
  const pid = readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n')[0] ?? '';
  const account = await postgresAccount(undefined);
  t.not(account.uid, NOBODY.uid);
  for (const path of [home, socketDir, cluster]) {
    const { uid, gid, mode } = statSync(path);
    t.same([uid, gid, mode & 0o777], [account.uid, account.gid, 0o700], path);
  }
  const running = processes().filter(({ directory }) => directory === cluster);
  t.ok(running.length > 3, 'the postmaster and its children');
  for (const { owner, commandLine } of running) t.equal(owner, account.uid, commandLine);
  const native = dirname(dirname(running[0]!.executable));
  const connect = `require('net').connect('${socketDir}/.s.PGSQL.5432', () => process.exit(0)).on('error', () => process.exit(1))`;
  const attempts: [what: string, command: string, args: string[]][] = [
    ['reads the rules of entry', 'cat', [join(cluster, 'pg_hba.conf')]],
    ['writes them', 'sh', ['-c', `echo 'local all all trust' >> '${cluster}/pg_hba.conf'`]],
    ['sees the cluster', 'ls', [cluster]],
    ['connects', process.execPath, ['-e', connect]],
    ['replaces the socket', 'rm', ['-f', join(socketDir, '.s.PGSQL.5432')]],
    ['signals the postmaster', 'sh', ['-c', `kill -0 ${pid}`]],
    ['looks into its memory', 'cat', [`/proc/${pid}/environ`]],
    ['writes the binaries', 'sh', ['-c', `: >> '${native}/bin/postgres'`]],
    ['adds a library', 'touch', [join(native, 'lib/postgresql/evil.so')]],
  ];
  const outcomes = (user: object) => attempts.map(([, command, args]) => spawnSync(command, args, user).status === 0);
  t.ok(spawnSync(process.execPath, ['-e', ''], NOBODY).status === 0, 'nobody can run the attempts');
  for (const [i, done] of outcomes(NOBODY).entries()) t.notOk(done, `nobody ${attempts[i]![0]}`);
  t.ok(existsSync(join(socketDir, '.s.PGSQL.5432')));
});
