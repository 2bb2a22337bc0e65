import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { approveUpstream, withdrawUpstream } from '../../src/access/upstreams/change-upstream.js';
import { storeSecret } from '../../src/access/upstreams/secret.js';
import type { UpstreamDraft } from '../../src/access/upstreams/upstream.js';
import { parseYaml } from '../../src/catalog/yaml/parse-yaml.js';
import type { CatalogDraft, ColumnDraft } from '../../src/ingest/draft/catalog-draft.js';
import { writeRun } from '../../src/platform/data-directory.js';
import { command } from '../cli/command.js';
import { workbook, XLSX } from '../ingest/workbooks.js';
import { departmentDatabase } from '../support/department.js';
import { type Reply, testNode } from '../support/node.js';
import t from '../support/tap.js';
import { formCases } from './form-cases.js';
import { UNSEEN } from './headings.js';
import { csv, HEAD, NAMES, numberOf, people } from './parking.js';

const dataDir = t.testdir();
const node = await testNode(t, { config: { dataDir } });
const { exchange } = node;
const key = await node.register('parks', { department: 'housing', roles: ['publisher'] });
await node.register('other', { department: 'police', roles: ['publisher'] });
await node.register('boss', { department: 'exchange', roles: ['operator'] });
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

const DRAFTS = '/api/v1/catalog/drafts';
interface Sending {
  as?: string;
  type?: string;
  query?: string;
}
const post = (body: unknown, { as = 'parks', type = 'text/csv', query = 'dataset=housing/parking' }: Sending = {}) =>
  node.ask('POST', `${DRAFTS}?${query}`, { as, headers: { 'content-type': type }, body });
async function drafted(body: unknown, sending?: Sending): Promise<CatalogDraft> {
  const reply = await post(body, sending);
  if (reply.status !== 200) throw new Error(reply.text.slice(0, 500));
  return reply.body.data;
}
const columnOf = ({ columns }: CatalogDraft, heading: string): ColumnDraft => {
  const found = columns.find((column) => column.heading === heading);
  if (found === undefined) throw new Error(`no column ${heading}`);
  return found;
};

t.test(
  'a workbook with a title becomes a draft: elements with reasons, key, codes, protection, decisions',
  async (t) => {
    const body = await workbook({ 台账: [['2026年 车位租赁台账'], [], HEAD, ...people(60)] });
    const draft = await drafted(body, { type: XLSX, query: 'dataset=housing/parking&entity=person&title=车位承租人' });
    t.match(draft, { rows: 60, complete: true, broken: 0, entity: { name: 'person' } });
    t.match(columnOf(draft, '身份证号'), {
      field: 'id_number',
      element: 'person.id_number',
      standard: true,
      empty: 0,
      unique: true,
      sensitivity: 'L3',
      mask: 'id-number',
      values: [],
    });
    t.match(columnOf(draft, '身份证号').reasons, [{ zh: /表头/, en: /heading/ }, { zh: /公民身份号码/ }]);
    t.match(columnOf(draft, '性别'), {
      codes: [
        { word: '男', code: '1' },
        { word: '女', code: '2' },
      ],
      values: [
        { value: '女', rows: 30 },
        { value: '男', rows: 30 },
      ],
    });
    t.match(columnOf(draft, '所属社区'), { field: 'residence_division', scope: true, filterable: true });
    t.match(columnOf(draft, '车位编号'), { standard: false, unique: true });
    t.same(draft.keys[0], { ...draft.keys[0], fields: ['id_number'] });
    t.same(draft.document.subjects, ['id_number']);
    t.same(draft.document.title, { zh: '车位承租人', en: 'Person' });
    const paths = draft.decisions.map(({ path }) => path);
    for (const path of ['/sharing/attribute', '/sharing/basis', '/assessments/secrecy', '/classification'])
      t.ok(paths.includes(path), path);
    const read = parseYaml(draft.yaml);
    t.same('value' in read && read.value, draft.document, 'the YAML reads back as the document');
  },
);

