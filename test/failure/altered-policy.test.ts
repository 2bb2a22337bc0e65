import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { openPolicy } from '../../src/access/policy/open-policy.js';
import { readProved, writeProved } from '../../src/access/policy/proof/proved.js';
import { recordHash } from '../../src/access/policy/records.js';
import { enter } from '../../src/audit/recorded.js';
import { checkpointBody, signNote } from '../../src/audit/tree/note.js';
import { rootAt } from '../../src/audit/tree/proof.js';
import { storedHashes } from '../../src/audit/tree/stored-tree.js';
import { stand } from '../access/support.js';
import { testKeys } from '../support/keys.js';
import t from '../support/tap.js';

// Fault 4: what someone with the database's superuser changes in the log decides nothing, at a start and while a node runs.
const s = await stand(t);
const ORIGIN = 'test';
const directory = mkdtempSync(join(tmpdir(), 'civic-exchange-altered-'));
t.teardown(() => rmSync(directory, { recursive: true, force: true }));
const documentOf = (code: string, zh: string) => ({ code, title: { zh, en: 'Purpose' }, law: '某法' });
const purpose = (id: string, title: string) => ({
  kind: 'purpose' as const,
  id,
  document: documentOf(id, title),
  event: 'purpose.registered' as const,
  request: s.clock.uuid(),
});
const draft = () => ({
  request: s.clock.uuid(),
  event: 'platform.denied' as const,
  outcome: 'denied' as const,
  actor: null,
  accesses: [],
  sealed: { ask: null },
});
await s.write([purpose('early', '早')]);
const early = (await next()) - 1;
await Promise.all(Array.from({ length: 300 }, () => enter(s.log, draft())));
await s.write([purpose('late', '晚')]);
await s.write([purpose('late', '晚，收窄')]);
const size = await next();
const late = size - 1;
await sign(size);
await Promise.all(Array.from({ length: 5 }, () => enter(s.log, draft())));

async function next(): Promise<number> {
  const { rows } = await s.database.app.query<{ next: string }>(
    'SELECT next FROM audit.batch ORDER BY first DESC LIMIT 1',
  );
  return Number(rows[0]?.next);
}

async function sign(covered: number, key = s.keys.checkpointSigner): Promise<string> {
  const root = await rootAt(storedHashes(s.database.app), covered);
  const note = signNote(checkpointBody(ORIGIN, covered, root), ORIGIN, key);
  await s.database.app.query('INSERT INTO audit.checkpoint (size, note) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
    covered,
    note,
  ]);
  return note;
}

const superuser = new pg.Client({ connectionString: s.url });
await superuser.connect();
t.teardown(() => superuser.end());
await superuser.query('SET session_replication_role = replica'); // no trigger stops a superuser
const TABLES = ['audit.entry', 'audit.batch', 'audit.tile', 'audit.checkpoint', 'exchange.policy_record'];
await superuser.query('CREATE SCHEMA kept');
for (const table of TABLES) await superuser.query(`CREATE TABLE kept.${table.replace('.', '_')} AS TABLE ${table}`);

async function restore(): Promise<void> {
  for (const table of TABLES) {
    await superuser.query(`TRUNCATE ${table}; INSERT INTO ${table} SELECT * FROM kept.${table.replace('.', '_')}`);
  }
}

/** A node starts on the database: anew, or with what it proved before. */
async function start(folder: string): Promise<string> {
  const keys = { directory: folder, checkpointSigner: s.keys.checkpointSigner };
  const opening = openPolicy({ database: s.database, log: s.log, clock: s.clock, node: folder, keys, origin: ORIGIN });
  return opening.then(
    async (policy) => {
      const found = JSON.stringify(policy.current().catalog.purposes.get('late') ?? 'closed');
      await policy.close();
      return found;
    },
    (error: Error) => error.message,
  );
}

const RENAMED = `convert_to(replace(convert_from(bytes, 'UTF8'), 'purpose.registered', 'publisher.registere'), 'UTF8')`;
const LEAVES = (n: number) =>
  `(SELECT string_agg(sha256('\\x00'::bytea || bytes), ''::bytea ORDER BY index) FROM audit.entry WHERE index >= ${n * 256} AND index < ${n * 256 + 256})`;
const document = JSON.stringify(documentOf('late', '晚，放宽'));
const widened = `UPDATE exchange.policy_record SET document = '${document}' WHERE kind = 'purpose' AND id = 'late' AND version = 2`;
const rehashed = (hash: string) =>
  `UPDATE audit.entry SET bytes = convert_to(replace(convert_from(bytes, 'UTF8'), '${hash}', '${recordHash(document)}'), 'UTF8') WHERE index = ${late}`;

