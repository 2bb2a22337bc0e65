import { existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import t, { type Test } from 'tap';
import { startPostgres } from '../../src/platform/postgres/embedded/start-postgres.js';
import { freePort } from '../support/node.js';
import { build, type Child, exchange, postgresOf, temporary } from './exchange-child.js';

// Fault 7: whatever step of a start throws, the process ends by itself, and nothing that it opened is left.
build();
const dataDir = join(temporary(t), 'data');
const inKeys = (name: string) => join(dataDir, 'keys', name);

/** Guards against a start that lives on. */
const DEADLINE_MS = 90_000;

async function start(port?: number): Promise<Child> {
  return exchange(['start', '--port', String(port ?? (await freePort())), '--data-dir', dataDir]);
}

async function startsAndStops(t: Test): Promise<void> {
  const node = await start();
  await node.said(/Ctrl-C stops it/);
  node.process.kill('SIGTERM');
  t.equal((await node.ended).code, 0);
}

async function run(...statements: string[]): Promise<void> {
  const postgres = await startPostgres({ dataDir });
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
  await postgres.stop();
}

/** Overwrites or makes the file; returns what restores it. */
function damage(path: string, content: string): () => void {
  const before = existsSync(path) ? readFileSync(path) : undefined;
  writeFileSync(path, content, { mode: 0o600 });
  return () => (before ? writeFileSync(path, before, { mode: 0o600 }) : rmSync(path));
}

const unlogged = (...statements: string[]) => run('SET session_replication_role = replica', ...statements);

const AHEAD = JSON.stringify({ origin: 'here/civic-exchange', size: 1_000_000, root: '' });
const BATCH = `INSERT INTO audit.batch (first, next, edge, batch_id, last_time, policy_epoch)
  VALUES (0, 5, '\\x00', gen_random_uuid(), 0, 0)`;

const causes: [what: string, cause: () => unknown, code: number][] = [
  ['a damaged state file of the signer', () => damage(inKeys('checkpoint-state.json'), '{'), 1],
  ['a state file that is ahead of the log', () => damage(inKeys('checkpoint-state.json'), AHEAD), 1],
  ['a damaged key', () => damage(inKeys('cursor.key'), 'AAAA'), 1],
  ['a damaged key of tokens', () => damage(inKeys('token-signer.json'), '{}'), 1],
  ['a password of another database', () => damage(inKeys('postgres-password'), 'other'), 1],
  [
    'a damaged log',
    async () => {
      await unlogged(BATCH);
      return () => unlogged('DELETE FROM audit.batch');
    },
    1,
  ],
  [
    'tables of a newer version',
    async () => {
      await run(`INSERT INTO migration.migration (name, batch) VALUES ('999-newer', 99)`);
      return () => run(`DELETE FROM migration.migration WHERE name = '999-newer'`);
    },
    1,
  ],
  [
    'a migration that fails',
    async () => {
      await run('ALTER TABLE migration.migration RENAME COLUMN name TO other');
      return () => run('ALTER TABLE migration.migration RENAME COLUMN other TO name');
    },
    1,
  ],
  [
    'a damaged cluster',
    () => {
      const control = join(dataDir, 'postgres/cluster/global/pg_control');
      const before = readFileSync(control);
      truncateSync(control, 10);
      return () => writeFileSync(control, before);
    },
    1,
  ],
];

t.test('the first start', startsAndStops);

t.test('fault 7: a start that fails ends, with one line and its code', async (t) => {
  for (const [what, cause, code] of causes) {
    const undo = await cause();
    await fails(t, what, await start(), code);
    if (typeof undo === 'function') await undo();
  }
  const taken = createServer().listen(0, '127.0.0.1');
  t.teardown(() => taken.close());
  await new Promise((resolve) => taken.once('listening', resolve));
  await fails(t, 'a port in use', await start((taken.address() as { port: number }).port), 6);
});

async function fails(t: Test, what: string, node: Child, code: number): Promise<void> {
  const hung = setTimeout(() => node.process.kill('SIGKILL'), DEADLINE_MS);
  const ended = await node.ended;
  clearTimeout(hung);
  const lines = ended.stderr.split('\n').filter((line) => line !== '' && !line.startsWith('oidc-provider WARNING'));
  t.equal(ended.code, code, `${what}: ${ended.code} ${ended.stderr}`);
  t.equal(lines.length, 1, `${what}: ${lines}`);
  t.match(lines[0], /^exchange: \S/, what);
  t.same(postgresOf(dataDir), [], `${what}: no PostgreSQL is left`);
  for (const name of ['lock', 'run.json']) t.notOk(existsSync(join(dataDir, name)), `${what}: ${name} is gone`);
}

t.test('fault 7: the same directory starts afterwards', startsAndStops);
