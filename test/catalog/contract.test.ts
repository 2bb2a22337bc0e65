import { makeCatalog } from '../../src/catalog/catalog.js';
import type { CatalogFault } from '../../src/catalog/check/fault.js';
import { compileContract } from '../../src/catalog/compile/compile-contract.js';
import { compilePublisher, compilePurpose } from '../../src/catalog/compile/compile-party.js';
import { linkContract } from '../../src/catalog/compile/link.js';
import type { Contract, Publisher } from '../../src/catalog/contract.js';
import { loadStandard } from '../../src/standard/standard.js';
import t from '../support/tap.js';
import { type Document, householdDocument, PUBLISHER, PURPOSE, residentDocument } from './resident.js';

const VIEW = { kind: 'postgres', upstream: 'main-db', application: 'police-app', table: 'public.ren_kou' };
const API = { kind: 'http', upstream: 'main-api', application: 'police-app', path: '/people' };
const standard = loadStandard();

function compiled(document: unknown): Contract {
  const result = compileContract(document, standard);
  if ('faults' in result) throw new Error(JSON.stringify(result.faults));
  return result.contract;
}

function faultsOf(document: unknown): CatalogFault[] {
  const result = compileContract(document, standard);
  return 'faults' in result ? result.faults : [];
}

type Case = [path: string, change: (d: Document) => unknown, more?: Partial<CatalogFault>];
const field = (name: string, value: unknown) => (d: Document) => {
  d.fields[name] = value as string;
};
const set = (name: string, value: unknown) => (d: Document) => {
  (d as Record<string, unknown>)[name] = value;
};
const added = (more: object) => ({ type: 'text', length: '9', title: { zh: '某' }, ...more });
const sharing = (value: object) => set('sharing', value);

