import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig, printableConfig } from '../../src/platform/config.js';
import { lockDataDirectory, readRun, removeRun, writeRun } from '../../src/platform/data-directory.js';
import t from '../support/tap.js';

const directory = mkdtempSync(join(tmpdir(), 'civic-exchange-config-'));
t.teardown(() => rmSync(directory, { recursive: true, force: true }));
const urlFile = join(directory, 'url');
writeFileSync(urlFile, 'postgres://exchange:s3cret@db/exchange\n', { mode: 0o600 });

t.test('a bad setting is refused by its name, without its value', async (t) => {
  const bad: [name: string, env: Record<string, string>][] = [
    ['EXCHANGE_PORT', { EXCHANGE_PORT: 'http' }],
    ['EXCHANGE_PORT', { EXCHANGE_PORT: '65536' }],
    ['EXCHANGE_PORT', { EXCHANGE_PORT: '80.5' }],
    ['EXCHANGE_PROT', { EXCHANGE_PROT: '8080' }],
    ['EXCHANGE_DEMO', { EXCHANGE_DEMO: 'maybe' }],
    ['EXCHANGE_SENSITIVE_IN_URL', { EXCHANGE_SENSITIVE_IN_URL: 'yes' }],
    ['EXCHANGE_TRUSTED_PROXIES', { EXCHANGE_TRUSTED_PROXIES: 'proxy.example.cn' }],
    ['EXCHANGE_TRUSTED_PROXIES', { EXCHANGE_TRUSTED_PROXIES: '0.0.0.0/0' }],
    ['EXCHANGE_TRUSTED_PROXIES', { EXCHANGE_TRUSTED_PROXIES: '::/0' }],
    ['EXCHANGE_TRUSTED_PROXIES', { EXCHANGE_TRUSTED_PROXIES: '10.0.0.1/33' }],
    ['EXCHANGE_TRUSTED_PROXIES', { EXCHANGE_TRUSTED_PROXIES: '10.0.0.1,10' }],
    ['EXCHANGE_DRAIN_MS', { EXCHANGE_DRAIN_MS: '-1' }],
    ['EXCHANGE_LOG_LEVEL', { EXCHANGE_LOG_LEVEL: 'loud' }],
    ['EXCHANGE_RATE_PER_SECOND', { EXCHANGE_RATE_PER_SECOND: '0' }],
    ['EXCHANGE_PUBLIC_URL', { EXCHANGE_PUBLIC_URL: 'exchange.example.cn' }],
    ['EXCHANGE_PUBLIC_URL', { EXCHANGE_PUBLIC_URL: 'https://exchange.example.cn/' }],
    ['EXCHANGE_PUBLIC_URL', { EXCHANGE_PUBLIC_URL: 'https://exchange.example.cn/api' }],
    ['EXCHANGE_PUBLIC_URL', { EXCHANGE_PUBLIC_URL: 'ftp://exchange.example.cn' }],
    ['DATABASE_URL', { DATABASE_URL: 's3cret' }],
    ['DATABASE_URL', { DATABASE_URL: 'mysql://u:s3cret@db/x' }],
    ['DATABASE_URL_FILE', { DATABASE_URL: 'postgres://db/x', DATABASE_URL_FILE: urlFile }],
    ['DATABASE_URL_FILE', { DATABASE_URL_FILE: join(directory, 'absent') }],
    ['EXCHANGE_CURSOR_KEY_FILE', { EXCHANGE_CURSOR_KEY_FILE: join(directory, 'absent') }],
    ['EXCHANGE_HOST', { EXCHANGE_DEMO: 'true', EXCHANGE_HOST: '0.0.0.0' }],
    ['EXCHANGE_HOST', { EXCHANGE_DEMO: 'true', EXCHANGE_HOST: '::' }],
    ['EXCHANGE_HOST', { EXCHANGE_DEMO: 'true', EXCHANGE_HOST: '127.0.0.1.example.cn' }],
  ];
  for (const [setting, env] of bad) {
    t.throws(() => loadConfig({}, env), { name: 'SettingError', setting }, JSON.stringify(env));
    t.throws(() => loadConfig({}, env), { message: /^((?!s3cret).)*$/ });
  }
});

t.test('flags come before the environment, and secrets are hidden', async (t) => {
  const env = {
    EXCHANGE_PORT: '9000',
    DATABASE_URL_FILE: urlFile,
    EXCHANGE_ALLOWED_HOSTS: 'A.example.cn, b:81',
    EXCHANGE_ELSE: 'x',
  };
  t.match(loadConfig({}, env), {
    port: 9000,
    publicUrl: 'http://127.0.0.1:9000',
    allowedHosts: ['a.example.cn', 'b:81'],
  });
  t.equal(loadConfig({ port: 1234 }, env).publicUrl, 'http://127.0.0.1:1234');
  t.notMatch(JSON.stringify(printableConfig(loadConfig({}, env))), /s3cret/);
  t.match(loadConfig({}, {}), { trustedProxies: [], drainMs: 0 });
  const proxies = { EXCHANGE_TRUSTED_PROXIES: '10.1.2.3, fd00::/64' };
  t.match(loadConfig({}, proxies), { trustedProxies: ['10.1.2.3', 'fd00::/64'], drainMs: 5_000 });
  t.equal(loadConfig({}, { ...proxies, EXCHANGE_DRAIN_MS: '250' }).drainMs, 250);
  t.match(loadConfig({ demo: true, demoOpenToNetwork: true, host: '0.0.0.0' }, {}), {
    host: '0.0.0.0',
    introspection: true,
  });
});

