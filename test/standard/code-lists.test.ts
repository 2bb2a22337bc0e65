import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { RECORD_EVENTS } from '../../src/access/policy/records.js';
import { publishCatalog } from '../../src/exchange/publishing/publish-contract.js';
import { writeRun } from '../../src/platform/data-directory.js';
import { renderOpenapi } from '../../src/rest/openapi/document.js';
import { command } from '../cli/command.js';
import { type Asking, type Reply, type TestNode, testNode } from '../support/node.js';
import t from '../support/tap.js';

// A tenant changes code lists of the running standard: in force on every node without a restart, refused where rows or contracts need a code.
const PURPOSE = { 'exchange-purpose': 'stall-service' };
const LISTS = '/api/v1/standard/code-lists';
const ROWS = '/data/market/stall/v1/rows';
const title = (zh: string) => ({ zh, en: zh });

const node = await testNode(t, { catalog: false });
const other = await testNode(t, { beside: node });
const terms = {
  version: '1.0',
  title: title('摊位'),
  summary: title('便民摊位'),
  resource: { code: '303009001/000001', format: 'database', update: 'daily' },
  classification: { category: '商贸', grade: 'general-1' },
  sharing: {
    attribute: 'unconditional',
    modes: ['api'],
    scope: '全部',
    use: '履职',
    basis: '《政务数据共享条例》第十五条',
  },
  assessments: { secrecy: '不涉密', 'personal-information': '无', 'approved-by': '机构负责人' },
};
const stall = {
  ...terms,
  dataset: 'market/stall',
  key: 'no',
  fields: {
    no: { type: 'text', length: '10', title: title('编号'), sensitivity: 'L1', from: '编号' },
    kind: {
      type: 'code',
      list: 'event-category',
      title: title('类别'),
      sensitivity: 'L1',
      from: ['类别'],
      codes: { 纠纷: '01' },
    },
    settlement: { type: 'code', list: 'settlement', title: title('城乡'), sensitivity: 'L1' },
    skills: {
      type: 'list',
      of: { type: 'code', list: 'volunteer-skill' },
      title: title('服务'),
      sensitivity: 'L1',
    },
  },
  filterable: ['no', 'kind', 'settlement'],
  delivery: { 'reject-at-most': '100%', 'delete-at-most': '100%', source: { kind: 'file' } },
};
await publishCatalog(node.exchange, {
  publishers: [{ slug: 'market', title: title('市场'), uscc: '11370399000000019N', kind: 'department' }],
  purposes: [{ code: 'stall-service', title: title('便民'), law: '《政务数据共享条例》第二十一条' }],
  contracts: [stall],
});
const bossKey = await node.register('boss', { department: 'market', roles: ['operator'] });
await node.register('sender', { department: 'market', roles: ['publisher'] });
await node.register('reader');
const purposes = ['stall-service'];
await node.grant({ application: 'sender', dataset: 'market/stall', mode: 'deliver', fields: [], purposes });
await node.grant({ application: 'reader', dataset: 'market/stall', purposes });

interface Given {
  code: string;
  title: { zh: string; en?: string };
  retired?: boolean;
}
const list = async (name: string, at: TestNode = node) =>
  at.exchange.policy.current().catalog.standard.codeLists.get(name);
const codesOf = async (name: string): Promise<Given[]> =>
  [...(await list(name))!.codes].map(([code, { title: told, retired }]) => ({ code, title: told, retired }));
let keys = 0;
function put(name: string, codes: readonly Given[], more: object = {}, asking: Asking = {}): Promise<Reply> {
  const headers = { 'idempotency-key': `list-${++keys}` };
  return node.ask('PUT', `${LISTS}/${name}`, {
    as: 'boss',
    headers,
    body: { codes, note: '会议纪要', ...more },
    ...asking,
  });
}
function deliver(rows: object[]): Promise<Reply> {
  const headers = { 'idempotency-key': `rows-${++keys}`, 'content-type': 'application/x-ndjson' };
  const body = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  return node.ask('POST', '/data/market/stall/v1/deliveries?mode=delta', { as: 'sender', headers, body });
}
const token = async () => ({ authorization: `Bearer ${await node.token('reader')}`, ...PURPOSE });
const read = async (query: string, at: TestNode = node) =>
  at.ask('GET', `${ROWS}?${query}`, { headers: await token() });
