import Fastify from 'fastify';
import { registerApplication } from '../../src/access/identity/register-application.js';
import type { Subject } from '../../src/access/identity/subject.js';
import { openPolicy } from '../../src/access/policy/open-policy.js';
import { openLog } from '../../src/audit/log.js';
import { liveTable } from '../../src/catalog/table.js';
import { publishCatalog } from '../../src/exchange/publishing/publish-contract.js';
import { systemClock } from '../../src/platform/clock.js';
import { type Fault, Problem } from '../../src/platform/errors.js';
import { installProblems } from '../../src/rest/http/problem.js';
import { serveOperations } from '../../src/rest/http/serve-operations.js';
import { catalogOperations } from '../../src/rest/platform/catalog-operations.js';
import { standardOperations } from '../../src/rest/platform/standard-operations.js';
import { newKey, publicJwk } from '../access/keys.js';
import { testDatabase } from '../support/database.js';
import { testKeys } from '../support/keys.js';
import { operationContext } from '../support/operation-context.js';
import t from '../support/tap.js';
import { type Document, householdDocument, PUBLISHER, PURPOSE, residentDocument } from './resident.js';

const { database } = await testDatabase(t);
const clock = systemClock;
const keys = await testKeys();
const log = await openLog({ database, clock, keys, node: 'one' });
const policy = await openPolicy({ database, log, clock, node: 'one', keys, origin: 'test' });
const second = await openPolicy({ database, log, clock, node: 'two', keys, origin: 'test' });
t.teardown(async () => {
  await policy.close();
  await second.close();
  await log.close();
});
const exchange = { node: 'one', database, log, policy, clock };
const everything = {
  contracts: [residentDocument(), householdDocument()],
  publishers: [PUBLISHER],
  purposes: [PURPOSE],
};

function changed(change: (d: Document) => unknown, version = '1.1'): Document {
  const document = { ...residentDocument(), version };
  change(document);
  return document;
}

async function refusal(
  contracts: unknown[],
): Promise<{ code: string; pointers: (string | undefined)[]; faults: readonly Fault[] }> {
  try {
    await publishCatalog(exchange, { contracts });
  } catch (error) {
    if (error instanceof Problem) {
      return { code: error.code, faults: error.faults, pointers: error.faults.map((fault) => fault.pointer) };
    }
    throw error;
  }
  throw new Error('It was published.');
}

async function columns(table: string): Promise<string[]> {
  const { rows } = await database.owner.query<{ name: string }>(
    `SELECT column_name AS name FROM information_schema.columns
     WHERE table_schema = 'data' AND table_name = $1 ORDER BY ordinal_position`,
    [table],
  );
  return rows.map((row) => row.name);
}

async function indexes(table: string): Promise<string[]> {
  const { rows } = await database.owner.query<{ definition: string }>(
    `SELECT pg_get_indexdef(i.indexrelid) AS definition FROM pg_index i WHERE i.indrelid = ('data.' || $1)::regclass`,
    [table],
  );
  return rows.map((row) => /\((.*)\)/.exec(row.definition)![1]!.replaceAll(' COLLATE "C"', ''));
}

async function counts(): Promise<{ records: number; entries: number; lines: number }> {
  const { rows } = await database.owner.query(
    `SELECT (SELECT count(*)::int FROM exchange.policy_record) AS records,
            (SELECT count(*)::int FROM audit.entry) AS entries, (SELECT count(*)::int FROM exchange.line) AS lines`,
  );
  return rows[0];
}

t.test('publishing creates tables, records and entries, and reaches every node before it returns', async (t) => {
  const report = await publishCatalog(exchange, everything);
  t.match(report, { unchanged: [], behind: [] });
  t.same(
    report.published.map(({ kind, id, version }) => `${kind} ${id} ${version}`),
    ['publisher police 1', 'purpose grid-service 1', 'contract police/resident/v1 1', 'contract police/household/v1 1'],
  );
  for (const node of [policy, second]) {
    t.ok(node.current().epoch >= report.epoch);
    t.ok(node.current().catalog.contracts.has('police/resident/v1'));
    t.ok(node.current().catalog.publishers.has('police'));
  }
  const contract = policy.current().catalog.contracts.get('police/resident/v1')!;
  const own = ['minor_until', '_delivery', '_since'];
  t.same(await columns('police__resident'), ['row_id', ...contract.fields.keys(), ...own]);
  t.same(await columns('police__resident_history'), ['row_id', ...contract.fields.keys(), ...own, '_until']);
  t.notOk((await columns('police__household')).includes('minor_until'));
  t.same(await indexes('police__resident'), ['row_id'], 'the others come with the first release');
  t.same(await counts(), { records: 4, entries: 4, lines: 2 });
  const { rows } = await database.owner.query(
    'SELECT kind, entry_index::int AS at FROM exchange.policy_record ORDER BY 2',
  );
  t.same(
    rows.map((row) => row.at),
    [0, 1, 2, 3],
    'each record names its own entry',
  );
});