const CASES: Case[] = [
  // the form
  ['/datset', set('datset', 'x'), { suggestion: 'dataset' }],
  ['/version', (d) => delete d.version],
  ['/version', set('version', '1'), { expected: 'major.minor, such as 1.0' }],
  ['/version', set('version', '0.1')],
  ['/version', set('version', 1.1), { expected: 'major.minor, such as 1.0' }],
  ['/key', (d) => delete d.key],
  ['/fields', (d) => delete (d as Partial<Document>).fields],
  ['/title/en', set('title', { zh: '户籍人口' })],
  ['/summary', (d) => delete d.summary],
  [
    '/resource/update',
    set('resource', { code: '303001001/000001', format: 'database', update: 'dayly' }),
    { suggestion: 'daily' },
  ],
  ['/resource/code', set('resource', { code: '12', format: 'database', update: 'daily' })],
  [
    '/classification/grade',
    set('classification', { category: '人口', grade: 'general-9' }),
    { suggestion: 'general-1' },
  ],
  ['/assessments/approved-by', set('assessments', { secrecy: '无', 'personal-information': '有' })],
  ['/dataset', set('dataset', 'police'), { expected: 'publisher/dataset, each of lower-case words joined by hyphens' }],
  ['/dataset', set('dataset', 'Police/resident')],
  ['/dataset', set('dataset', 'police/resi--dent')],
  ['/dataset', set('dataset', 'police/resident-list')],
  ['/dataset', set('dataset', 'police/resident-history')],
  ['/dataset', set('dataset', 'police/resident-v2')],
  ['/dataset', set('dataset', 'police-of-the-long-name/residents-with-quite-a-long-name-x')],
  ['/delivery/reject-at-most', set('delivery', { 'reject-at-most': '101%' })],
  ['/delivery/reject-at-most', set('delivery', { 'reject-at-most': '5' }), { expected: '0% to 100%, such as 5%' }],
  ['/delivery/delete-at-most', set('delivery', { 'delete-at-most': '-5%' })],
  ['/delivery/mode/0', set('delivery', { mode: ['snapshots'] }), { suggestion: 'snapshot' }],
  ['/delivery/source/kind', set('delivery', { source: { kind: 'ftp' } })],
  ['/delivery/source/kind', set('delivery', { source: { kind: 'postgresql' } }), { suggestion: 'postgres' }],
  ['/delivery/source/kind', set('delivery', { source: { ...VIEW, kind: 'oracle' } })],
  ['/delivery/source/kind', set('delivery', { source: { ...VIEW, kind: 'sqlserver' } })],
  ['/delivery/source/table', set('delivery', { source: { kind: 'file', table: 'ren_kou' } })],
  ['/delivery/source/upstream', set('delivery', { source: { ...VIEW, upstream: 'civil-affairs/db' } })],
  ['/delivery/source/upstream', set('delivery', { source: { ...VIEW, upstream: '127.0.0.1' } })],
  ['/delivery/source/application', set('delivery', { source: { kind: 'mysql', upstream: 'db', table: 'ren_kou' } })],
  ['/delivery/source/schedule', set('delivery', { source: { ...VIEW, schedule: 'daily' } })],
  ['/delivery/source/password', set('delivery', { source: { ...VIEW, password: 'hunter2' } })],
  ['/delivery/mode', set('delivery', { mode: ['snapshot'], source: { ...VIEW, watermark: 'gxsj' } })],
  ['/delivery/mode', set('delivery', { mode: ['delta'], source: VIEW })],
  ['/delivery/source/path', set('delivery', { source: { ...API, path: 'http://127.0.0.1/people' } })],
  ['/delivery/source/paging/size', set('delivery', { source: { ...API, paging: { by: 'offset', parameter: 'p' } } })],
  ['/delivery/source/paging/at', set('delivery', { source: { ...API, paging: { by: 'next-link', at: 'next' } } })],
  ['/delivery/source/ask', set('delivery', { source: { kind: 'proxy', upstream: 'city', path: '/check' } })],
  ['/source-of-truth', set('source-of-truth', true)],
  ['/membership', set('membership', 'L3')],
  ['/filterable/1', set('filterable', ['id_number', 'Born'])],
  ['/filterable', set('filterable', ['born', 'born'])],
  // Decree 809
  ['/sharing/attribute', sharing({ attribute: 'maybe' })],
  ['/sharing/law', sharing({ attribute: 'none' })],
  ['/sharing/scope', sharing({ attribute: 'conditional', modes: ['api'], use: '网格化服务' })],
  ['/sharing/use', sharing({ attribute: 'conditional', modes: ['api'], scope: '本区' })],
  ['/sharing/modes', sharing({ attribute: 'unconditional' })],
  ['/sharing/modes/0', sharing({ attribute: 'unconditional', modes: ['ftp'] })],
  // the standard
  ['/entity', set('entity', 'persons'), { suggestion: 'person' }],
  ['/fields/nmae', field('nmae', { from: 'XM' }), { suggestion: 'name' }],
  ['/fields/foreing_name', field('foreing_name', 'false'), { suggestion: 'foreign_name' }],
  ['/fields/name/type', field('name', { type: 'text' }), { expected: 'text:50' }],
  ['/fields/name/length', field('name', { length: '200' })],
  ['/fields/name/sensitivity', field('name', { sensitivity: 'L2' }), { expected: 'L3 or higher' }],
  ['/fields/name/mask', field('name', { mask: 'none' })],
  ['/fields/born/mask', field('born', { mask: 'initial' })],
  ['/fields/ethnic_group/mask', field('ethnic_group', { mask: 'none' })],
  ['/fields/gender/codes/男', field('gender', { codes: { 男: '3' } })],
  ['/fields/gender/codes/男', field('gender', { codes: { 男: '11' } }), { suggestion: '1' }],
  ['/fields/name/codes', field('name', { codes: { 男: '1' } })],
  ['/fields/gender/required', field('gender', { required: 'false' })],
  ['/fields/id_number/required', field('id_number', { required: 'false' })],
  ['/fields/registered_division/required', field('registered_division', { required: 'false' })],
  ['/fields/name/fron', field('name', { fron: 'XM' }), { suggestion: 'from' }],
  ['/fields/name', field('name', 'no'), { expected: 'false (the field is dropped), or what it is' }],
  // fields beyond it
  ['/fields/note/type', field('note', added({ type: 'string' }))],
  ['/fields/note/length', field('note', { type: 'text', title: { zh: '备注' } })],
  ['/fields/note/length', field('note', added({ length: '0' }))],
  ['/fields/note/length', field('note', added({ length: '10001' }))],
  ['/fields/note/title', field('note', { type: 'text', length: '9' })],
  ['/fields/note/precision', field('note', added({ precision: '3' }))],
  ['/fields/note/list', field('note', { type: 'code', title: { zh: '某' } })],
  [
    '/fields/note/list',
    field('note', { type: 'code', list: 'setlement', title: { zh: '某' } }),
    { suggestion: 'settlement' },
  ],
  ['/fields/note/scale', field('note', { type: 'decimal', precision: '3', scale: '4', title: { zh: '某' } })],
  ['/fields/note/scheme', field('note', { type: 'identifier', title: { zh: '某' } })],
  ['/fields/note/of', field('note', { type: 'list', title: { zh: '某' } })],
  ['/fields/note/of/type', field('note', { type: 'list', of: { type: 'point' }, title: { zh: '某' } })],
  ['/fields/note/of/length', field('note', { type: 'list', of: { type: 'text' }, title: { zh: '某' } })],
  [
    '/fields/note/mask',
    field('note', added({ mask: 'none' })),
    { reason: 'This field is masked by default: only a grant lifts the mask' },
  ],
  ['/fields/note/mask', field('note', added({ mask: 'year' }))],
  ['/fields/poor/codes/是', field('poor', { type: 'boolean', title: { zh: '某' }, codes: { 是: '1' } })],
  ...['eq', 'startswith', 'and', 'not', 'row_id', 'minor_until', 'ctid', 'xmin', 'constructor', 'prototype'].map(
    (name): Case => [`/fields/${name}`, field(name, added({})), { reason: 'The name is reserved' }],
  ),
  ...['_id', 'Name', 'naïve', '1st', 'a b', 'a"b', 'x'.repeat(63), ''].map(
    (name): Case => [`/fields/${name}`, field(name, added({})), { reason: 'The name is not allowed' }],
  ),
  [
    '/fields/__proto__',
    (d) => Object.defineProperty(d.fields, '__proto__', { value: added({}), enumerable: true }),
    { reason: 'The name is not allowed' },
  ],
  // names that must be fields
  ['/key', set('key', 'id_numbr'), { suggestion: 'id_number' }],
  ['/key/1', set('key', ['id_number', 'faith'])],
  ['/key', set('key', 'place')],
  ['/subjects/0', set('subjects', ['head'])],
  ['/subjects/0', set('subjects', ['born'])],
  ['/partition', set('partition', 'registered_divison'), { suggestion: 'registered_division' }],
  ['/partition', set('partition', 'born')],
  ['/filterable/1', set('filterable', ['born', 'brn']), { suggestion: 'born' }],
  ['/filterable/0', set('filterable', ['place']), { expected: 'any type but point, geometry, list' }],
  ['/filterable/0', set('filterable', ['skills'])],
  ['/sortable/0', set('sortable', ['poor'])],
  ['/sortable/0', set('sortable', ['place'])],
  ['/scopes/0', set('scopes', ['born']), { expected: 'text or code' }],
  ['/scopes/0', set('scopes', ['id_number'])],
  ['/statistics/by/0', set('statistics', { by: ['age-band(name)'] })],
  ['/statistics/by/0', set('statistics', { by: ['age-band(brn)'] }), { suggestion: 'born' }],
  ['/statistics/minimum', set('statistics', { by: ['gender'], minimum: '0' })],
  ['/relations/name', set('relations', { name: { to: 'police/household/v1', on: { household_no: 'household_no' } } })],
  ['/relations/or', set('relations', { or: { to: 'police/household/v1', on: { household_no: 'household_no' } } })],
  ['/relations/house/on/hause', set('relations', { house: { to: 'a/b/v1', on: { hause: 'code' } } })],
  ['/relations/house/on/place', set('relations', { house: { to: 'a/b/v1', on: { place: 'code' } } })],
  ['/relations/house/to', set('relations', { house: { to: 'housing/house', on: { grid_code: 'code' } } })],
  ['/relations/house/on', set('relations', { house: { to: 'a/b/v1', on: {} } })],
];

