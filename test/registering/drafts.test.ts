import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseYaml } from '../../src/catalog/yaml/parse-yaml.js';
import type { CatalogDraft, ColumnDraft } from '../../src/ingest/draft/catalog-draft.js';
import { workbook, XLSX } from '../ingest/workbooks.js';
import { type Reply, testNode } from '../support/node.js';
import t from '../support/tap.js';
import { formCases } from './form-cases.js';
import { UNSEEN } from './headings.js';
import { csv, HEAD, NAMES, numberOf, people } from './parking.js';

const dataDir = t.testdir();
const node = await testNode(t, { config: { dataDir } });
const { exchange } = node;
await node.register('parks', { department: 'housing', roles: ['publisher'] });
await node.register('other', { department: 'police', roles: ['publisher'] });
await node.register('boss', { department: 'exchange', roles: ['operator'] });

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
    t.same(draft.document.title, { zh: '车位承租人', en: '车位承租人' });
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

formCases(node);