const rulesOf = (reply: Reply) => reply.body.report.faults.map(({ rule }: { rule: string }) => rule);

t.test(
  'a code that is added is in force on every node at once: deliveries, filters at both doors, OpenAPI',
  async (t) => {
    const before = await deliver([{ no: 'A1', kind: '08' }]);
    t.same(rulesOf(before), ['code']);
    t.equal((await read('kind=08')).body.code, 'bad-value');
    const changed = await put('event-category', [
      ...(await codesOf('event-category')),
      { code: '08', title: { zh: '低空飞行', en: 'Low flight' } },
    ]);
    t.equal(changed.status, 200, changed.text);
    t.match(changed.body, { data: { version: 1, codeCount: 9, contracts: ['market/stall/v1'] }, behind: [] });
    t.match(changed.headers.get('exchange-receipt'), /^index=\d+/);
    const index = Number(/index=(\d+)/.exec(changed.headers.get('exchange-receipt')!)![1]);
    const { rows } = await node.exchange.database.app.query('SELECT bytes FROM audit.entry WHERE index = $1', [index]);
    const entry = JSON.parse(rows[0].bytes.toString());
    t.match(entry, { event: 'code-list.changed', actor: { application: 'boss' } });
    t.match(entry.detail.record, { kind: 'code-list', id: 'event-category', version: 1 });

    t.equal((await list('event-category', other))?.version, 1, 'the other node serves it');
    t.equal((await deliver([{ no: 'A1', kind: '08', settlement: '1', skills: ['01'] }])).body.accepted, 1);
    for (const at of [node, other]) {
      t.same(
        (await read('kind=08&_select=no', at)).body.data.map(({ no }: { no: string }) => no),
        ['A1'],
      );
      const query = '{ market { stall_list(where: { kind: { eq: "08" } }) { nodes { no kind } } } }';
      const asked = await at.ask('POST', '/graphql/v1', { headers: await token(), body: { query } });
      t.same(asked.body.data.market.stall_list.nodes, [{ no: 'A1', kind: '08' }], asked.text);
    }
    t.equal((await read('kind=77')).body.code, 'bad-value');
    const { components } = await renderOpenapi(other.exchange.policy.current().catalog);
    const codes = components.schemas!['Codes-event-category'] as { enum: string[]; description: string };
    t.ok(codes.enum.includes('08') && codes.description.includes('08 低空飞行'));
  },
);

t.test('a retired code stays in rows and filters, and is refused in new deliveries', async (t) => {
  const retire = (code: string) => (one: Given) => (one.code === code ? { ...one, retired: true } : one);
  t.equal((await put('event-category', (await codesOf('event-category')).map(retire('08')))).status, 200);
  t.equal((await put('event-category', (await codesOf('event-category')).map(retire('01')))).status, 200);
  t.equal((await put('volunteer-skill', (await codesOf('volunteer-skill')).map(retire('02')))).status, 200);
  t.same(rulesOf(await deliver([{ no: 'A2', kind: '08' }])), ['retired-code']);
  t.same(rulesOf(await deliver([{ no: 'A2', 类别: '纠纷' }])), ['retired-code'], 'mapped to it');
  t.same(rulesOf(await deliver([{ no: 'A2', skills: ['01', '02'] }])), ['retired-code']);
  t.equal((await deliver([{ no: 'A2', skills: ['01'] }])).body.accepted, 1);
  t.equal((await read('kind=08')).body.data.length, 1);
  const { data } = (await node.ask('GET', `${LISTS}/event-category`, { as: 'boss' })).body;
  t.match(data, {
    version: 3,
    retiredCount: 2,
    history: [{ added: ['08'] }, { retired: ['08'] }, { retired: ['01'] }],
  });
  t.match(data.history[0], { note: '会议纪要', department: 'market' });
});

