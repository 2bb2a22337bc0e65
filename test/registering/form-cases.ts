import type ExcelJS from 'exceljs';
import { publishCatalog } from '../../src/exchange/publishing/publish-contract.js';
import type { EntryDraft } from '../../src/ingest/form/draft-form.js';
import { workbook, XLSX } from '../ingest/workbooks.js';
import type { Reply, TestNode } from '../support/node.js';
import t from '../support/tap.js';
import { ITEMS, OpenForm, PARKING } from './form.js';

export const FORM = '/api/v1/catalog/form';

/** What a test does with the national form at a node. `boss` is an operator there. */
export function formAt(node: TestNode) {
  const bytesOf = async (path: string, method = 'GET', body?: Buffer): Promise<Buffer> => {
    const headers = {
      authorization: `Bearer ${await node.token('boss', 'platform')}`,
      accept: XLSX,
      'content-type': XLSX,
    };
    const reply = await fetch(`${node.baseUrl}${path}`, { method, headers, body: body ? new Uint8Array(body) : null });
    if (reply.status !== 200) throw new Error(`${reply.status} ${await reply.text()}`);
    return Buffer.from(await reply.arrayBuffer());
  };
  const form = async (query = '') => OpenForm.read(await bytesOf(`${FORM}${query}`));
  const post = (body: unknown, as = 'boss', path = FORM) =>
    node.ask('POST', path, { as, body, headers: { 'content-type': XLSX } });
  const entriesOf = async (sent: Buffer): Promise<EntryDraft[]> => {
    const reply = await post(sent);
    if (reply.status !== 200) throw new Error(reply.text.slice(0, 2_000));
    return reply.body.data;
  };
  let headings: string[] | undefined;
  const filled = async (more: Readonly<Record<string, string>> = {}, items = ITEMS) => {
    headings ??= (await form('?empty=true')).headings();
    const empty = OpenForm.typed(headings);
    empty.fill(3, { ...PARKING, ...more });
    for (const [at, item] of items.entries()) empty.fill(3 + at, item);
    return empty;
  };
  return { bytesOf, form, post, entriesOf, filled };
}

/** The form in short. `boss` is an operator, `parks` and `qian.li` are of housing, `other` of police, `zhou.yun` of the platform. */
export function formCases(node: TestNode): void {
  const { exchange } = node;
  const { bytesOf, form, post, entriesOf, filled } = formAt(node);

  t.test('the catalog goes out as the form and comes back unchanged', async (t) => {
    const sent = await bytesOf(FORM);
    const drafts = await entriesOf(sent);
    const codes = new Set(
      [...exchange.policy.current().catalog.contracts.values()].map(({ resource }) => resource.code),
    );
    t.equal(drafts.length, codes.size);
    t.same(
      drafts.filter(({ state }) => state !== 'unchanged').map(({ dataset, document }) => [dataset, document]),
      [],
    );
    const one = await form('?publisher=housing');
    t.ok(one.rows().length > 50);
    t.equal(one.cell('是否主键', 3).dataValidation.type, 'list', 'a drop-down');
    t.equal((await form('?empty=true')).rows().length, 0);
  });

  t.test('a new entry becomes a draft that publishes and comes out as it went in', async (t) => {
    const open = await filled({ 信息资源名称: '停车泊位' });
    const [draft] = await entriesOf(await open.bytes());
    t.match(draft, {
      state: 'new',
      code: PARKING.信息资源代码,
      document: {
        resource: { 'format-type': 'mysql', channel: 'other', open: 'true' },
        sharing: { attribute: 'conditional', modes: ['batch', 'api'] },
      },
    });
    t.ok(draft?.decisions.some(({ path }) => path === '/title/en'));
    await publishCatalog(exchange, { contracts: [draft?.document] });
    const out = await form('?publisher=housing');
    const at = out.entry('停车泊位');
    const rows = out.rows().slice(at - 3, at - 3 + ITEMS.length);
    // Items come in the order of the standard.
    t.same(
      rows.map((row) => row.slice(22)).sort(),
      open
        .rows()
        .map((row) => row.slice(22))
        .sort(),
    );
    t.same(rows[0]?.slice(0, 22), open.rows()[0]?.slice(0, 22));
  });

  t.test(
    'formulas are refused in their cell; merged cells, repeated columns and several entries are read',
    async (t) => {
      const formula = await filled();
      formula.cell('信息资源名称', 3).value = { formula: '"停车"&"位"', result: '停车位' } as ExcelJS.CellFormulaValue;
      t.match(JSON.stringify((await post(await formula.bytes())).body.errors), /单元格是公式/);
      const merged = await filled();
      for (let row = 4; row < 3 + ITEMS.length; row++) merged.fill(row, { 信息资源名称: PARKING.信息资源名称 ?? '' });
      merged.sheet.mergeCells(3, 6, 3 + ITEMS.length - 1, 6);
      t.equal((await entriesOf(await merged.bytes())).length, 1);
      const two = await filled();
      const second = { ...PARKING, 信息资源名称: '车位租赁', 信息资源代码: '303003002/000089' };
      two.fill(3 + ITEMS.length, { ...second, ...ITEMS[0] });
      t.same(
        (await entriesOf(await two.bytes())).map(({ code }) => code),
        [PARKING.信息资源代码, '303003002/000089'],
      );
      const twice = await filled();
      twice.fill(3 + ITEMS.length, {
        ...PARKING,
        信息资源名称: '车位租赁',
        信息资源代码: '303003002/000089',
        ...ITEMS[0],
      });
      twice.fill(4 + ITEMS.length, { ...PARKING, ...ITEMS[0] });
      t.match((await post(await twice.bytes())).text, /代码在表中重复/);
      const apart = await filled();
      apart.fill(4, { 信息资源摘要: '另一摘要' });
      t.match((await post(await apart.bytes())).text, /与该条目首行不一致/);
    },
  );

  t.test('what is no form, or not ours, is refused', async (t) => {
    const whole = await (await filled()).bytes();
    const lacking = await workbook({
      a: [
        ['信息资源名称', '信息资源代码'],
        ['a', 'b'],
      ],
    });
    const cases: [string, Promise<Reply>, number][] = [
      ['text', post('a,b'), 422],
      ['another workbook', post(await workbook({ a: [['a', 'b']] })), 422],
      ['a form that lacks columns', post(lacking), 422],
      ['CSV', node.ask('POST', FORM, { as: 'boss', body: 'a', headers: { 'content-type': 'text/csv' } }), 415],
      ['entries of another department', post(whole, 'other'), 422],
      ['nobody', node.ask('POST', FORM, { body: whole, headers: { 'content-type': XLSX } }), 401],
      ['an administrator', post(whole, 'zhou.yun'), 403],
    ];
    for (const [name, sent, status] of cases) t.match(await sent, { status }, name);
    t.match((await post(whole, 'other')).text, /不是本部门/);
    t.equal((await post(whole, 'parks')).status, 200);
    t.equal((await post(whole, 'qian.li')).status, 200, 'an operator of the department');
  });
}