t.test('attack 15: config print hides whatever of a database URL may be a secret', async (t) => {
  const shown: [url: string, printed: string][] = [
    ['postgres://u:s3cret@db.example.cn:5432/x', 'postgres://u:***@db.example.cn:5432/x'],
    ['postgresql://u:s3%40cret@db/x?sslmode=verify-full', 'postgresql://u:***@db/x?sslmode=verify-full'],
    ['postgres://db/x?user=u&password=s3cret', 'postgres://db/x?***&***'],
    ['postgres://u@db/x?sslkey=/k.pem&sslpassword=s3cret&port=1', 'postgres://u:***@db/x?***&***&port=1'],
    ['postgres://u:s3cret@db/x?PASSWORD=s3cret', 'postgres://u:***@db/x?***'],
    ['postgres://u@db/x?options=-c%20a.key=s3cret', 'postgres://u:***@db/x?***'],
    ['postgres://u@db/x?s3cret', 'postgres://u:***@db/x?***'],
    ['postgres://u:a@s3cret@db/x', '***'],
    ['postgres://u@db/x?password=s3cret@a', '***'],
    ['postgres://u@db/x#s3cret', '***'],
  ];
  for (const [databaseUrl, printed] of shown) {
    t.equal(printableConfig(loadConfig({ databaseUrl }, {})).databaseUrl, printed);
  }
});

t.test('attack 15: files of secrets that other users can read or own are refused', async (t) => {
  const key = join(directory, 'given.key');
  const env = { EXCHANGE_CURSOR_KEY_FILE: key };
  writeFileSync(key, '');
  for (const mode of [0o644, 0o604, 0o660, 0o666, 0o601]) {
    chmodSync(key, mode);
    t.throws(() => loadConfig({}, env), { name: 'SettingError', message: /open to other users: run chmod/ });
    t.throws(() => loadConfig({}, { DATABASE_URL_FILE: key }), { message: /open to other users/ });
  }
  chmodSync(key, 0o400);
  t.ok(loadConfig({}, env));
  if (process.getuid?.() !== 0) return;
  chownSync(key, 65_534, 65_534);
  t.throws(() => loadConfig({}, env), { message: /belongs to another user: run chown 0/ });
  chownSync(key, 0, 65_534);
  chmodSync(key, 0o640);
  t.ok(loadConfig({}, env), 'a secret that root mounts for a group');
});

t.test('attack 15: a data directory in which other users can write is refused', async (t) => {
  const open = join(directory, 'open');
  mkdirSync(join(open, 'keys'), { recursive: true, mode: 0o700 });
  for (const path of [open, join(open, 'keys')]) {
    for (const mode of [0o777, 0o1777, 0o702, 0o733]) {
      chmodSync(path, mode);
      const message = `Other users can write in ${path}: run chmod go-w '${path}'.`;
      t.throws(() => lockDataDirectory(open), { name: 'DataDirectoryError', reason: 'open', message });
    }
    chmodSync(path, 0o755);
    lockDataDirectory(open)();
    if (process.getuid?.() !== 0) continue;
    chownSync(path, 65_534, 65_534);
    t.throws(() => lockDataDirectory(open), { reason: 'open', message: /belongs to another user: run chown 0/ });
    chownSync(path, 0, 0);
  }
  chmodSync(open, 0o2775); // a volume for a group of ours
  lockDataDirectory(open)();
  const before = process.umask(0);
  t.teardown(() => process.umask(before));
  lockDataDirectory(join(directory, 'no-umask'))();
  t.equal(statSync(join(directory, 'no-umask')).mode & 0o777, 0o711);
});

t.test('the lock and run.json', async (t) => {
  const dataDir = join(directory, 'data/deep');
  const unlock = lockDataDirectory(dataDir);
  t.throws(() => lockDataDirectory(dataDir), { name: 'DataDirectoryError', reason: 'in-use' });
  unlock();
  for (const stale of ['999999999 1', `${process.pid} 1`, 'garbage', '']) {
    writeFileSync(join(dataDir, 'lock'), stale);
    lockDataDirectory(dataDir)();
  }
  t.throws(() => lockDataDirectory('/proc/civic-exchange/data'), {
    name: 'DataDirectoryError',
    message: /cannot be written/,
  });
  const run = { pid: process.pid, baseUrl: 'http://127.0.0.1:8080', node: 'n', startedAt: '2026-11-24T00:00:00Z' };
  writeRun(dataDir, run);
  t.equal(statSync(join(dataDir, 'run.json')).mode & 0o777, 0o600);
  t.same(readRun(dataDir), run);
  writeRun(dataDir, { ...run, pid: 999_999_999 });
  t.equal(readRun(dataDir), undefined, 'of a server that is gone');
  removeRun(dataDir);
  t.equal(readRun(dataDir), undefined);
});