t.test('only the reader may read the tables', async (t) => {
  const contract = policy.current().catalog.contracts.get('police/resident/v1')!;
  t.same(await database.reader.query({ text: `SELECT count(*) FROM ${liveTable(contract)}`, values: [] }), [['0']]);
  await t.rejects(database.app.query(`SELECT * FROM ${liveTable(contract)}`), { code: '42501' });
});

t.test('publishing the same again changes nothing', async (t) => {
  const stood = await counts();
  const report = await publishCatalog(exchange, everything);
  t.match(report, { published: [], behind: [] });
  t.same([...report.unchanged].sort(), ['grid-service', 'police', 'police/household/v1', 'police/resident/v1']);
  t.same(await counts(), stood);
});

t.test('a refused publication leaves nothing behind, and names its faults', async (t) => {
  const stood = await counts();
  const cases: [string, string, unknown[]][] = [
    ['breaking-change', '/contracts/0/fields/phone', [changed((d) => Object.assign(d.fields, { phone: 'false' }))]],
    [
      'breaking-change',
      '/contracts/0/key',
      [changed((d) => Object.assign(d, { key: ['id_number', 'id_kind'] }), '1.0')],
    ],
    [
      'unprocessable',
      '/contracts/0/version',
      [changed((d) => Object.assign(d, { summary: { zh: '某', en: 'x' } }), '1.0')],
    ],
    ['unprocessable', '/contracts/0/version', [changed(() => {}, '2.0')]],
    ['unprocessable', '/contracts/0/filterable/0', [changed((d) => Object.assign(d, { filterable: ['brn'] }))]],
    ['unprocessable', '/contracts/1/dataset', [householdDocument(), { ...householdDocument(), dataset: 'fire/house' }]],
    ['unprocessable', '/contracts/1/dataset', [householdDocument(), householdDocument()]],
    ['unprocessable', '/contracts/0', [null]],
  ];
  for (const [code, pointer, contracts] of cases) {
    const refused = await refusal(contracts);
    t.equal(refused.code, code, pointer);
    t.same(refused.pointers, [pointer]);
  }
  const two = await refusal([changed((d) => Object.assign(d.fields, { phone: 'false' })), changed(() => {}, '1.7')]);
  t.same([two.code, two.pointers], ['unprocessable', ['/contracts/1/dataset']]);
  const version = await refusal([changed((d) => Object.assign(d, { summary: { zh: '某', en: 'x' } }), '1.0')]);
  t.match(version.faults, [{ suggestion: '1.1' }]);
  t.same(await counts(), stood);
});

t.test('an additive change keeps the rows and adds column and indexes, under readers', async (t) => {
  await database.owner.query(
    `INSERT INTO data.police__resident (row_id, id_number, name, _since) VALUES (gen_random_uuid(), '11010519491231002X', '张三', 1)`,
  );
  const reading = await database.owner.connect();
  await reading.query('BEGIN');
  await reading.query('SELECT count(*) FROM data.police__resident');
  const publishing = publishCatalog(exchange, {
    contracts: [
      changed((d) => {
        d.fields.visits = { type: 'integer', bits: '64', title: { zh: '走访次数' }, sensitivity: 'L2' };
        d.filterable = ['id_number', 'gender', 'residence_division', 'visits', 'household_no'];
        d.sortable = ['born', 'visits'];
      }),
    ],
  });
  // While ALTER TABLE waits for the open reader, others get through as soon as it gives way.
  t.equal((await database.owner.query('SELECT count(*)::int AS n FROM data.police__resident')).rows[0].n, 1);
  await reading.query('COMMIT');
  reading.release();
  t.match(await publishing, { published: [{ kind: 'contract', id: 'police/resident/v1', version: 2 }], behind: [] });
  t.equal(second.current().catalog.contracts.get('police/resident/v1')?.minor, 1);
  for (const table of ['police__resident', 'police__resident_history']) {
    t.ok((await columns(table)).includes('visits'), table);
  }
  const now = await indexes('police__resident');
  for (const index of ['visits, row_id', 'visits DESC NULLS LAST, row_id', 'household_no, row_id'])
    t.ok(now.includes(index), index);
  t.equal((await database.owner.query('SELECT count(*)::int AS n FROM data.police__resident')).rows[0].n, 1);
});