t.test('every wrong contract is refused at the wrong place in it', async (t) => {
  t.same(faultsOf(residentDocument()), []);
  for (const [path, change, more = {}] of CASES) {
    const document = residentDocument();
    change(document);
    const faults = faultsOf(document);
    t.same(
      faults.map((fault) => fault.path),
      [path],
      `${path} ${JSON.stringify(faults)}`,
    );
    t.match(faults[0], more);
  }
  t.ok(CASES.length >= 40);
});

t.test('documents that are no contract are refused', async (t) => {
  for (const document of [null, undefined, 1, 'x', [], {}, { dataset: {} }]) t.not(faultsOf(document).length, 0);
  const many = residentDocument();
  Object.assign(many, { filterable: ['brn'], scopes: ['x'], key: 'y' });
  t.same(
    faultsOf(many).map((fault) => fault.path),
    ['/key', '/filterable/0', '/scopes/0'],
    'all faults at once',
  );
});

t.test('a contract is compiled completely', async (t) => {
  const contract = compiled(residentDocument());
  const of = (name: string) => contract.fields.get(name)!;
  t.match(contract, {
    id: 'police/resident/v1',
    name: 'police/resident',
    table: 'police__resident',
    major: 1,
    minor: 0,
  });
  t.equal(contract.hasMinors, true);
  t.equal(contract.fields.has('faith'), false);
  t.equal(contract.fields.size, standard.entities.get('person')!.elements.length - 1 + 6);
  t.match(contract.delivery, { modes: ['snapshot', 'delta'], rejectAtMost: 0.05, deleteAtMost: 0.125 });
  t.match(of('id_number'), {
    required: true,
    defaultMask: 'id-number',
    from: ['GMSFHM', '公民身份号码'],
    standard: true,
  });
  t.match(of('id_number').type, { name: 'identifier', kindField: 'id_kind', length: 30 });
  t.equal(of('registered_division').required, true, 'a partition is required by being one');
  t.match(of('note'), {
    sensitivity: 'L3',
    defaultMask: 'hide',
    standard: false,
    from: ['note'],
    title: { zh: '备注', en: 'Note' },
  });
  t.match(of('ethnic_group'), { sensitivity: 'L3', defaultMask: 'hide' });
  t.match(of('gender'), { defaultMask: 'none' });
  t.equal(of('gender').codes?.男, '1');
  t.equal(of('gender').codes?.constructor, undefined, 'a code named like a property of objects is no code');
  t.equal(of('seen_on').defaultMask, 'year');
  t.equal(of('registered_address').divisionField, 'registered_division');
  t.equal(of('residence_address').divisionField, 'residence_division');
  t.equal(compiled(householdDocument()).fields.get('address')?.divisionField, 'division_code');
  t.equal(compiled(householdDocument()).hasMinors, false);

  const strict = residentDocument();
  strict.fields.id_kind = 'false';
  t.same(compiled(strict).fields.get('id_number')?.type, { name: 'identifier', scheme: 'resident-id' });
  const member = compiled({ ...residentDocument(), membership: 'L4' });
  t.match(member.fields.get('id_number'), { sensitivity: 'L4', defaultMask: 'id-number' });
  const raised = residentDocument();
  raised.fields.gender = { sensitivity: 'L4' };
  t.match(compiled(raised).fields.get('gender'), { sensitivity: 'L4', defaultMask: 'hide' });
  const refused = { ...residentDocument(), sharing: { attribute: 'none', law: '某法第九条' } };
  t.equal(compiled(refused).sharing.attribute, 'none');

  const reordered = Object.fromEntries(Object.entries(residentDocument()).reverse());
  t.equal(compiled(reordered).hash, contract.hash, 'the hash is over canonical JSON');
  t.not(compiled({ ...residentDocument(), version: '1.1' }).hash, contract.hash);
});

