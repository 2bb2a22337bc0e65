import { chmodSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import t from 'tap';
import { systemClock } from '../../src/platform/clock.js';
import { loadConfig } from '../../src/platform/config.js';
import { keepMonthKeys } from '../../src/platform/keys/keep-month-keys.js';
import type { KeyFiles } from '../../src/platform/keys/keys.js';
import { openKeys } from '../../src/platform/keys/open-keys.js';
import { startExchange } from '../../src/start.js';
import { until } from '../failure/until.js';
import { testDatabase } from '../support/database.js';
import { keysIn } from '../support/keys.js';
import { freePort } from '../support/node.js';

const { url } = await testDatabase(t);
// The starts of this test give the logins passwords of their own key.
const app = new pg.Pool({ connectionString: url, max: 2, onConnect: (one) => one.query('SET ROLE exchange_app') });
t.teardown(() => app.end());
const owner = new pg.Pool({ connectionString: url, max: 1, onConnect: (one) => one.query('SET ROLE exchange_owner') });
t.teardown(() => owner.end());
const root = mkdtempSync(join(tmpdir(), 'civic-exchange-keys-'));
t.teardown(() => rmSync(root, { recursive: true, force: true }));
let now = Date.UTC(2026, 10, 24);
const clock = { ...systemClock, now: () => now };
const dataDir = join(root, 'first');
const first = join(dataDir, 'keys');
const open = (directory: string, given: KeyFiles = {}, at = url) => openKeys({ directory, clock, given }, at);

/** A folder of keys, copied as an operator copies it. */
let copies = 0;
function copy(): string {
  const directory = join(root, `copy-${++copies}`);
  cpSync(first, directory, { recursive: true });
  return directory;
}

/** The one line of a refusal. */
async function refusal(opening: Promise<unknown>): Promise<string> {
  const error = await opening.then(
    () => new Error('it was opened'),
    (error: Error) => error,
  );
  return error.message;
}

const months = Array.from({ length: 13 }, (_, i) => new Date(Date.UTC(2026, 10 + i)).toISOString().slice(0, 7));
const FIXED: [name: string, file: string, setting: keyof KeyFiles][] = [
  ['checkpoint-signer', 'checkpoint-signer.pem', 'checkpointSigner'],
  ['token-signer', 'token-signer.json', 'tokenSigner'],
  ['cursor', 'cursor.key', 'cursor'],
  ['row-id', 'row-id.key', 'rowId'],
  ['linkage', 'linkage.key', 'linkage'],
  ['etag', 'etag.key', 'etag'],
  ['cookies', 'cookies.key', 'cookies'],
  ['database', 'database.key', 'database'],
  ['package', 'package.key', 'package'],
];
const FILES = [...FIXED.map(([name, file]) => [name, file] as const), ['month-2026-11', 'month-2026-11.key'] as const];

t.test(
  'fault 2: of nodes that start at once on an empty database one makes the keys, the others are refused',
  async (t) => {
    const others = [1, 2, 3].map((i) => join(root, `other-${i}`));
    const outcomes = await Promise.allSettled([open(first), ...others.map((directory) => open(directory))]);
    const winner = [first, ...others][outcomes.findIndex(({ status }) => status === 'fulfilled')]!;
    t.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1, 'exactly one');
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') t.match(outcome.reason.message, /^The key checkpoint-signer is lost: .*\.$/);
    }
    if (winner !== first) cpSync(winner, first, { recursive: true });
    for (const directory of others.filter((each) => each !== winner))
      t.same(readdirSync(directory), [], 'nothing made');
    const keys = await open(first);
    t.same(await open(copy()).then(({ rowId, month }) => [rowId, month('2026-11')]), [
      keys.rowId,
      keys.month('2026-11'),
    ]);
    t.equal(statSync(first).mode & 0o777, 0o700);
    t.same(
      readdirSync(first).sort(),
      [...FIXED.map(([, file]) => file), ...months.map((m) => `month-${m}.key`)].sort(),
    );
    for (const file of readdirSync(first)) t.equal(statSync(join(first, file)).mode & 0o777, 0o600, file);
    for (const bad of ['2026-13', '2026-1', '../2026-11', '']) t.throws(() => keys.month(bad), /YYYY-MM/);
  },
);

t.test('faults 2 and 3: a key that is lost, foreign, damaged or open to others is refused in one line', async (t) => {
  const foreign = join(root, 'foreign');
  await keysIn(foreign, clock);
  const wrongs: [what: string, make: (path: string, file: string) => void, said: (name: string) => RegExp][] = [
    [
      'lost',
      (path) => rmSync(path),
      (name) => new RegExp(`^The key ${name} is lost: .* its fingerprint [\\w-]{22,43}\\.`),
    ],
    [
      'foreign',
      (path, file) => cpSync(join(foreign, file), path),
      (name) => new RegExp(`^The key ${name} in .* its fingerprint is [\\w-]+, the database has [\\w-]+\\.`),
    ],
    ['empty', (path) => writeFileSync(path, ''), (name) => new RegExp(`^The key ${name} is damaged: .* is not `)],
    [
      'truncated',
      (path) => writeFileSync(path, readFileSync(path).subarray(0, 30)),
      (name) => new RegExp(`^The key ${name} is damaged: .* is not `),
    ],
    ['open', (path) => chmodSync(path, 0o644), (name) => new RegExp(`^The key ${name} .*is open to other`)],
  ];
  const directory = copy();
  for (const [name, file] of FILES) {
    for (const [what, spoil, said] of wrongs) {
      const secret = readFileSync(join(directory, file), 'utf8').slice(0, 20);
      spoil(join(directory, file), file);
      const before = readdirSync(directory).sort();
      const line = await refusal(open(directory));
      t.match(line, said(name), `${what} ${name}`);
      t.ok(line.includes(join(directory, file)) && !line.includes('\n'), `${what} ${name}: ${line}`);
      t.match(line, /Copy the folder of keys .* or restore it/);
      t.notOk(name !== 'checkpoint-signer' && line.includes(secret), 'no part of the key');
      t.same(readdirSync(directory).sort(), before, 'nothing is made anew');
      cpSync(join(first, file), join(directory, file));
      chmodSync(join(directory, file), 0o600);
    }
  }
  const all = await refusal(open(foreign));
  t.match(all, /^The key checkpoint-signer in .* finds wrong: token-signer, cursor, row-id, .*month-2027-11\./);
});

