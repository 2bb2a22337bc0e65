import { revokeGrant } from '../../src/access/grants/revoke-grant.js';
import { runSource } from '../../src/exchange/sources/run-source.js';
import { residentIdCheck } from '../../src/standard/identifier.js';
import { deliverRows, delivers, publishPart } from '../support/catalog-part.js';
import { testNode } from '../support/node.js';
import t from '../support/tap.js';

const DATASETS = [
  'exchange/conflict',
  'exchange/finding',
  'police/resident',
  'grid-center/resident',
  'civil-affairs/social-assistance',
  'housing/house',
  'natural-resources/house',
  'grid-center/grid',
  'grid-center/grid-worker',
];
const [HERE, THERE] = ['370303104003', '370303104002'];
const APP = 'exchange-publisher';

const node = await testNode(t, { catalog: false });
const { exchange } = node;
const residentId = (born: string, n: number) => {
  const digits = `370399${born}${String(n).padStart(3, '0')}`;
  return digits + residentIdCheck(digits);
};
const person = (n: number, more: object = {}) => ({
  id_kind: '111',
  id_number: residentId(n < 50 ? '19800101' : '20200101', n),
  name: `王${n}`,
  gender: '1',
  born: n < 50 ? '1980-01-01' : '2020-01-01',
  registered_division: HERE,
  residence_division: HERE,
  grid_code: `${HERE}001`,
  status: '0',
  ...more,
});
const house = (n: number, more: object = {}) => ({
  house_code: `H-1-${n}`,
  real_estate_unit_no: `R${n}`,
  building_code: 'H',
  unit: '1',
  room: `${n}`,
  area_m2: '80.00',
  use: '01',
  division_code: HERE,
  ...more,
});
const reading = (dataset: string, fields: string[], more: object = {}) =>
  node.grant({
    application: APP,
    dataset,
    fields,
    masks: {
      ...Object.fromEntries(
        fields
          .filter((name) => /^(id_number|name|born|head_id|head_name|phone)$/.test(name))
          .map((name) => [name, 'none']),
      ),
      minors: 'none',
    },
    purposes: ['data-quality'],
    ...more,
  } as Parameters<typeof node.grant>[0]);
const PERSON = ['id_number', 'name', 'born', 'gender', 'residence_division', 'grid_code'];
const run = (id = 'exchange/conflict/v1') => runSource(exchange, id);
const conflicts = async () => {
  const { rows } = await exchange.database.owner.query(
    'SELECT * FROM data.exchange__conflict ORDER BY person_id, house_code, element',
  );
  return rows as Record<string, string | null>[];
};
const sorted = (rows: (string | null | undefined)[][]) => rows.map((row) => row.join(' | ')).sort();
const brief = async () =>
  sorted(
    (await conflicts()).map((row) => [row.person_id ?? row.house_code, row.element, row.first_value, row.second_value]),
  );
const entries = async () => {
  const { rows } = await exchange.database.owner.query<{ bytes: Buffer; event: string; index: string }>(
    `SELECT index, event, bytes FROM audit.entry WHERE event IN ('derived.read', 'delivery.published') ORDER BY index`,
  );
  return rows.map(({ bytes, event }) => ({ event, ...JSON.parse(String(bytes)) }));
};
let gridGrant: string;

t.before(async () => {
  await publishPart(node, DATASETS);
  for (const dataset of DATASETS) await delivers(node, dataset);
  await deliverRows(
    node,
    'police/resident',
    [1, 2, 3, 4, 60].map((n) => person(n)),
  );
  await deliverRows(node, 'grid-center/resident', [
    person(1, { name: '王Ｏ' }),
    person(2, { name: ' 王 ２' }),
    person(3, { gender: '2', born: '1980-01-02' }),
    person(4, { residence_division: THERE, grid_code: `${THERE}001` }),
    person(60, { name: '王六十' }),
    person(7),
  ]);
  await deliverRows(node, 'housing/house', [house(1), house(2), house(3, { area_m2: '80' })]);
  await deliverRows(node, 'natural-resources/house', [
    house(1, { area_m2: '88.5' }),
    house(2, { use: '02' }),
    house(3),
  ]);
  await deliverRows(node, 'civil-affairs/social-assistance', [
    {
      family_no: 'F1',
      kind: '01',
      head_id: person(1).id_number,
      head_name: '李一',
      members_count: 1,
      from_month: '2026-01',
      division_code: HERE,
    },
  ]);
});

t.test('a dataset without a grant is not compared, and nothing is read of it', async (t) => {
  await reading('police/resident', PERSON);
  const ended = await run();
  t.match(ended.delivery, { state: 'published', counts: { received: 0 } });
  t.same(await conflicts(), []);
  t.same(
    (await entries()).filter(({ event }) => event === 'derived.read'),
    [],
  );
});

t.test('a masked field is not compared', async (t) => {
  const fields = ['id_number', 'name', 'residence_division'];
  const { id } = await reading('grid-center/resident', fields, {
    masks: { id_number: 'none', name: 'initial', minors: 'none' },
  });
  await run();
  t.same(await brief(), sorted([[person(4).id_number, 'residence_division', HERE, THERE]]));
  await revoke(id);
  const hidden = await reading('grid-center/resident', fields, {
    masks: { id_number: 'id-number', name: 'none', minors: 'none' },
  });
  await run();
  t.same(await conflicts(), [], 'nor by a masked number');
  await revoke(hidden.id);
});

