import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { approveUpstream, withdrawUpstream } from '../../src/access/upstreams/change-upstream.js';
import { storeSecret } from '../../src/access/upstreams/secret.js';
import type { UpstreamDraft } from '../../src/access/upstreams/upstream.js';
import type { CatalogDraft } from '../../src/ingest/draft/catalog-draft.js';
import { writeRun } from '../../src/platform/data-directory.js';
import { command } from '../cli/command.js';
import { csv, people } from '../registering/parking.js';
import { departmentDatabase } from '../support/department.js';
import { type Reply, testNode } from '../support/node.js';

const dataDir = t.testdir();
const node = await testNode(t, { config: { dataDir } });
const { exchange } = node;
const key = await node.register('parks', { department: 'housing', roles: ['publisher'] });
await node.register('other', { department: 'police', roles: ['publisher'] });
const keyFileOf = (name: string, jwk: object): string => {
  const file = join(dataDir, `${name}.jwk`);
  writeFileSync(file, JSON.stringify(jwk), { mode: 0o600 });
  return file;
};
const flagsOf = (name: string, jwk: object) => ['--as', name, '--key', keyFileOf(name, jwk), '--data-dir', dataDir];
writeRun(dataDir, {
  pid: process.pid,
  baseUrl: node.baseUrl,
  node: exchange.node,
  startedAt: '2026-11-29T00:00:00Z',
});

const post = (body: unknown, { type }: { type: string }) =>
  node.ask('POST', '/api/v1/catalog/drafts?dataset=housing/parking', {
    as: 'parks',
    headers: { 'content-type': type },
    body,
  });

t.test('an approved upstream is checked, discovered and drafted from, each with its entry first', async (t) => {
  const department = await departmentDatabase(t, node.databaseUrl);
  const upstream: UpstreamDraft = {
    kind: 'postgres',
    host: department.host,
    port: department.port,
    database: department.database,
    tls: 'none',
    private: false,
    secret: true,
  };
  const by = { actor: null, request: '00000000-0000-4000-8000-000000000000' };
  await approveUpstream(exchange, { publisher: 'housing', name: 'main-db', draft: upstream }, by);
  await approveUpstream(
    exchange,
    {
      publisher: 'housing',
      name: 'api',
      draft: { kind: 'http', host: department.host, port: department.port, tls: 'none', private: false, secret: false },
    },
    by,
  );
  storeSecret(
    exchange.keys.directory,
    { ...upstream, publisher: 'housing', name: 'main-db' },
    { kind: 'password', ...department.reader },
  );
  await department.query(`CREATE TABLE fees ("房屋编码" text, "账期" text, "收费项目" text, "应收金额" numeric(10,3));
    CREATE VIEW open_fees AS SELECT * FROM fees; CREATE TABLE hidden (secret text);
    INSERT INTO fees SELECT 'H' || i, '2026-01', '物业费', 12.5 FROM generate_series(1, 40) i;
    GRANT SELECT ON fees, open_fees TO ${department.reader.user}`);
  const one = '/api/v1/upstreams/housing/main-db';
  const ask = (method: string, path: string, as = 'parks') => node.ask(method, path, { as });
  t.same((await ask('POST', `${one}/check`)).body, { data: { tables: 2 } });
  t.same((await ask('GET', `${one}/tables`)).body.data, [
    { table: 'public.fees', kind: 'table' },
    { table: 'public.open_fees', kind: 'view' },
  ]);
  t.match((await ask('GET', `${one}/tables/public.fees`)).body.data, [
    { name: '房屋编码', type: 'text' },
    {},
    {},
    { type: 'numeric(10,3)' },
  ]);
  const from = (table: string) => post({ upstream: 'housing/main-db', table }, { type: 'application/json' });
  const draft: CatalogDraft = (await from('open_fees')).body.data;
  t.match(draft, {
    rows: 40,
    entity: { name: 'fee_bill' },
    document: {
      resource: { format: 'database' },
      delivery: { source: { kind: 'postgres', upstream: 'main-db', table: 'open_fees', application: 'parks' } },
    },
  });
  t.match(
    (await exchange.database.app.query("SELECT count(*)::int AS n FROM audit.entry WHERE event = 'source.looked-at'"))
      .rows,
    [{ n: 4 }],
  );
  const refused: [string, Promise<Reply>, number, string][] = [
    ['a table that its user may not read', from('hidden'), 502, 'upstream-refused'],
    ['a table that is none', ask('GET', `${one}/tables/none`), 404, 'not-found'],
    ['SQL as a table', from('fees; DROP TABLE fees'), 404, 'not-found'],
    ['an interface has no tables', ask('GET', '/api/v1/upstreams/housing/api/tables'), 422, 'unprocessable'],
    ['another department', ask('POST', `${one}/check`, 'other'), 404, 'not-found'],
    ['another department, its tables', ask('GET', `${one}/tables`, 'other'), 404, 'not-found'],
  ];
  for (const [name, sent, status, code] of refused) t.match(await sent, { status, body: { code } }, name);
  t.same(
    (await ask('POST', '/api/v1/upstreams/housing/api/check')).body,
    { data: { tables: null } },
    'an interface is connected to',
  );
  const server = flagsOf('parks', key);
  const listed = await command(t, 'source', 'discover', 'housing/main-db', ...server);
  t.match(listed.stdout, /public\.fees\s+table\npublic\.open_fees\s+view/);
  t.match(
    (await command(t, 'source', 'check', 'housing/main-db', ...server)).stdout,
    'housing/main-db answers: 2 tables',
  );
  const file = join(dataDir, 'fees.csv');
  writeFileSync(file, csv(people(30)));
  const yaml = await command(t, 'catalog', 'draft', file, '--dataset', 'housing/parking', ...server);
  t.match(yaml.stdout, /^# 待定 \/title[\s\S]*dataset: housing\/parking\n/, yaml.stderr);
  const ofTable = await command(
    t,
    'catalog',
    'draft',
    'housing/main-db',
    'fees',
    '--dataset',
    'housing/bill',
    ...server,
  );
  t.match(ofTable.stdout, /upstream: main-db/, ofTable.stderr);
  const none = await command(t, 'catalog', 'draft', 'housing/main-db', '--dataset', 'housing/bill', ...server);
  t.match(none, { code: 2, stderr: /name a table too/ });
  await withdrawUpstream(exchange, { publisher: 'housing', name: 'main-db' }, by);
  t.match(await ask('POST', `${one}/check`), { status: 502, body: { code: 'upstream-refused' } });
});