t.test('fault 2: a key from EXCHANGE_…_FILE is held to the same fingerprint', async (t) => {
  const foreign = join(root, 'foreign');
  for (const [name, file, setting] of FIXED.slice(2, 5)) {
    const line = await refusal(open(first, { [setting]: join(foreign, file) }));
    t.match(line, new RegExp(`^The key ${name} in ${foreign}.*the database has`));
    const directory = copy();
    rmSync(join(directory, file));
    await open(directory, { [setting]: join(first, file) });
    t.notOk(readdirSync(directory).includes(file), 'not made beside it');
  }
});

t.test('fault 3: a start is refused before it serves, and goes on once the key is back', async (t) => {
  const kept = readFileSync(join(first, 'row-id.key'));
  rmSync(join(first, 'row-id.key'));
  const port = await freePort();
  const config = loadConfig({ dataDir, databaseUrl: url, port, logLevel: 'silent', worker: 'off' }, {});
  t.match(await refusal(startExchange(config, { onProgress: () => {} })), /^The key row-id is lost: /);
  await t.rejects(fetch(`http://127.0.0.1:${port}/health/live`), 'nobody listens');
  writeFileSync(join(first, 'row-id.key'), kept, { mode: 0o600 });
  const started = await startExchange(config, { onProgress: () => {} });
  t.equal((await fetch(`${started.baseUrl}/health/ready`)).status, 200);
  await started.close();
});

t.test('an installation from before the fingerprints: they are recorded, and a lost key is refused', async (t) => {
  const older = await testDatabase(t);
  await older.database.app.query(
    `INSERT INTO audit.batch (first, next, edge, batch_id, last_time, policy_epoch) VALUES (0, 1, '', gen_random_uuid(), $1, 0)`,
    [now],
  );
  for (const [name, file] of FILES.slice(-2)) {
    const directory = copy();
    rmSync(join(directory, file));
    const line = await refusal(open(directory, {}, older.url));
    t.match(line, new RegExp(`^The key ${name} is lost: .* the database has data already`));
  }
  const { rows: none } = await older.database.app.query('SELECT FROM exchange.key');
  t.equal(none.length, 0, 'a refused start records nothing');
  await open(copy(), {}, older.url);
  const { rows } = await older.database.app.query('SELECT name FROM exchange.key');
  t.equal(rows.length, FIXED.length + months.length);
  t.match(await refusal(open(join(root, 'foreign'), {}, older.url)), /the database has/);
});

t.test('fingerprints are not rewritten, and hold no key', async (t) => {
  for (const text of [`UPDATE exchange.key SET fingerprint = 'x'`, 'DELETE FROM exchange.key', 'TRUNCATE exchange.key'])
    await t.rejects(app.query(text), { code: '42501' }, text);
  const { rows } = await app.query<{ fingerprint: string }>('SELECT fingerprint FROM exchange.key');
  const held = readdirSync(first).map((file) => readFileSync(join(first, file), 'utf8'));
  for (const { fingerprint } of rows) t.notOk(held.some((text) => text.includes(fingerprint)));
});

t.test('keys of months: made ahead, missed by name, never made anew once destroyed', async (t) => {
  const lagging = copy();
  rmSync(join(lagging, 'month-2026-12.key'));
  const keys = await open(lagging);
  const keeper = keepMonthKeys({ keys, pool: app, logger: { warn: ({ reason }) => t.fail(reason) } });
  t.teardown(() => keeper.close());
  t.match(
    keeper.lacking(),
    { name: 'keys', detail: /month-2026-12\.key is missing/ },
    'not ready before the month comes',
  );
  t.throws(() => keys.month('2026-12'), { code: 'audit-unavailable', message: /month-2026-12\.key is missing/ });
  cpSync(join(first, 'month-2026-12.key'), join(lagging, 'month-2026-12.key'));
  await until('ready as soon as the file is there', () => keeper.lacking() === undefined);
  now = Date.UTC(2027, 1, 3);
  await open(first);
  t.ok(readdirSync(first).includes('month-2028-02.key'), 'a year ahead again');
  t.equal((await open(lagging)).months.lacking(), undefined, 'a file that is needed in a year holds nobody up');
  await owner.query(`UPDATE exchange.key SET destroyed_at = now() WHERE name = 'month-2026-11'`);
  rmSync(join(first, 'month-2026-11.key'));
  const later = await open(first);
  t.throws(() => later.month('2026-11'), { code: 'audit-unavailable', message: /destroyed/ });
  t.notOk(readdirSync(first).includes('month-2026-11.key'));
  const copied = await open(lagging);
  t.throws(() => copied.month('2026-11'), /destroyed/, 'a copy that is left elsewhere opens nothing');
});