t.test('refused changes of a list, each with its place', async (t) => {
  const gender = await codesOf('GB-T-2261.1_gender');
  const category = await codesOf('event-category');
  const added = { code: 'x', title: { zh: '新' } };
  const without = (codes: Given[], code: string) => codes.filter((one) => one.code !== code);
  const renamed = gender.map((one) => (one.code === '1' ? { ...one, title: { zh: '男' } } : one));
  const refused: [string, Given[], object, number, RegExp][] = [
    ['GB-T-2261.1_gender', without(gender, '9'), {}, 422, /9 is left out, and is fixed by GB\/T 2261\.1/],
    ['GB-T-2261.1_gender', renamed, {}, 422, /1 is fixed by GB\/T 2261\.1/],
    ['GB-T-2261.1_gender', gender.map((one) => ({ ...one, retired: true })), {}, 422, /0 is fixed/],
    ['GB-T-2261.1_gender', [...gender, added], { title: { zh: '性' } }, 422, /keeps its title/],
    ['event-category', without(category, '03'), {}, 422, /03 is left out, and ships with the standard/],
    [
      'event-category',
      without(category, '08'),
      {},
      422,
      /08 is left out, and stands in rows of market\/stall\/v1 \(kind\)/,
    ],
    ['event-category', [...category, category[0]!], {}, 422, /01 appears twice here/],
    ['event-category', [...category, added], { basedOn: 2 }, 409, /Version 3 .* not 2/],
    ['stall-kind', [added], {}, 422, /a new list needs its title/],
    ['Stall', [added], { title: { zh: '摊' } }, 422, /not a name for a list/],
    ['a', [added], { title: { zh: '摊' }, basedOn: 1 }, 409, /Version 0/],
    ['event-category', [], {}, 400, /codes/],
    ['event-category', [{ code: '', title: { zh: '空' } }], {}, 400, /code/],
    ['event-category', [{ code: 'a b', title: { zh: '空' } }], {}, 400, /code/],
    ['event-category', [{ code: 'a', title: { zh: 'a\u0000' } }], {}, 400, /title/],
    ['event-category', [{ code: 'a', title: {} as never }], {}, 400, /zh/],
    ['event-category', category, { note: '' }, 400, /note/],
    ['event-category', category, { codez: [] }, 400, /codez.*codes/],
    ['..%2fapplications', category, {}, 404, /./],
  ];
  for (const [name, codes, more, status, told] of refused) {
    const reply = await put(name, codes, more);
    t.equal(reply.status, status, `${name} ${told.source}: ${reply.text}`);
    t.match(reply.text, told);
  }
  t.equal((await put('event-category', category, {}, { as: 'reader' })).status, 403);
  const anyone = { body: { codes: category, note: 'x' }, headers: { 'idempotency-key': 'n' } };
  t.equal((await node.ask('PUT', `${LISTS}/event-category`, anyone)).status, 401);
  t.equal((await put('event-category', category, {}, { headers: {} })).body.code, 'idempotency-key-missing');
  t.equal((await list('event-category'))?.version, 3, 'nothing of it left a version');
  t.equal((await put('event-category', category)).body.data.version, 3, 'the same list is no change');
});