t.test('children that the grant masks are left out, and rows outside its scope', async (t) => {
  const masks = { id_number: 'none', name: 'none' } as const;
  const { id } = await reading('grid-center/resident', ['id_number', 'name'], {
    masks,
    rows: { scope: [{ field: 'residence_division', in: [HERE] }] },
  });
  await run();
  t.same(await brief(), sorted([[person(1).id_number, 'name', '王1', '王Ｏ']]));
  await revoke(id);
});

t.test('a difference between two departments is in the list once, recorded before it is read', async (t) => {
  gridGrant = (await reading('grid-center/resident', PERSON)).id;
  await reading('civil-affairs/social-assistance', ['head_id', 'head_name']);
  for (const dataset of ['housing/house', 'natural-resources/house'])
    await reading(dataset, ['house_code', 'area_m2', 'use', 'division_code'], { masks: { minors: 'none' } });
  const ended = await run();
  t.match(ended.delivery.counts, { rejected: 0 });
  t.same(
    await brief(),
    sorted([
      [person(1).id_number, 'name', '王1', '王Ｏ'],
      [person(1).id_number, 'name', '李一', '王1'],
      [person(1).id_number, 'name', '李一', '王Ｏ'],
      [person(3).id_number, 'born', '1980-01-01', '1980-01-02'],
      [person(3).id_number, 'gender', '1 男性', '2 女性'],
      [person(4).id_number, 'grid_code', `${HERE}001`, `${THERE}001`],
      [person(4).id_number, 'residence_division', HERE, THERE],
      [person(60).id_number, 'name', '王60', '王六十'],
      ['H-1-1', 'area_m2', '80.00', '88.50'],
      ['H-1-2', 'use', '01 住宅', '02 商业'],
    ]),
  );
  const found = await conflicts();
  t.notOk(
    JSON.stringify(found).includes('social-assistance'),
    'who is assisted is not told: the department is named alone',
  );
  t.ok(found.some((row) => row.first_dataset === 'civil-affairs'));
  t.ok(found.every((row) => row.division_code === HERE && /^[0-9a-f]{32}$/.test(row.conflict_no!)));
  const log = await entries();
  const at = log.findLastIndex(({ event }) => event === 'derived.read');
  t.ok(at >= 0 && at < log.findLastIndex(({ event }) => event === 'delivery.published'));
  const read = log[at].accesses.find(({ dataset }: { dataset: string }) => dataset === 'grid-center/resident');
  t.match(read, { grant: gridGrant, purpose: 'data-quality', release: 1, rows: 6, decision: 'permit' });
  const again = await run();
  t.match(again.delivery.counts, { inserted: 0, updated: 0, deleted: 0 });
  t.same(await conflicts(), found, 'numbers and dates stay');
});

t.test('the list is read by community under a grant, masked like every dataset', async (t) => {
  await node.register('grid-app');
  await node.register('stranger');
  await node.grant({
    application: 'grid-app',
    dataset: 'exchange/conflict',
    rows: { scope: [{ field: 'division_code', in: [HERE] }] },
  });
  const path = '/data/exchange/conflict/v1/rows';
  const rest = await node.ask('GET', `${path}?element=gender`, { as: 'grid-app' });
  t.equal(rest.body.data.length, 1);
  t.match(rest.body.data[0], {
    person_id: '370399************',
    first_value: null,
    element_title: '性别',
    division_code: HERE,
  });
  const query =
    '{ exchange { conflict_list(where: { element: { eq: "gender" } }) { nodes { person_id second_value division_code } } } }';
  const graphql = await node.ask('POST', '/graphql/v1', { as: 'grid-app', body: { query } });
  t.match(graphql.body.data.exchange.conflict_list.nodes, [{ person_id: '370399************', second_value: null }]);
  t.equal((await node.ask('GET', path, { as: 'stranger' })).status, 404);
});

t.test('values of a withdrawn grant vanish with the next run', async (t) => {
  await revoke(gridGrant);
  await run();
  t.notOk((await conflicts()).some((row) => [row.first_dataset, row.second_dataset].includes('grid-center/resident')));
  t.ok(
    (await conflicts()).some((row) => row.house_code === 'H-1-1'),
    'the others stay',
  );
});

t.test('findings need grants on all rows, and come by township', async (t) => {
  const grid = (n: number, households: number) => ({
    code: `${HERE}00${n}`,
    name: `第${n}网格`,
    division_code: HERE,
    settlement: '1',
    kind: '1',
    households_count: households,
    persons_count: 900,
    chief_name: '孙一',
    supervision_phone: '15400000000',
  });
  await deliverRows(node, 'grid-center/grid', [grid(1, 320), grid(2, 500)]);
  const findings = async () => {
    await run('exchange/finding/v1');
    const { rows } = await exchange.database.owner.query(
      'SELECT rule, division_code, subject FROM data.exchange__finding ORDER BY 1, 3',
    );
    return rows;
  };
  t.same(await findings(), []);
  const fields = ['code', 'division_code', 'settlement', 'kind', 'households_count'];
  const part = await reading('grid-center/grid', fields, {
    masks: {},
    rows: { scope: [{ field: 'division_code', in: [HERE] }] },
  });
  t.same(await findings(), [], 'a part of the district is not looked at');
  await revoke(part.id);
  await reading('grid-center/grid', fields, { masks: {} });
  t.same(await findings(), [{ rule: 'grid-size', division_code: HERE.slice(0, 9), subject: `${HERE}002` }]);
});

async function revoke(id: string): Promise<void> {
  await revokeGrant(exchange, id, { actor: null, request: exchange.clock.uuid() });
}
