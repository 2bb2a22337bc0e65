import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import type { JWK } from 'jose';
import t, { type Test } from 'tap';
import { revokeGrant } from '../../src/access/grants/revoke-grant.js';
import { storeSecret } from '../../src/access/upstreams/secret.js';
import { downloadLog } from '../../src/audit/verify/download.js';
import { publishCatalog } from '../../src/exchange/publishing/publish-contract.js';
import { systemClock } from '../../src/platform/clock.js';
import { loadConfig } from '../../src/platform/config.js';
import { lockDataDirectory, writeRun } from '../../src/platform/data-directory.js';
import { openKeys } from '../../src/platform/keys/open-keys.js';
import { startExchange } from '../../src/start.js';
import { command } from '../cli/command.js';
import { until } from '../failure/until.js';
import { openThings } from '../ingest/things.js';
import { emptyDatabase } from '../support/database.js';
import { keysIn, LOGIN_KEY } from '../support/keys.js';
import { type Reply, testNode } from '../support/node.js';
import { asApp, indexOf, locked, query, type RestoredNode, tokenAt, verified } from './backup-parts.js';
import { type Child, child, temporary } from './exchange-child.js';

// Fault 12: the database lost, the keys lost, both lost; and a backup or restore that is killed, damaged or not for here.
const directory = temporary(t);
const at = (...path: string[]) => join(directory, ...path);
const write = (name: string, content: string | Buffer): string => {
  writeFileSync(at(name), content, { mode: 0o600 });
  return at(name);
};
const identity = await generateX25519Identity();
const mine = write('mine.key', `# made elsewhere\n${identity}\n`);
const other = write('other.key', `${await generateX25519Identity()}\n`);
const recipients = write('recipients', `# backup\n${await identityToRecipient(identity)}\n`);

mkdirSync(at('first', 'keys'), { recursive: true, mode: 0o700 });
write('first/keys/database.key', LOGIN_KEY.toString('base64url'));
const { node, thing } = await openThings(t, {}, await keysIn(at('first', 'keys')));
const { exchange } = node;
const BY = { actor: null, request: exchange.clock.uuid() };
const rows = await thing('rows');
const line = (n: number) => `${JSON.stringify({ code: `c${n}`, part: 'a', name: `n${n % 100}` })}\n`;
await rows.send(Array.from({ length: 3_000 }, (_, n) => line(n)).join(''));
const apps = new Map<string, JWK>();
for (const [id, roles] of [
  ['reader', []],
  ['auditor', ['auditor']],
  ['operator', ['operator']],
] as const) {
  apps.set(id, await node.register(id, { roles: [...roles] }));
}
const grantOf = (application: string) => node.grant({ application, dataset: rows.contract.name });
const [kept, gone] = [await grantOf('reader'), await grantOf('operator')];
storeSecret(at('first', 'keys'), { publisher: 'housing', name: 'tax', host: 'tax.example', port: 443 }, SECRET());
const month = 'month-2027-05';
await openKeys({ directory: at('first', 'keys'), clock: systemClock }, node.databaseUrl); // the database knows them, as after a start
await query(node.databaseUrl, 'UPDATE exchange.key SET destroyed_at = now() WHERE name = $1', [month]);
const early = await readRows(3);
const token = await node.token('reader');

const source = ['--data-dir', at('first'), '--database-url', node.databaseUrl];
const back = (to: string, ...more: string[]) =>
  command(t, 'backup', at(to), '--recipients', recipients, ...source, '--json', ...more);
const made = await back('out');
const { database, keys } = JSON.parse(made.stdout || '{}') as { database: string; keys: string };

// After the backup: a revocation, a newer contract, more answers; and an export of the log.
const exported = at('export');
await revokeGrant(exchange, gone.id, BY);
await publishCatalog(exchange, { contracts: [withTitle('改')], publishers: [], purposes: [] });
const late = await readRows(2);
await until('all is signed', () => (node.checkpoints.latest()?.size ?? 0) > indexOf(late));
await downloadLog(async (path) => {
  const reply = await fetch(`${node.baseUrl}${path}`, {
    headers: { authorization: `Bearer ${await node.token('auditor', 'platform')}` },
  });
  if (reply.status !== 200) throw new Error(`${path}: ${reply.status}`);
  return Buffer.from(await reply.arrayBuffer());
}, exported);

const both = ['--keys', keys, '--identity', mine];
interface Target {
  dir: string;
  url: string;
  restore(...args: string[]): ReturnType<typeof command>;
  args(...more: string[]): string[];
}
let targets = 0;
async function target(t: Test, dir = at(`target-${++targets}`)): Promise<Target> {
  const url = await emptyDatabase(t, node.databaseUrl);
  const where = ['--data-dir', dir, '--database-url', url];
  return {
    dir,
    url,
    restore: (...args) => command(t, 'restore', ...args, '--json', ...where),
    args: (...more) => [...more, ...where],
  };
}

