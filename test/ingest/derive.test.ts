import { loadPlaces } from '../../src/ingest/derive/places.js';
import { placeReader } from '../../src/query/datasets/places.js';
import { deliverRows, delivers, publishPart } from '../support/catalog-part.js';
import { testNode } from '../support/node.js';
import t from '../support/tap.js';

const HERE = '370303104003';
const COMPOUND = `${HERE}001`;
const [G1, G2] = [`${HERE}001`, `${HERE}002`];
const DATASETS = ['exchange/address', 'housing/compound', 'housing/building', 'housing/house', 'grid-center/resident'];
const title = { zh: '项', en: 'Item' };
const text = (length: string, more: object = {}) => ({ type: 'text', length, title, sensitivity: 'L2', ...more });

const node = await testNode(t, { catalog: false });
const { exchange } = node;

/** A property company's own list: a name of the building instead of its code, and an address of the library. */
const UNITS = (house: Record<string, any>) => ({
  ...house,
  dataset: 'housing/flat',
  entity: undefined,
  key: 'no',
  partition: undefined,
  fields: {
    no: text('8'),
    compound_code: text('20'),
    building_name: text('40'),
    building_code: text('24'),
    unit: text('10'),
    room: text('20'),
    house_code: text('32'),
    address_code: text('24'),
    division_code: text('12'),
    grid_code: text('15'),
    kind: { type: 'code', list: 'building-use', from: '用途', codes: { 住宅: '01' }, title, sensitivity: 'L2' },
  },
  filterable: ['no'],
  sortable: [],
  scopes: [],
  delivery: { mode: ['snapshot'], 'reject-at-most': '90%', 'delete-at-most': '100%' },
});
const building = (number: string, name: string, grid_code: string | null) => ({
  code: `${COMPOUND}${number}`,
  compound_code: COMPOUND,
  name,
  division_code: HERE,
  grid_code,
});
const stored = async (table: string, key: string) => {
  const { rows } = await exchange.database.owner.query(`SELECT * FROM data.${table}`);
  return new Map(rows.map((row) => [row[key], row]));
};

t.before(async () => {
  await publishPart(node, DATASETS);
  await publishPart(node, ['housing/house'], (house) => JSON.parse(JSON.stringify(UNITS(house))));
  for (const dataset of [...DATASETS, 'housing/flat']) await delivers(node, dataset);
  await deliverRows(node, 'housing/compound', [{ code: COMPOUND, name: '盛世康城小区', division_code: HERE }]);
  await deliverRows(node, 'housing/building', [
    building('0003', '3号楼', G1),
    building('0012', '拾贰号楼', G2),
    building('0020', '20号楼', null),
    building('0081', '8号楼', G1),
    building('0082', '八幢', G2),
    { code: `${HERE}0000000007`, name: '房东村7号', division_code: HERE, grid_code: G2 },
  ]);
  await deliverRows(node, 'exchange/address', [
    { code: COMPOUND, level: '10', text: '张店区房镇镇盛世康城小区', division_code: HERE },
    { code: `${COMPOUND}003`, level: '12', text: '张店区房镇镇盛世康城小区3号楼', division_code: HERE },
    { code: `${COMPOUND}0030201`, level: '15', text: '不会被读', division_code: HERE },
  ]);
});

t.test('house codes, grids and communities follow from parts in any spelling', async (t) => {
  const B3 = `${COMPOUND}0003`;
  const rows: [object, object][] = [
    [
      { compound_code: COMPOUND, building_name: '3#楼', unit: '一单元', room: '0201室' },
      { building_code: B3, house_code: `${B3}-1-201`, grid_code: G1, division_code: HERE },
    ],
    [
      { compound_code: COMPOUND, building_name: '叁幢', unit: '０１', room: '２０１' },
      { building_code: B3, house_code: `${B3}-1-201`, grid_code: G1 },
    ],
    [{ building_code: B3, room: '201' }, { house_code: `${B3}-0-201` }],
    [
      { compound_code: COMPOUND, building_name: '十二号楼', unit: '1', room: '301' },
      { house_code: `${COMPOUND}0012-1-301`, grid_code: G2 },
    ],
    [{ house_code: `${B3}-一单元-0201室` }, { house_code: `${B3}-1-201`, grid_code: G1 }],
    [{ house_code: `${COMPOUND}-3#楼-1单元-201` }, { house_code: `${B3}-1-201`, grid_code: G1 }],
    [{ address_code: `${COMPOUND}0030201` }, { grid_code: G1, division_code: HERE }],
    // Never guessed, never overwritten.
    [
      { compound_code: COMPOUND, building_name: '8号楼', unit: '1', room: '101' },
      { building_code: null, house_code: null, grid_code: null, division_code: null },
    ],
    [
      { compound_code: COMPOUND, building_name: '九号楼', unit: '1', room: '101' },
      { building_code: null, house_code: null },
    ],
    [
      { building_code: B3, unit: '1', room: '201/202' },
      { house_code: null, grid_code: G1 },
    ],
    [
      { building_code: `${COMPOUND}0020`, unit: '1', room: '1' },
      { house_code: `${COMPOUND}0020-1-1`, grid_code: null },
    ],
    [{ house_code: 'OLD-01-0007' }, { house_code: 'OLD-01-0007', grid_code: null }],
    [
      { building_code: B3, unit: '1', room: '201', house_code: 'MINE', grid_code: G2, division_code: '370303104002' },
      { house_code: 'MINE', grid_code: G2, division_code: '370303104002' },
    ],
    [{ address_code: '999' }, { grid_code: null }],
  ];
  const sent = await deliverRows(
    node,
    'housing/flat',
    rows.map(([row], i) => ({ no: `${i}`, ...row })),
  );
  t.equal(sent.rejected, 0);
  const flats = await stored('housing__flat', 'no');
  for (const [i, [row, expected]] of rows.entries()) t.match(flats.get(`${i}`), expected, JSON.stringify(row));
  t.same(sent.report.derived, {
    building_code: { filled: 3, differing: 0, unclear: 2 },
    house_code: { filled: 5, differing: 1, unclear: 1 },
    grid_code: { filled: 8, differing: 1, unclear: 0 },
    division_code: { filled: 8, differing: 1, unclear: 0 },
  });
});