t.test(
  'what a person decides makes of the draft a contract that takes the file that it was drafted from',
  async (t) => {
    const file = csv(people(60));
    const { document } = await drafted(file, { query: 'dataset=housing/parking&entity=person' });
    const contract = {
      ...document,
      title: { zh: '车位承租人', en: 'Tenants of parking places' },
      summary: { zh: '车位承租人', en: 'Tenants of parking places' },
      resource: { ...document.resource, code: '303003002/000091', update: 'monthly' },
      classification: { category: '物业服务', grade: 'general-3' },
      sharing: { attribute: 'conditional', modes: ['api'], scope: '区级部门', use: '停车管理' },
      assessments: { secrecy: '不涉密', 'personal-information': '已评估', 'approved-by': '负责人' },
      // The file has no kind of document: all its numbers are residents' own.
      fields: { ...document.fields, status: 'false', id_kind: 'false' },
    };
    const published = await node.ask('POST', '/api/v1/catalog', {
      as: 'boss',
      headers: { 'idempotency-key': 'parking' },
      body: { contracts: [contract] },
    });
    t.equal(published.status, 200, published.text);
    const fields = exchange.policy.current().catalog.contracts.get('housing/parking/v1')?.fields ?? new Map();
    const masks = Object.fromEntries([...fields.keys()].map((name) => [name, 'none' as const]));
    await node.grant({ application: 'parks', dataset: 'housing/parking', mode: 'deliver', masks });
    const delivered = await node.ask('POST', '/data/housing/parking/v1/deliveries?mode=snapshot', {
      as: 'parks',
      headers: { 'content-type': 'text/csv', 'idempotency-key': 'parking-rows' },
      body: file,
    });
    t.match(delivered.body, { state: 'published', accepted: 60, rejected: 0 });
  },
);

t.test('values are shown where each is in twenty rows and names nobody; nothing of the file stays', async (t) => {
  const rare = (i: number) => (i === 0 ? '未知的性别' : i % 2 === 0 ? '男' : '女');
  const draft = await drafted(csv(people(80, rare)), { query: 'dataset=housing/parking&entity=person' });
  t.same(columnOf(draft, '性别').values, [], 'one value is in a single row: none is shown');
  t.match(
    columnOf(draft, '性别').codes,
    [{ word: '未知的性别' }, { word: '男性', code: '1' }],
    'the titles of the list stand in',
  );
  t.equal(columnOf(draft, '学历').values.length, 2);
  t.same(columnOf(draft, '姓名').values, [], 'four names, each in twenty rows');
  const head = ['工单号', '处理人', '联系人电话', '地点', '班组'];
  const rows = Array.from({ length: 80 }, (_, i) => [
    `W${i}`,
    NAMES[i % 2],
    '13800000000',
    '盛世康城3号楼2单元',
    i % 2 === 0 ? '早班' : '晚班',
  ]);
  const other = await drafted(csv(rows, head));
  for (const heading of ['处理人', '联系人电话', '地点']) t.same(columnOf(other, heading).values, [], heading);
  t.equal(columnOf(other, '班组').values.length, 2);
  for (const text of [JSON.stringify(draft), JSON.stringify(other)])
    for (const secret of [...NAMES, numberOf(0), '13800000000', '盛世康城']) t.notMatch(text, secret);
  const spool = join(dataDir, 'spool');
  t.same(readdirSync(spool), [], 'the body has no name on disk');
  const { rows: entries } = await exchange.database.app.query(
    'SELECT count(*)::int AS n FROM audit.entry WHERE event = $1',
    ['source.looked-at'],
  );
  t.equal(entries[0].n, 0, 'a file has no entry');
});

t.test('40 headings that the demo does not use get their element from words and pinyin alone', async (t) => {
  let [right, all] = [0, 0];
  for (const [entity, headings] of Object.entries(UNSEEN)) {
    const draft = await drafted(csv([], Object.keys(headings)), { query: `dataset=housing/parking&entity=${entity}` });
    for (const [heading, element] of Object.entries(headings)) {
      all++;
      const found = columnOf(draft, heading).element;
      if (found === `${entity}.${element}`) right++;
      else t.comment(`${heading}: ${found}, not ${entity}.${element}`);
    }
  }
  t.comment(`${right} of ${all} unseen headings`);
  t.ok(all >= 40);
  t.ok(right >= 0.8 * all, `${right} of ${all}`);
});

