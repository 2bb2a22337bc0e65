import { compareContracts } from '../../src/catalog/compare.js';
import { compileContract } from '../../src/catalog/compile/compile-contract.js';
import type { Contract } from '../../src/catalog/contract.js';
import { changeStatements, createStatements, indexesOf } from '../../src/catalog/table.js';
import { loadStandard } from '../../src/standard/standard.js';
import t from '../support/tap.js';
import { type Document, residentDocument } from './resident.js';

function compiled(document: unknown): Contract {
  const result = compileContract(document, loadStandard());
  if ('faults' in result) throw new Error(JSON.stringify(result.faults));
  return result.contract;
}

const before = compiled(residentDocument());
const field = (name: string, value: unknown) => (d: Document) => {
  d.fields[name] = value as string;
};
const set = (name: string, value: unknown) => (d: Document) => {
  (d as Record<string, unknown>)[name] = value;
};
const note = (more: object) => field('note', { type: 'text', length: '64', title: { zh: '备注' }, ...more });
const relation = (value: object) => set('relations', { household: value });
const on = { household_county: 'county', household_no: 'household_no' };

type Kind = 'breaking' | 'review' | 'additive';
const CASES: [Kind, string, (d: Document) => unknown][] = [
  ['breaking', '/fields/phone', field('phone', 'false')],
  ['breaking', '/fields/note', (d) => delete d.fields.note],
  ['breaking', '/fields/note/length', note({ length: '63' })],
  ['breaking', '/fields/note/type', field('note', { type: 'date', title: { zh: '备注' } })],
  [
    'breaking',
    '/fields/fee/type',
    field('fee', { type: 'decimal', precision: '12', scale: '2', title: { zh: '费用' }, sensitivity: 'L2' }),
  ],
  [
    'breaking',
    '/fields/skills/type',
    field('skills', { type: 'list', of: { type: 'code', list: 'settlement' }, title: { zh: '服务' } }),
  ],
  ['breaking', '/fields/id_number/type', field('id_kind', 'false')],
  ['breaking', '/fields/note/required', note({ required: 'true' })],
  ['breaking', '/fields/phone/required', field('phone', { required: 'true' })],
  ['breaking', '/fields/extra/required', field('extra', { type: 'date', title: { zh: '某' }, required: 'true' })],
  ['breaking', '/key', set('key', ['id_number', 'id_kind'])],
  ['breaking', '/partition', set('partition', 'residence_division')],
  ['breaking', '/partition', (d) => delete d.partition],
  ['breaking', '/subjects', set('subjects', ['id_number', 'head_id'])],
  ['breaking', '/subjects', (d) => delete d.subjects],
  ['breaking', '/filterable', set('filterable', ['id_number', 'gender'])],
  ['breaking', '/sortable', set('sortable', [])],
  ['breaking', '/scopes', set('scopes', ['grid_code'])],
  ['breaking', '/relations/household', (d) => delete d.relations],
  ['breaking', '/relations/household', relation({ to: 'police/household/v2', on })],
  ['breaking', '/relations/household', relation({ to: 'police/household/v1', on: { household_no: 'household_no' } })],
  ['breaking', '/delivery/mode', set('delivery', { mode: ['snapshot'] })],
  ['breaking', '/statistics/by', set('statistics', { by: ['gender', 'age-band(born)'] })],
  ['review', '/sharing', set('sharing', { attribute: 'unconditional', modes: ['api'] })],
  ['review', '/fields/gender/codes', field('gender', { from: 'XB', codes: { 男: '1', 女: '2', 未知: '0' } })],
  ['review', '/fields/name/from', field('name', { from: ['XM', '姓名'] })],
  ['review', '/fields/note/sensitivity', note({ sensitivity: 'L4' })],
  ['review', '/fields/seen_on/mask', field('seen_on', { type: 'date', title: { zh: '走访日期' }, mask: 'hide' })],
  ['review', '/scopes', set('scopes', ['residence_division', 'grid_code', 'registered_division'])],
  [
    'review',
    '/relations/grid',
    (d) => Object.assign(d.relations as object, { grid: { to: 'a/grid/v1', on: { grid_code: 'code' } } }),
  ],
  ['additive', '/fields/note/length', note({ length: '65' })],
  ['additive', '/fields/extra', field('extra', { type: 'date', title: { zh: '某' } })],
  ['additive', '/filterable', set('filterable', ['id_number', 'gender', 'residence_division', 'born'])],
  ['additive', '/sortable', set('sortable', ['born', 'household_no'])],
];

t.test('breaking changes, changes to review, and additions', async (t) => {
  for (const [kind, path, change] of CASES) {
    const document = residentDocument();
    change(document);
    const changes = compareContracts(before, compiled(document)).filter((found) => found.path === path);
    t.equal(changes.length, 1, `${kind} ${path}`);
    t.match(changes[0], { breaking: kind === 'breaking', review: kind === 'review' });
  }
});

t.test('texts for people and order change nothing', async (t) => {
  const document = residentDocument();
  document.title = { zh: '常住人口', en: 'Resident' };
  document.version = '1.1';
  document.fields = Object.fromEntries(Object.entries(document.fields).reverse());
  t.same(compareContracts(before, compiled(document)), []);
  t.same(changeStatements(before, compiled(document)), []);
});

t.test('names of indexes are unique and short, for any names of fields', async (t) => {
  const long = (i: number) => `f${'x'.repeat(59)}${i}`;
  const document = residentDocument();
  document.dataset = 'police-of-the-district/registered-residents-of-a-town';
  for (let i = 0; i < 9; i++) document.fields[long(i)] = { type: 'text', length: '9', title: { zh: '某' } };
  const names = Array.from({ length: 9 }, (_, i) => long(i));
  const contract = compiled({ ...document, filterable: names, sortable: names });
  const indexes = indexesOf(contract).map((index) => index.name);
  t.equal(new Set(indexes).size, indexes.length);
  for (const name of indexes) t.ok(Buffer.byteLength(name) < 63, name);
  t.equal(
    createStatements(contract).length,
    3,
    'two tables and the index of the history; the others come with the first release',
  );
  t.ok(
    indexesOf(before).every((index) => !index.statement.includes('("id_number", "row_id")')),
    'the key has one index',
  );
});