t.test('the grid of a person is that of the building in the address', async (t) => {
  const table: [string, string | null][] = [
    ['张店区房镇镇盛世康城小区3号楼1单元201室', G1],
    ['盛世康城小区 第三#楼 201', G1],
    ['盛世康城小区拾贰幢101', G2],
    ['张店区房镇镇房东村7号', G2],
    ['盛世康城小区8号楼101', null],
    ['别的小区3号楼101', null],
    ['盛世康城小区', null],
  ];
  const people = table.map(([residence_address], i) => ({
    id_kind: '414',
    id_number: `E${i}`,
    name: '王一',
    gender: '1',
    born: '1980-01-01',
    residence_division: HERE,
    residence_address,
    status: '0',
  }));
  const sent = await deliverRows(node, 'grid-center/resident', people);
  t.equal(sent.accepted, table.length, JSON.stringify(sent));
  const found = await stored('grid_center__resident', 'id_number');
  for (const [i, [address, grid]] of table.entries()) t.equal(found.get(`E${i}`).grid_code, grid, address);
  t.match(sent.report.derived.grid_code, { filled: 4, differing: 0, unclear: 2 });
  const again = await deliverRows(node, 'grid-center/resident', people);
  t.equal(again.report.unchanged?.sameAs, sent.id, 'the same file, the same places');
  await deliverRows(node, 'housing/compound', [
    { code: COMPOUND, name: '盛世康城小区', division_code: HERE },
    { code: `${HERE}002`, name: '别的小区', division_code: HERE },
  ]);
  const later = await deliverRows(node, 'grid-center/resident', people);
  t.equal(later.report.unchanged, undefined, 'the same file where places have changed says something else');
});

t.test('beyond the places that fit in memory nothing is derived, and the row counts as unclear', async (t) => {
  const client = await exchange.database.owner.connect();
  t.teardown(() => client.release());
  const { catalog } = exchange.policy.current();
  const ask = async (rowsAtMost: number) => {
    const places = await loadPlaces(
      await placeReader(client, catalog),
      { buildings: true, addresses: true, texts: true },
      rowsAtMost,
    );
    return [
      places.gridOfBuilding(`${COMPOUND}0003`),
      places.gridOfBuilding('unknown'),
      places.building(COMPOUND, '3'),
      places.gridOfText('盛世康城小区3号楼1单元201室', HERE),
      places.gridOfText('房东村7号', HERE),
      places.gridOfAddress(`${COMPOUND}003`),
    ];
  };
  t.same(await ask(6), [G1, undefined, `${COMPOUND}0003`, G1, G2, G1]);
  t.same(await ask(5), Array(6).fill(null), 'six buildings are one too many');
});

t.test('unknown codes are listed, and wrong headings get a suggestion', async (t) => {
  const values = [
    ...Array(4).fill('公寓'),
    ...Array(3).fill(' 别墅 '),
    '张三', // a name in the wrong column
    '李四',
    ...Array(5).fill('13800138000'), // a phone number, many times
    ...Array(3).fill('很'.repeat(41)),
  ];
  const rows = values.map((value, i) => ({ no: `${i}`, 用途: value, 用途码: 'x', buildingcode: 1 }));
  const sent = await deliverRows(node, 'housing/flat', [...rows, { no: 'ok', 用途: '住宅' }]);
  t.match(sent, { state: 'rejected', received: 18, rejected: 17 });
  t.same(sent.report.unmappedValues, [
    {
      field: 'kind',
      heading: '用途',
      values: [
        { value: '公寓', rows: 4 },
        { value: '别墅', rows: 3 },
      ],
      more: 0,
      other: 10,
    },
  ]);
  t.same(sent.report.unmapped, ['用途码', 'buildingcode']);
  t.same(sent.report.suggestions, { 用途码: '用途', buildingcode: 'building_code' });
  t.notMatch(JSON.stringify(sent.report), /张三|13800138000/, 'what may be no code is only counted');
});
