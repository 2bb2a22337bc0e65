import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkDatabase } from '../../src/cli/doctor/check-database.js';
import { checkKeys } from '../../src/cli/doctor/check-keys.js';
import { checkDisk, checkNode } from '../../src/cli/doctor/check-machine.js';
import { checkPort, checkPublicUrl } from '../../src/cli/doctor/check-network.js';
import { loadConfig } from '../../src/platform/config.js';
import { MIGRATION_NAMES } from '../../src/platform/postgres/migrate.js';
import type { ServerFacts } from '../../src/platform/postgres/server-facts.js';
import { testDatabase } from '../support/database.js';
import t from '../support/tap.js';
import { command } from './command.js';

const directory = mkdtempSync(join(tmpdir(), 'civic-exchange-doctor-'));
t.teardown(() => rmSync(directory, { recursive: true, force: true }));

const GOOD: ServerFacts = {
  version: 18,
  now: 0,
  refusal: undefined,
  durabilityFault: undefined,
  user: 'exchange',
  mayCreateRoles: true,
  migrations: [...MIGRATION_NAMES],
  hasOperator: true,
};

t.test('doctor: what it says of a database', async (t) => {
  t.ok(checkDatabase(GOOD, 0).every(({ level }) => level === 'ok'));
  const cases: [facts: Partial<ServerFacts>, check: string, level: string, says: RegExp][] = [
    [{ refusal: 'This PostgreSQL is a standby.' }, 'postgres', 'bad', /standby/],
    [{ now: 1_500 }, 'clock', 'warn', /1\.5 s apart/],
    [{ now: -60_000 }, 'clock', 'bad', /60\.0 s apart/],
    [{ durabilityFault: 'PostgreSQL may lose committed entries: fsync is off.' }, 'durability', 'bad', /fsync is off/],
    [{ mayCreateRoles: false, migrations: undefined }, 'rights', 'bad', /CREATEROLE/],
    [{ migrations: undefined }, 'tables', 'warn', /first start/],
    [{ migrations: MIGRATION_NAMES.slice(0, -1) }, 'tables', 'warn', new RegExp(String(MIGRATION_NAMES.at(-1)))],
    [{ migrations: [...MIGRATION_NAMES, '999-later'] }, 'tables', 'bad', /newer version \(999-later\)/],
    [{ hasOperator: false }, 'operator', 'warn', /exchange bootstrap/],
  ];
  for (const [facts, check, level, says] of cases) {
    const found = checkDatabase({ ...GOOD, ...facts }, 0).find((each) => each.check === check);
    t.equal(found?.level, level, `${check}: ${found?.said.en}`);
    t.match(found?.said.en, says);
    t.match(found?.said.zh, /\p{Script=Han}/u, 'in Chinese too');
  }
});

t.test('doctor: what it says of the machine, its keys and its network', async (t) => {
  const keys = join(directory, 'data', 'keys');
  mkdirSync(keys, { recursive: true, mode: 0o700 });
  writeFileSync(join(keys, 'row-id.key'), 'x', { mode: 0o600 });
  const disk = (free: number, of: number) =>
    checkDisk(directory, () => ({ bavail: free, blocks: of, bsize: 1024 ** 3 }) as never);
  const config = loadConfig({}, {});
  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  t.teardown(() => taken.close());
  const { port } = taken.address() as { port: number };
  const cases: [what: string, found: { level: string; said: { en: string } }, level: string, says: RegExp][] = [
    ['an old Node', checkNode('20.18.0'), 'bad', /20\.19/],
    ['a good Node', checkNode('22.1.0'), 'ok', /22/],
    ['a full disk', disk(0.5, 100), 'bad', /stop/],
    ['a filling disk', disk(9, 100), 'warn', /EXCHANGE_KEEP/],
    ['a wide disk', disk(90, 100), 'ok', /90/],
    ['good keys', checkKeys(join(directory, 'data'), []), 'ok', /1 files/],
    ['no keys', checkKeys(directory, []), 'warn', /first start/],
    ['a key that a setting names', checkKeys(join(directory, 'data'), [join(directory, 'gone')]), 'bad', /not there/],
    ['a taken port', await checkPort({ ...config, port }, undefined), 'bad', /is taken/],
    [
      'a foreign address',
      await checkPort({ ...config, host: '192.0.2.1', port: 0 }, undefined),
      'bad',
      /no address of this machine/,
    ],
    [
      'a node that is gone',
      await checkPort(config, { pid: 1, baseUrl: 'http://127.0.0.1:1', node: 'x', startedAt: '' }),
      'bad',
      /does not answer/,
    ],
    ['loopback', checkPublicUrl(config), 'ok', /this machine only/],
    ['every address', checkPublicUrl({ ...config, host: '0.0.0.0' }), 'warn', /EXCHANGE_PUBLIC_URL/],
    ['no TLS', checkPublicUrl({ ...config, publicUrl: 'http://exchange.example.cn' }), 'warn', /no TLS/],
    [
      'a proxy that is not named',
      checkPublicUrl({ ...config, publicUrl: 'https://exchange.example.cn' }),
      'warn',
      /EXCHANGE_TRUSTED_PROXIES/,
    ],
  ];
  for (const [what, { level, said }, expected, says] of cases) {
    t.equal(level, expected, `${what}: ${said.en}`);
    t.match(said.en, says, what);
  }
  chmodSync(join(keys, 'row-id.key'), 0o644);
  t.match(checkKeys(join(directory, 'data'), []), { level: 'bad', said: { en: /row-id\.key: chmod/ } });
});

t.test('doctor: the command, on a database that answers and on one that does not', async (t) => {
  const { url } = await testDatabase(t);
  const doctor = (databaseUrl: string, ...more: string[]) =>
    command(t, 'doctor', '--data-dir', join(directory, 'none'), '--database-url', databaseUrl, ...more);
  const good = await doctor(url, '--lang', 'en');
  t.match(good.stdout, /^ok +PostgreSQL \d+$/m);
  t.match(good.stdout, /^warn +There is no operator: exchange bootstrap/m);
  const gone = await doctor('postgres://exchange:secret@127.0.0.1:1/exchange', '--json', '--lang', 'zh');
  t.equal(gone.code, 1);
  const lines = gone.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.match(
    lines.find(({ check }) => check === 'postgres'),
    { level: 'bad', said: /请检查 DATABASE_URL/ },
  );
  t.notMatch(gone.stdout, /secret/);
});