const { rows: records } = await s.database.app.query<{ document: string }>(
  'SELECT document FROM exchange.policy_record WHERE entry_index = $1',
  [late],
);
const hashed = recordHash(records[0]!.document);

const ALTERED = new RegExp(`entry ${late} `);
const STANDS = /收窄/;
const attacks: [what: string, sql: string[], outcome: RegExp][] = [
  ['the event column of the last change', [`UPDATE audit.entry SET event = 'data.read' WHERE index = ${late}`], STANDS],
  ['its bytes', [`UPDATE audit.entry SET bytes = ${RENAMED} WHERE index = ${late}`], ALTERED],
  ['its bytes with the policy record', [widened, rehashed(hashed)], ALTERED],
  ['the policy record alone', [widened], /closed/],
  ['its row in the policy table is gone', [`DELETE FROM exchange.policy_record WHERE entry_index = ${late}`], /closed/],
  [
    'bytes and leaf hash of an older entry',
    [
      `UPDATE audit.entry SET bytes = ${RENAMED} WHERE index = ${early}`,
      `UPDATE audit.tile SET hashes = ${LEAVES(0)} WHERE level = 0 AND n = 0`,
    ],
    /was changed together with its hash|the checkpoint of \d+ entries signs others/,
  ],
  [
    'the entry of the last change is deleted',
    [`DELETE FROM audit.entry WHERE index = ${late}`],
    new RegExp(`entry ${late} is missing`),
  ],
  [
    'an older entry is deleted',
    [`DELETE FROM audit.entry WHERE index = ${early}`],
    new RegExp(`entry ${early} is missing`),
  ],
  [
    'an entry is inserted behind the head',
    [
      `INSERT INTO audit.entry SELECT ${size + 5}, bytes, sealed, application, event, time FROM audit.entry WHERE index = ${late - 1}`,
    ],
    new RegExp(`entry ${size + 5} is in no batch`),
  ],
  [
    'two entries change places',
    [
      `UPDATE audit.entry e SET bytes = o.bytes FROM audit.entry o WHERE e.index IN (${late}, ${late - 1}) AND o.index = ${2 * late - 1} - e.index`,
    ],
    new RegExp(`entry ${late - 1} `),
  ],
  ['the epoch is set back', ['UPDATE audit.batch SET policy_epoch = 1'], /the head says epoch 1, the entries say \d+/],
  [
    "the checkpoint is another key's",
    [
      `UPDATE audit.checkpoint SET note = '${signNote(checkpointBody(ORIGIN, size, Buffer.alloc(32)), ORIGIN, (await testKeys()).checkpointSigner)}'`,
    ],
    /no valid signature/,
  ],
];

t.test('fault 4: at a start, of a new node and of one that proved the policy before', async (t) => {
  const before = await start(directory);
  t.match(before, STANDS, 'untouched');
  const proved = readProved(directory);
  t.equal(proved.size, size + 5);
  for (const [what, sql, outcome] of attacks) {
    for (const statement of sql) await superuser.query(statement);
    const fresh = mkdtempSync(join(directory, 'fresh-'));
    writeProved(directory, proved);
    for (const folder of [fresh, directory]) {
      const found = await start(folder);
      t.match(found, outcome, `${what}: ${found}`);
      t.notMatch(found, /放宽|\n/, what);
    }
    await restore();
  }
  t.match(await start(directory), STANDS, 'put right, it starts again');
});

t.test('fault 4: while a node runs, an altered change stops it by name', async (t) => {
  const folder = mkdtempSync(join(directory, 'running-'));
  const keys = { directory: folder, checkpointSigner: s.keys.checkpointSigner };
  const running = await openPolicy({
    database: s.database,
    log: s.log,
    clock: s.clock,
    node: folder,
    keys,
    origin: ORIGIN,
  });
  t.teardown(() => running.close());
  const epoch = await s.write([purpose('late', '晚，再收窄')]);
  await running.reach(epoch);
  t.equal(running.fault(), undefined);
  const altered = await next();
  await superuser.query(`CREATE FUNCTION kept.alter_entry() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    NEW.bytes := convert_to(replace(convert_from(NEW.bytes, 'UTF8'), 'purpose.registered', 'publisher.registere'), 'UTF8'); RETURN NEW; END $$`);
  await superuser.query(
    `CREATE TRIGGER alter_entry BEFORE INSERT ON audit.entry FOR EACH ROW EXECUTE FUNCTION kept.alter_entry()`,
  );
  await superuser.query('GRANT USAGE ON SCHEMA kept TO PUBLIC');
  await s.write([purpose('late', '晚，第四次')]).catch(() => {});
  await t.rejects(running.reach(epoch + 1), { code: 'audit-unavailable', message: new RegExp(`entry ${altered} `) });
  t.match(running.fault(), new RegExp(`entry ${altered} .* restore a backup`));
});