t.test('keys are borne out by the rows: composite ones too', async (t) => {
  const head = ['房屋编码', '账期', '收费项目', '应收金额', '缴费状态', '应缴日期'];
  const rows = Array.from({ length: 1_500 }, (_, i) => [
    `H${i >> 1}`,
    '2026-01',
    i % 2 ? '物业费' : '停车费',
    '12.50',
    '欠费',
    '2026-01-31',
  ]);
  const draft = await drafted(csv(rows, head));
  t.equal(draft.entity?.name, 'fee_bill');
  t.same(
    draft.keys.map(({ fields }) => fields),
    [['house_code', 'period', 'fee_kind']],
  );
  const again = await drafted(csv([...rows, rows[0]!], head));
  t.same(again.keys, [], 'one row comes twice');
  t.ok(again.decisions.some(({ path }) => path === '/key'));
});

t.test('a person may draft for the own department as its operator, and nobody for another', async (t) => {
  await node.person('qian.li', { department: 'housing', roles: ['department-operator'] });
  await node.person('sun.wei', { department: 'housing', roles: ['department-manager'] });
  await node.person('li.na', { department: 'police', roles: ['department-operator'] });
  await node.person('zhou.yun', { department: 'exchange', roles: ['platform-operator'] });
  const body = csv(people(2));
  t.equal((await post(body, { as: 'qian.li' })).status, 200);
  t.equal((await post(body, { as: 'boss' })).status, 200, 'an operator registers for others');
  for (const as of ['sun.wei', 'li.na', 'zhou.yun', 'other']) t.match(await post(body, { as }), { status: 403 }, as);
  t.equal(
    (await node.ask('POST', `${DRAFTS}?dataset=housing/parking`, { body, headers: { 'content-type': 'text/csv' } }))
      .status,
    401,
  );
});

t.test('what is no table, or not ours, is refused and told', async (t) => {
  const json = 'application/json';
  const wide = Array.from({ length: 301 }, (_, i) => `列${i}`);
  const cases: [string, Promise<Reply>, number, string][] = [
    ['no dataset', post('a,b\n', { query: '' }), 400, 'bad-value'],
    ['a dataset that is no name', post('a,b\n', { query: 'dataset=Housing/Parking' }), 400, 'bad-value'],
    ['an entity that is none', post('a,b\n1,2\n', { query: 'dataset=housing/parking&entity=car' }), 400, 'bad-value'],
    ['another parameter', post('a,b\n', { query: 'dataset=housing/parking&mode=delta' }), 400, 'unknown-parameter'],
    ['another media type', post('a', { type: 'application/pdf' }), 415, 'unsupported-media-type'],
    ['an empty file', post(''), 422, 'unprocessable'],
    ['text as a workbook', post('a,b', { type: XLSX }), 422, 'unprocessable'],
    ['a workbook as text', post(await workbook({ a: [['a']] })), 422, 'unprocessable'],
    ['too many columns', post(csv([], wide)), 422, 'unprocessable'],
    ['a heading twice', post('姓名,姓名\n1,2\n'), 422, 'unprocessable'],
    [
      'no gzip',
      node.ask('POST', `${DRAFTS}?dataset=housing/parking`, {
        as: 'parks',
        headers: { 'content-type': 'text/csv', 'content-encoding': 'gzip' },
        body: 'a,b',
      }),
      400,
      'bad-body',
    ],
    ['JSON that is none', post('{', { type: json }), 400, 'bad-body'],
    ['a table without an upstream', post({ table: 'fees' }, { type: json }), 400, 'bad-body'],
    ['an upstream that is none', post({ upstream: 'housing/none', table: 'fees' }, { type: json }), 404, 'not-found'],
    ['much JSON', post({ upstream: 'x'.repeat(5_000), table: 'fees' }, { type: json }), 413, 'too-large'],
  ];
  for (const [name, sent, status, code] of cases) t.match(await sent, { status, body: { code } }, name);
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

formCases(node);