t.test('a list of the tenant: made, mapped to by a contract; only unused codes can be removed', async (t) => {
  const codes = [1, 2, 3].map((code) => ({ code: String(code), title: { zh: `第${code}类 <b>` } }));
  const headers = { 'idempotency-key': 'once' };
  const made = await put('stall-kind', codes, { title: title('摊位类别') }, { headers });
  t.equal(made.status, 201, made.text);
  t.equal(made.headers.get('location'), `${LISTS}/stall-kind`);
  t.equal((await put('stall-kind', codes, { title: title('摊位类别') }, { headers })).text, made.text, 'the same key');
  t.equal((await put('stall-kind', codes.slice(1), {}, { headers })).body.code, 'idempotency-key-reused');
  const field = { type: 'code', list: 'stall-kind', title: title('类'), sensitivity: 'L1' };
  await publishCatalog(node.exchange, {
    contracts: [{ ...stall, version: '1.1', fields: { ...stall.fields, sort: { ...field, codes: { 甲: '1' } } } }],
  });
  t.equal(
    (await deliver([{ no: 'A3', sort: '2' }])).body.rejected,
    1,
    'under its own name the codes of the sender count',
  );
  const mapped = await put('stall-kind', codes.slice(1));
  t.match(mapped.body.errors[0].reason, '1 is left out, and market/stall/v1 maps to it (sort)');
  const gone = await put('stall-kind', codes.slice(0, 2), { basedOn: 1 });
  t.match(gone.body.data.history.at(-1), { version: 2, removed: ['3'] }, gone.text);
});

t.test('as JSON for applications, as pages for anyone', async (t) => {
  const get = (path: string) => node.ask('GET', `/api/v1/standard${path}`, { as: 'reader' });
  t.match((await get('')).body, { major: 1, version: '1 event-category@3 stall-kind@2 volunteer-skill@1' });
  const person = (await get('/entities/person')).body.data;
  t.equal(person.schema.$schema, 'https://json-schema.org/draft/2020-12/schema');
  t.ok(person.elements.some((one: { name: string; codeList: string }) => one.codeList === 'GB-T-2261.1_gender'));
  t.equal((await get('/entities')).body.data.length, 27);
  t.ok((await get('/elements?entity=grid')).body.data.every((one: { entity: string }) => one.entity === 'grid'));
  t.ok((await get('/elements')).body.data.length > 240);
  t.match(
    (await get('/code-lists')).body.data.find((one: { name: string }) => one.name === 'stall-kind'),
    { version: 2 },
  );
  for (const [path, status, code] of [
    ['/elements?entity=persn', 400, 'bad-value'],
    ['/elements?entity=grid&entity=grid', 400, 'repeated-parameter'],
    ['/elements?name=x', 400, 'unknown-parameter'],
    ['/entities?x=1', 400, 'unknown-parameter'],
    ['/entities/nobody', 404, 'not-found'],
    ['/code-lists/nothing', 404, 'not-found'],
  ] as const) {
    t.match(await get(path), { status, body: { code } }, path);
  }
  t.equal((await node.ask('GET', '/api/v1/standard/elements')).status, 401);

  const links = new Set<string>();
  const pages = ['', '/entities/person', '/code-lists/event-category', '/code-lists/stall-kind'];
  for (const path of pages) {
    const page = await node.ask('GET', `/standard${path}`);
    t.equal(page.status, 200, path);
    t.match(page.headers.get('content-security-policy'), /default-src 'none'/);
    t.notMatch(page.text, /<script|<style| style=| on\w+=|<b>/i, 'nothing inline, and no markup of a tenant');
    for (const [, href] of page.text.matchAll(/href="(\/s[^"]+)"/g)) links.add(href!);
  }
  const broken = await Promise.all([...links].map(async (link) => (await node.ask('GET', link)).status !== 200));
  t.ok(links.size > 70 && !broken.includes(true), 'every link leads to a page');
  t.match((await node.ask('GET', '/standard/code-lists/event-category')).text, /低空飞行.*已停用[\s\S]*会议纪要/);
  t.equal((await node.ask('GET', '/standard/code-lists/nothing')).status, 404);
});