t.test('two publications at once run one after the other', async (t) => {
  const add = (dataset: string) => ({ ...householdDocument(), dataset });
  const reports = await Promise.all([
    publishCatalog(exchange, { contracts: [add('police/household-a'), add('police/household-b')] }),
    publishCatalog(exchange, { contracts: [add('police/household-b'), add('police/household-c')] }),
  ]);
  const published = reports.flatMap((report) => report.published.map(({ id }) => id)).sort();
  t.same(published, ['police/household-a/v1', 'police/household-b/v1', 'police/household-c/v1']);
  t.same(
    reports.flatMap((report) => report.unchanged),
    ['police/household-b/v1'],
  );
});

t.test('the routes: reading for every application, publishing for operators', async (t) => {
  const by = { actor: null, request: clock.uuid() };
  for (const [clientId, roles] of [
    ['clerk', []],
    ['ops', ['operator']],
  ] as const) {
    const jwks = { keys: [publicJwk(clientId, newKey().publicKey)] };
    await registerApplication(
      exchange,
      { clientId, title: clientId, department: 'exchange', roles: [...roles], jwks },
      by,
    );
  }
  const app = Fastify({ genReqId: () => clock.uuid() });
  installProblems(app, 'http://127.0.0.1');
  const seconds = Math.floor(clock.now() / 1000);
  app.addHook('onRequest', async (request) => {
    const sub = String(request.headers['x-test-as']);
    const subject: Subject = { issuer: 'here', sub, audience: 'platform', issuedAt: seconds, expiresAt: seconds + 300 };
    request.subject = subject;
  });
  const operations = [...catalogOperations, ...standardOperations];
  await app.register(serveOperations, { operations, context: operationContext({ exchange }) });
  t.teardown(() => app.close());
  const ask = async (as: string, method: 'GET' | 'POST', url: string, payload?: object, key?: string) => {
    const headers = { 'x-test-as': as, ...(key === undefined ? {} : { 'idempotency-key': key }) };
    const reply = await app.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) });
    return { status: reply.statusCode, body: reply.json() };
  };

  const list = await ask('clerk', 'GET', '/api/v1/catalog');
  t.equal(list.status, 200);
  t.ok(list.body.data.some((contract: { id: string }) => contract.id === 'police/resident/v1'));
  const one = await ask('clerk', 'GET', '/api/v1/catalog/police/resident/v1');
  t.match(one.body.data, { version: '1.1', key: ['id_number'], document: { dataset: 'police/resident' } });
  t.equal((await ask('clerk', 'GET', '/api/v1/catalog/police/resident/v9')).status, 404);
  const standard = await ask('clerk', 'GET', '/api/v1/standard');
  t.equal(standard.body.entities.length, 27);
  t.equal((await ask('nobody', 'GET', '/api/v1/standard')).status, 401);

  const contracts = [{ ...householdDocument(), dataset: 'police/household-d' }];
  t.equal((await ask('clerk', 'POST', '/api/v1/catalog', { contracts }, 'k1')).status, 403);
  t.equal((await ask('clerk', 'POST', '/api/v1/catalog/check', { contracts })).status, 403);
  t.equal((await ask('ops', 'POST', '/api/v1/catalog', { contracts })).body.code, 'idempotency-key-missing');
  t.match(await ask('ops', 'POST', '/api/v1/catalog/check', { contract: [] }), {
    status: 400,
    body: { errors: [{ pointer: '/contract', suggestion: 'contracts' }] },
  });
  const checked = await ask('ops', 'POST', '/api/v1/catalog/check', { contracts });
  t.match(checked, { status: 200, body: { published: [{ kind: 'contract', id: 'police/household-d/v1' }] } });
  t.notOk(policy.current().catalog.contracts.has('police/household-d/v1'), 'checking publishes nothing');
  const published = await ask('ops', 'POST', '/api/v1/catalog', { contracts }, 'k2');
  t.match(published, { status: 200, body: { published: [{ id: 'police/household-d/v1', version: 1 }], behind: [] } });
  t.same(
    await ask('ops', 'POST', '/api/v1/catalog', { contracts }, 'k2'),
    published,
    'the same key gives the same reply',
  );
  const breaking = [{ ...contracts[0], version: '1.1', filterable: [] }];
  t.match(await ask('ops', 'POST', '/api/v1/catalog', { contracts: breaking }, 'k3'), {
    status: 422,
    body: { code: 'breaking-change', errors: [{ pointer: '/contracts/0/filterable' }] },
  });
});