t.test('a contract in its catalog: publisher, relations, derived names', async (t) => {
  const resident = compiled(residentDocument());
  const household = compiled(householdDocument());
  const publisher = PUBLISHER as Publisher;
  const link = (contract: Contract, contracts: Contract[], publishers = [publisher]) =>
    linkContract(contract, makeCatalog(contracts, publishers, []));
  const on = (value: unknown, to = 'police/household/v1') =>
    compiled({ ...residentDocument(), relations: { household: { to, on: value } } });
  const both = { household_county: 'county', household_no: 'household_no' };
  t.same(link(resident, [resident, household]), []);
  const cases: [Contract, string, Partial<CatalogFault>?][] = [
    [on(both, 'police/houshold/v1'), '/relations/household/to', { suggestion: 'police/household/v1' }],
    [on(both, 'police/household/v2'), '/relations/household/to'],
    [on({ household_no: 'household_no' }), '/relations/household/on', { expected: 'county, household_no' }],
    [on({ ...both, household_no: 'number' }), '/relations/household/on/household_no'],
    [on({ ...both, grid_code: 'division_code' }), '/relations/household/on/grid_code'],
    [on({ ...both, household_no: 'county', fee: 'household_no' }), '/relations/household/on/fee'],
  ];
  for (const [contract, path, more = {}] of cases) {
    const faults = link(contract, [contract, household]);
    t.same(
      faults.map((fault) => fault.path),
      [path],
      JSON.stringify(faults),
    );
    t.match(faults[0], more);
  }
  const stranger = link(household, [household], [{ ...publisher, slug: 'polices' }]);
  t.match(stranger, [{ path: '/dataset', suggestion: 'polices' }]);
  const twin = compiled({ ...householdDocument(), dataset: 'police-house/hold' });
  const other = compiled({ ...householdDocument(), dataset: 'police/house-hold' });
  t.match(link(twin, [twin, other], [publisher, { ...publisher, slug: 'police-house' }]), [{ path: '/dataset' }]);
});

t.test('publishers and purposes', async (t) => {
  t.same(compilePublisher(PUBLISHER), { publisher: PUBLISHER });
  t.same(compilePurpose(PURPOSE), { purpose: PURPOSE });
  const publishers: [string, object][] = [
    ['/uscc', { uscc: '11370399000000018N' }],
    ['/uscc', { uscc: '1137' }],
    ['/kind', { kind: 'departement' }],
    ['/slug', { slug: 'Police' }],
    ['/title/zh', { title: { en: 'Police' } }],
    ['/color', { color: 'red' }],
  ];
  for (const [path, change] of publishers)
    t.match(compilePublisher({ ...PUBLISHER, ...change }), { faults: [{ path }] });
  for (const [path, change] of [
    ['/code', { code: 'A b' }],
    ['/law', { law: '' }],
    ['/law', { law: undefined }],
  ] as const) {
    t.match(compilePurpose(JSON.parse(JSON.stringify({ ...PURPOSE, ...change }))), { faults: [{ path }] });
  }
});