t.test('exchange standard: export, edit, apply', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'civic-exchange-lists-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  writeRun(directory, { pid: process.pid, baseUrl: node.baseUrl, node: 'x', startedAt: '2026-11-24T00:00:00Z' });
  const key = join(directory, 'boss.jwk');
  writeFileSync(key, JSON.stringify(bossKey), { mode: 0o600 });
  const run = (...args: string[]) =>
    command(t, 'standard', ...args, '--as', 'boss', '--key', key, '--data-dir', directory);
  t.match((await run('list')).stdout, /GB-T-2261\.1_gender {2}性别 {2}GB\/T 2261\.1 {2}v0 {2}4 codes/);
  t.match((await run('show', 'event-category')).stdout, /08 {2}低空飞行 {2}Low flight {2}\(retired\)/);
  t.equal(JSON.parse((await run('show', 'settlement', '--json')).stdout).data.codes.length, 2);
  const file = join(directory, 'settlement.csv');
  t.equal((await run('export', 'settlement', '-o', file)).code, 0);
  writeFileSync(file, `${readFileSync(file, 'utf8')}3,"城乡,结合",Between,\n`);
  const applied = await run('apply', file, '--note', '增加', '--based-on', '0');
  t.match([applied.code, applied.stdout], [0, /settlement {2}v1 {2}3 codes/], applied.stderr);
  t.match((await run('export', 'settlement')).stdout, /3,"城乡,结合",Between,/);
  for (const [content, code, told] of [
    ['code,title_zh\n1,城镇\n', 1, /2 is left out/],
    ['code,title_zh,retired\n1,城镇,maybe\n', 2, /:2: retired/],
    ['code,title_zh\n,城镇\n', 2, /:2: code/],
    ['code,title_zh\n"1,城镇\n', 2, /not a readable CSV/],
  ] as const) {
    writeFileSync(file, content);
    const ended = await run('apply', file, '--note', 'x');
    t.match([ended.code, ended.stderr], [code, told]);
  }
  t.equal((await run('apply', join(directory, 'none.csv'), '--note', 'x')).code, 2);
});

t.test('a list written by hand opens nothing', async (t) => {
  const sql = new pg.Client({ connectionString: node.databaseUrl });
  await sql.connect();
  t.teardown(() => sql.end());
  const { rows } = await sql.query<{ definition: string }>(
    `SELECT pg_get_indexdef(indexrelid) AS definition FROM pg_index WHERE indexrelid = 'audit.policy_entry'::regclass`,
  );
  for (const event of Object.values(RECORD_EVENTS).flat())
    t.match(rows[0]!.definition, `'${event}'`, 'walked by index');
  await sql.query(
    `INSERT INTO exchange.policy_record (kind, id, version, document, entry_index)
     SELECT kind, id, 9, replace(document, '市政设施', '什么都行'), entry_index FROM exchange.policy_record WHERE kind = 'code-list' AND id = 'event-category' AND version = 3`,
  );
  await sql.query(
    `UPDATE exchange.policy_record SET document = replace(document, '"2"', '"9"') WHERE kind = 'code-list' AND id = 'settlement'`,
  );
  const upstream = {
    publisher: 'housing',
    name: 'evil',
    kind: 'http',
    host: '127.0.0.1',
    port: 1,
    tls: 'none',
    status: 'approved',
  };
  await sql.query(
    `INSERT INTO exchange.policy_record (kind, id, version, document, entry_index)
     SELECT 'upstream', 'housing/evil', 1, $1, max(entry_index) FROM exchange.policy_record`,
    [JSON.stringify(upstream)],
  );
  const fresh = await testNode(t, { beside: node });
  t.equal(fresh.exchange.policy.current().upstreams.size, 0, 'nor does a system to call');
  t.match(await list('event-category', fresh), { version: 3 });
  t.equal((await list('event-category', fresh))?.codes.get('07')?.title.zh, '市政设施');
  t.match(await list('settlement', fresh), { version: 0, history: [] }, 'altered: as it shipped');
});
