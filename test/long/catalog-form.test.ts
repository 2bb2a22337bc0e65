import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { publishCatalog } from '../../src/exchange/publishing/publish-contract.js';
import { writeRun } from '../../src/platform/data-directory.js';
import { command } from '../cli/command.js';
import { ITEMS, OpenForm, PARKING } from '../registering/form.js';
import { FORM, formAt } from '../registering/form-cases.js';
import { testNode } from '../support/node.js';

const dataDir = t.testdir();
const node = await testNode(t, { config: { dataDir } });
const { exchange } = node;
const key = await node.register('boss', { department: 'exchange', roles: ['operator'] });
writeRun(dataDir, { pid: process.pid, baseUrl: node.baseUrl, node: exchange.node, startedAt: '2026-11-29T00:00:00Z' });
const keyFile = join(dataDir, 'boss.jwk');
writeFileSync(keyFile, JSON.stringify(key), { mode: 0o600 });
const server = ['--as', 'boss', '--key', keyFile, '--data-dir', dataDir];
const { bytesOf, form, post, entriesOf, filled } = formAt(node);

t.test('every column of a published entry can be changed in the form, and comes out as it went in', async (t) => {
  const open = await form('?publisher=housing');
  const row = open.entry('楼栋');
  const changes = {
    ...PARKING,
    信息资源代码: open.cell('信息资源代码', row).text,
    信息资源分类: open.cell('信息资源分类', row).text,
  };
  open.fill(row, changes);
  open.fill(row, { 数据类型: '备注型 M', 数据长度: '300', 是否可为空: '否' });
  const after = open.rows();
  const changed = (await entriesOf(await open.bytes())).filter(({ state }) => state !== 'unchanged');
  t.same(
    changed.map(({ dataset, state, document }) => [dataset, state, document.version]),
    [['housing/building', 'changed', '1.1']],
  );
  await publishCatalog(exchange, { contracts: changed.map(({ document }) => document) });
  t.same((await form('?publisher=housing')).rows(), after);
  t.equal(
    exchange.policy.current().catalog.contracts.get('housing/building/v1')?.title.en,
    'Building',
    'what the form does not carry stays',
  );
});

t.test('the form says what is wrong in the cell itself, and a thousand times where a thousand are', async (t) => {
  const long = 'x'.repeat(1_001);
  const cases: [string, string, RegExp][] = [
    ['信息资源分类', '9030', /首位/],
    ['信息资源名称', '停车管理系统', /系统名称/],
    ['信息资源名称', '停车位  信息', /空格/],
    ['信息资源代码', '303003001/1', /不一致/],
    ['信息资源代码', 'P-1', /分类代码/],
    ['信息资源提供方', '住建局', /登记的名称/],
    ['信息资源提供方代码', '11370399000000035D', /校验位/],
    ['信息资源摘要', long, /超过 1000/],
    ['信息资源格式分类', '数据湖', /应为/],
    ['信息资源格式类型', 'xlsx', /应为：Dm/],
    ['共享类型', '部分共享', /应为/],
    ['共享条件', '无条件', /共享范围/],
    ['共享方式类型', '邮寄', /应为/],
    ['共享方式类型', '文件下载', /数据库或服务接口/],
    ['是否向社会开放', '否', /不填/],
    ['更新周期', '偶尔', /应为/],
    ['发布日期', '2026-02-30', /CCYY/],
    ['数据分类分级', '一般3级', /分级为/],
    ['使用条件', '', /必填/],
    ['部门负责人批准', '王主任', /日期/],
    ['信息项名称', '', /必填/],
    ['数据类型', '文本', /应为/],
    ['数据长度', '二十', /整数/],
    ['是否可为空', '是', /主键/],
  ];
  for (const [heading, value, said] of cases) {
    const reply = await post(
      await (
        await filled(
          { [heading]: value },
          ITEMS.map((item, at) => (at === 0 && heading in item ? { ...item, [heading]: value } : item)),
        )
      ).bytes(),
    );
    t.match(reply, { status: 422, body: { code: 'unprocessable' } }, heading);
    t.match(JSON.stringify(reply.body.errors), said, `${heading} ${value.slice(0, 20)}`);
  }
  const none = await filled({ 共享类型: '不予共享', 共享条件: '内部使用' });
  t.match((await post(await none.bytes())).text, /法律名称/);
  const many = await filled(
    {},
    Array.from({ length: 1_200 }, (_, at) => ({ 信息项名称: `项${at}`, 数据类型: '文本' })),
  );
  const bytes = await many.bytes();
  const reply = await post(bytes);
  t.match(reply, { status: 422 });
  t.equal(reply.body.errors.length, 100);
  t.match(reply.body.detail, /1200 faults/);
  const checked = await post(bytes, 'boss', `${FORM}/check`);
  t.match(checked.body.data, { entries: 1, rows: 1_200, more: true });
  const annotated = await OpenForm.read(await bytesOf(`${FORM}/check`, 'POST', bytes));
  const comments = annotated.comments();
  t.equal(comments.length, 1_200);
  t.match(comments[0], { text: /应为：字符型 C[\s\S]*is none of/ });
});

t.test('contracts come out as YAML that applies unchanged, and the same bytes each time', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'civic-exchange-catalog-'));
  const [one, two] = [join(directory, 'one'), join(directory, 'two')];
  const exported = await command(t, 'catalog', 'export', one, ...server);
  t.equal(exported.code, 0, exported.stderr);
  cpSync('catalog/publishers.yaml', join(one, 'publishers.yaml'));
  cpSync('catalog/purposes.yaml', join(one, 'purposes.yaml'));
  t.match((await command(t, 'catalog', 'check', one)).stdout, / 0 faults/);
  t.match((await command(t, 'catalog', 'apply', one, ...server)).stdout, /^0 published/);
  await command(t, 'catalog', 'export', two, ...server);
  const files = readdirSync(two, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.yaml'));
  t.ok(files.length > 25);
  for (const file of files) t.equal(readFileSync(join(one, file), 'utf8'), readFileSync(join(two, file), 'utf8'), file);
  const file = join(directory, 'form.xlsx');
  await command(t, 'catalog', 'export', file, '--empty', ...server);
  t.equal((await OpenForm.read(readFileSync(file))).rows().length, 0);
  writeFileSync(file, await (await filled({ 信息资源代码: '303003002/000090' })).bytes());
  const imported = await command(t, 'catalog', 'import', file, join(directory, 'in'), ...server);
  t.match(imported, { code: 0, stdout: /^new {2}housing\/\S+ {2}\S+\.v1\.yaml/ }, imported.stderr);
  writeFileSync(file, await (await filled({ 更新周期: '偶尔' })).bytes());
  t.match(await command(t, 'catalog', 'import', file, join(directory, 'in'), ...server), {
    code: 1,
    stderr: /form\.faults\.xlsx says each/,
  });
  t.ok(existsSync(join(directory, 'form.faults.xlsx')));
});