t.test('a backup beside a running node: two files that only their recipient opens', async (t) => {
  t.equal(made.code, 0, made.stderr);
  t.equal(readdirSync(at('out')).length, 2);
  for (const file of [database, keys]) {
    t.equal(statSync(file).mode & 0o777, 0o600);
    t.notMatch(readFileSync(file).toString('latin1'), /housing|PRIVATE/, 'nothing is readable');
  }
});

t.test('recipients that make no backup are refused', async (t) => {
  const own = await identityToRecipient(node.keys.package);
  for (const [name, content, code, expected] of [
    ['none', '# nobody\n', 2, /has no recipient/],
    ['private', `${identity}\n`, 2, /private key/],
    ['bad', 'age1nothing\n', 2, /no age recipient/],
    ['own', `${own}\n`, 1, /package key of this exchange/],
  ] as const) {
    const ended = await command(t, 'backup', at('no'), '--recipients', write(name, content), ...source);
    t.equal(ended.code, code, name);
    t.match(ended.stderr, expected);
  }
  const nothing = await command(t, 'backup', at('no'), '--recipients', recipients, '--data-dir', at('nothing'));
  t.equal(nothing.code, 1);
  t.match(nothing.stderr, /holds no keys/);
});

t.test('files, identities, keys and exports that do not fit are refused in one line and leave nothing', async (t) => {
  const { restore, dir, url } = await target(t);
  const whole = readFileSync(database);
  const changed = Buffer.from(whole);
  changed.writeUInt8(changed.readUInt8(changed.length >> 1) ^ 1, changed.length >> 1);
  const forged = at('forged');
  cpSync(exported, forged, { recursive: true });
  const bundle = readdirSync(join(forged, 'tile/entries'), { recursive: true, encoding: 'utf8' }).at(-1) ?? '';
  const entries = readFileSync(join(forged, 'tile/entries', bundle));
  writeFileSync(
    join(forged, 'tile/entries', bundle),
    Buffer.from(entries.toString('latin1').replace('grant.revoked', 'grant.revokes'), 'latin1'),
  );
  for (const [what, args, expected] of [
    ['a wrong identity', [database, '--keys', keys, '--identity', other], /can't be opened with this identity/],
    ['a cut file', [write('cut.age', whole.subarray(0, -70_000)), ...both], /changed or cut/],
    [
      'a file cut between chunks',
      [write('short.age', whole.subarray(0, 200 + 65_552)), ...both],
      /changed or cut|can't be opened/,
    ],
    ['one byte changed', [write('changed.age', changed), ...both], /changed or cut/],
    ['no age file', [write('text.age', 'hello'), ...both], /can't be opened/],
    ['no file', [at('absent.age'), ...both], /no such file/],
    ['the files exchanged', [keys, '--keys', database, '--identity', mine], /no backup of keys/],
    ['no keys', [database, '--identity', mine], /has no keys/],
    ['a changed export', [database, ...both, '--export', forged], /do not agree|do not give/],
    ['no export', [database, ...both, '--export', at('absent')], /missing/],
  ] as const) {
    const { code, stderr } = await restore(...args);
    t.equal(code, 1, what);
    t.match(stderr, expected, what);
    t.equal(stderr.trim().split('\n').length, 1, 'one line');
  }
  t.strictSame(existsSync(join(dir, 'keys')) ? readdirSync(join(dir, 'keys')) : [], [], 'no key is left');
  const left = await query(url, 'SELECT FROM audit.entry');
  t.equal(left.length, 0, 'no entry is left');
});

t.test('a restore into the data directory of a running node is refused', async (t) => {
  const { restore, dir, url } = await target(t);
  const unlock = lockDataDirectory(dir);
  writeRun(dir, { pid: process.pid, baseUrl: node.baseUrl, node: 'here', startedAt: new Date().toISOString() });
  const { code, stderr } = await restore(database, ...both);
  unlock();
  t.equal(code, 1);
  t.match(stderr, /^.*A node runs on this data directory: stop it.*\n$/);
  t.notOk(existsSync(join(dir, 'keys')), 'no key is left');
  t.strictSame(await query(url, "SELECT to_regclass('audit.entry') AS log"), [{ log: null }], 'and no table');
});

t.test('both lost: everything is back under a new origin, and suspended until it is reopened', async (t) => {
  const { restore, url, dir, args } = await target(t);
  const { code, stdout, stderr } = await restore(database, ...both);
  t.equal(code, 0, stderr);
  const done = JSON.parse(stdout || '{}');
  t.match(done, { replayed: 0, closed: [], origin: { number: 2 }, previous: node.checkpoints.origin });
  const files = readdirSync(join(dir, 'keys'));
  t.notOk(files.includes(`${month}.key`), 'a destroyed month stays destroyed');
  t.ok(existsSync(join(dir, 'keys/upstreams/housing/tax')), 'the secrets of upstreams are back');
  t.match((await restore(database, ...both)).stderr, /not empty/);

  const next = await restored(t, { url, dir });
  t.strictSame(await countsOf(url), await countsOf(node.databaseUrl));
  const bearer = { authorization: `Bearer ${token}` };
  const path = `/data/${rows.contract.id}/rows?_limit=3`;
  t.equal((await next.ask('GET', path, { headers: bearer })).status, 401, 'an earlier token opens nothing');
  await t.rejects(tokenAt(next, 'reader'), /no token/, 'a suspended application gets none');

  const listed = JSON.parse((await command(t, ...args('audit', 'suspended', '--json'))).stdout);
  t.same(listed.grants.map(({ id }: { id: string }) => id).includes(gone.id), true, 'without an export nobody knows');
  const grants = listed.grants.filter(({ id }: { id: string }) => id === kept.id);
  const list = write('list.json', JSON.stringify({ ...listed, grants }));
  const reopened = await command(t, ...args('audit', 'reopen', '--list', list));
  t.equal(reopened.code, 0, reopened.stderr);
  await until('it is served', () => next.exchange.policy.current().grants.get(kept.id)?.status === 'active');
  const again = await asApp(next, 'reader', path);
  t.equal(again.status, 200);
  t.same(JSON.parse(again.text).data, early.body.data);
  t.equal(await verified(next, early), true, 'a receipt from before the backup is proved by the new origin');
  t.equal((await asApp(next, 'reader', path, { authorization: `Bearer ${token}` })).status, 401);
});

t.test(
  'with a newer export: its revocations hold, its receipts are proved, its contract is in force again',
  async (t) => {
    const { restore, url, dir, args } = await target(t);
    const { code, stdout, stderr } = await restore(database, ...both, '--export', exported);
    t.equal(code, 0, stderr);
    const done = JSON.parse(stdout || '{}');
    t.ok(done.replayed >= 3, `${done.replayed} entries`);
    t.match(done.closed, [
      { kind: 'grant', id: gone.id },
      { kind: 'contract', id: rows.contract.id },
    ]);
    const next = await restored(t, { url, dir });
    const { grants, catalog } = next.exchange.policy.current();
    t.equal(grants.get(gone.id), undefined, 'what was revoked after the backup is closed, and in no list');
    t.equal(grants.get(kept.id)?.status, 'suspended');
    t.ok(catalog.contracts.has(rows.contract.id));
    t.equal((await command(t, ...args('audit', 'reopen', gone.id))).code, 1);
    for (const id of ['reader', 'auditor', kept.id]) {
      t.equal((await command(t, ...args('audit', 'reopen', id))).code, 0, id);
    }
    await until('it is served', () => next.exchange.policy.current().grants.get(kept.id)?.status === 'active');
    t.equal((await asApp(next, 'reader', `/data/${rows.contract.id}/rows`)).status, 200);
    t.equal(await verified(next, late), true, 'a receipt from after the backup is proved');
    const older = await target(t);
    const without = await older.restore(database, ...both, '--without-month', '2027-04');
    t.equal(without.code, 0, without.stderr);
    t.notOk(readdirSync(join(older.dir, 'keys')).includes('month-2027-04.key'));
    const destroyed = await query(older.url, 'SELECT name FROM exchange.key WHERE destroyed_at IS NOT NULL ORDER BY 1');
    t.same(destroyed, [{ name: 'month-2027-04' }, { name: month }]);
  },
);

t.test('the database alone is lost: the keys that are there serve, and other keys are refused', async (t) => {
  cpSync(at('first'), at('same'), { recursive: true });
  const { restore } = await target(t, at('same'));
  const rowId = readFileSync(at('same/keys/row-id.key'));
  cpSync(at('same/keys/etag.key'), at('same/keys/row-id.key'));
  t.match((await restore(database, ...both)).stderr, /holds other keys \(row-id\.key\)/);
  t.match((await restore(database, '--identity', mine)).stderr, /The key row-id .* is not the one of this database/);
  writeFileSync(at('same/keys/row-id.key'), rowId);
  const done = await restore(database, '--identity', mine);
  t.equal(done.code, 0, done.stderr);
  t.ok(JSON.parse(done.stdout || '{}').origin.lost > 0, 'its signer tells how many entries are lost');
});

t.test('a backup that is killed, or meets a full disk, leaves nothing with the name of a backup', async (t) => {
  const to = at('killed');
  const unlock = await locked(node.databaseUrl, `LOCK TABLE data.${rows.contract.table} IN ACCESS EXCLUSIVE MODE`);
  const killed = main('backup', to, '--recipients', recipients, ...source);
  await killed.said(/Copying data\./);
  killed.process.kill('SIGKILL');
  await killed.ended;
  await unlock();
  t.match(readdirSync(to), [/\.age\.\d+\.partial$/], 'its half file is no backup by its name');
  const full = at('full');
  mkdirSync(full);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', full]).status === 0;
  if (mounted) {
    t.teardown(() => spawnSync('umount', [full]));
    const ended = await back('full');
    t.equal(ended.code, 1);
    t.match(ended.stderr, /The disk of .*full.* is full/);
    t.strictSame(readdirSync(full), []);
  } else t.comment('NOT TRIED: a full disk needs the right to mount');
  const next = await back('killed');
  t.equal(next.code, 0, next.stderr);
  t.equal(readdirSync(to).filter((name) => !name.endsWith('.age')).length, 0, 'the next backup removes the half file');
});

t.test('a restore that is killed starts no node, and is done by doing it again', async (t) => {
  const { restore, url, dir, args } = await target(t);
  t.equal((await command(t, ...args('migrate'))).code, 0);
  const unlock = await locked(url, 'LOCK TABLE exchange.delivery IN ACCESS EXCLUSIVE MODE');
  const loading = main(...args('restore', database, ...both));
  await loading.said(/Loading exchange\.delivery/);
  loading.process.kill('SIGKILL');
  await loading.ended;
  await unlock();
  const log = await locked(url, 'SELECT pg_advisory_xact_lock(4854261300)'); // that of the log: the origin waits
  const beginning = main(...args('restore', database, ...both));
  await beginning.said(/Beginning a new origin/);
  beginning.process.kill('SIGKILL');
  await beginning.ended;
  await log();
  const config = loadConfig({ dataDir: dir, databaseUrl: url, port: 0 }, {});
  const refusal = { message: /^A restore of this database did not end.*same exchange restore again\.$/ };
  await t.rejects(startExchange(config, { onProgress() {} }), refusal);
  const half = await command(t, ...args('backup', at('half'), '--recipients', recipients));
  t.match([half.code, half.stderr], [1, /A restore of this database did not end/]);
  const done = await restore(database, ...both);
  t.equal(done.code, 0, done.stderr);
  t.match(JSON.parse(done.stdout || '{}'), { origin: { number: 2 }, rows: JSON.parse(made.stdout).rows });
  t.equal((await command(t, ...args('migrate'))).code, 0, 'a node may start');

  const edit = `ALTER TABLE audit.entry DISABLE TRIGGER append_only; UPDATE audit.entry SET bytes = bytes || ' ' WHERE index = 2`;
  await query(url, edit);
  const damaged = await command(t, ...args('backup', at('damaged'), '--recipients', recipients));
  t.match([damaged.code, damaged.stderr], [1, /The audit log is damaged/], 'a log that was edited makes no backup');
  t.strictSame(readdirSync(at('damaged')), []);
});

function SECRET() {
  return { kind: 'bearer', token: 'x' } as const;
}

/** As this test runs, compiled or not: nothing is built for it. */
function main(...args: string[]): Child {
  const script = fileURLToPath(new URL(`../../src/main${extname(import.meta.url)}`, import.meta.url));
  return child(process.execPath, [...process.execArgv, script, ...args], {});
}

async function readRows(limit: number): Promise<Reply> {
  const reply = await node.ask('GET', `/data/${rows.contract.id}/rows?_limit=${limit}`, { as: 'reader' });
  if (reply.status !== 200) throw new Error(reply.text);
  return reply;
}

function countsOf(url: string): Promise<Record<string, unknown>[]> {
  const { table } = rows.contract;
  return query(
    url,
    `SELECT (SELECT count(*) FROM data.${table}) AS rows, (SELECT md5(string_agg(r::text, '' ORDER BY row_id)) FROM data.${table} r) AS content,
       (SELECT count(*) FROM exchange.delivery) AS deliveries, (SELECT max(release) FROM exchange.line) AS release`,
  );
}

/** A node on what was restored, under the address that the command had. */
async function restored(t: Test, { url, dir }: Pick<Target, 'url' | 'dir'>): Promise<RestoredNode> {
  const config = { publicUrl: loadConfig({}, {}).publicUrl };
  const next = await testNode(t, { databaseUrl: url, keys: await keysIn(join(dir, 'keys')), config, catalog: false });
  return { ...next, apps };
}

function withTitle(title: string): object {
  const document = JSON.parse(JSON.stringify(rows.contract.document));
  return { ...document, version: '1.1', title: { ...document.title, zh: title } };
}
