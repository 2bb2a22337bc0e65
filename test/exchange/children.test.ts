import { householdRows, residentRows } from '../../src/demo/people/police-rows.js';
import { buildingRows, houseRows } from '../../src/demo/places/housing-rows.js';
import { gridRows } from '../../src/demo/places/place-rows.js';
import { planPopulation } from '../../src/demo/places/plan.js';
import { deliverRows, delivers } from '../support/catalog-part.js';
import { testNode } from '../support/node.js';
import t from '../support/tap.js';

type Row = Record<string, any>;

const plan = planPopulation(240, 1);
const people: Row[] = [...residentRows(plan)];
const households: Row[] = [...householdRows(plan)];
const fourteen = `${new Date().getFullYear() - 14}${new Date().toISOString().slice(4, 10)}`;
const isChild = ({ born }: Row) => born > fourteen;
const children = people.filter(isChild);
/** A household whose head is a child, as an orphan's is. */
const orphan: Row = { ...households[0], household_no: '999999999', head_id: children[0]!.id_number, members_count: 1 };
const rows: Record<string, Row[]> = {
  'grid-center/grid': [...gridRows(plan)],
  'housing/building': [...buildingRows(plan)],
  'housing/house': [...houseRows(plan)],
  'police/household': [...households, orphan],
  'police/resident': people,
};
const householdOf = new Map(households.map((row) => [row.household_no, row]));

const node = await testNode(t);
for (const [dataset, given] of Object.entries(rows)) {
  await delivers(node, dataset);
  await deliverRows(node, dataset, given);
}
for (const [as, minors] of [
  ['masked-app', {}],
  ['lifted-app', { minors: 'none' as const }],
] as const) {
  await node.register(as);
  for (const dataset of Object.keys(rows)) {
    const contract = node.exchange.policy.current().catalog.contracts.get(`${dataset}/v1`)!;
    const open = Object.fromEntries([...contract.fields.keys()].map((name) => [name, 'none' as const]));
    await node.grant({ application: as, dataset, masks: { ...open, ...(contract.hasMinors ? minors : {}) } });
  }
}

const RESIDENT = '/data/police/resident/v1/rows';
const PATHS = ['household', 'household.house', 'household.house.building', 'household.house.grid', 'grid'];

async function rest(as: string, body: Row, dataset = 'police/resident'): Promise<{ rows: Row[]; count: number }> {
  const asked = { ...body, limit: 1_000, count: 'exact' };
  const reply = await node.ask('POST', `/data/${dataset}/v1/rows/query`, { as, body: asked });
  if (reply.status !== 200) throw new Error(reply.text);
  return { rows: reply.body.data, count: reply.body.page.count };
}

async function graphql(as: string, where: string): Promise<{ rows: Row[]; count: number }> {
  const query = `{ police { resident_list(first: 1000, where: ${where}) { totalCount nodes { id_number name born head_id household_no registered_address residence_address
    grid { code name } household { head_id head_name address house_code house { room unit building { code name } } } } } } }`;
  const { body } = await node.ask('POST', '/graphql/v1', { as, body: { query } });
  if (body.errors !== undefined) throw new Error(JSON.stringify(body.errors));
  return { rows: body.data.police.resident_list.nodes, count: body.data.police.resident_list.totalCount };
}

/** The values that a child's row and what stands behind it must not show. */
const hidden = new Set(
  children.flatMap((child) => {
    const { head_id, head_name, address, house_code } = householdOf.get(child.household_no)!;
    return [child.id_number, child.name, child.born, child.head_id, child.registered_address, child.residence_address]
      .concat([head_id, head_name, address, house_code, child.household_no])
      .filter((value) => typeof value === 'string' && !value.endsWith('-01-01'));
  }),
);

/** Rows of children have their number masked. */
const ofChildren = (found: readonly Row[]) => found.filter((row) => String(row.id_number).endsWith('************'));

t.test('attack 9: no relation of a child gives back what its row masks', async (t) => {
  t.ok(children.length > 20 && hidden.size > 50, `${children.length} children, ${hidden.size} values`);
  for (const [door, { rows: found }] of [
    ['rest', await rest('masked-app', { expand: PATHS })],
    ['graphql', await graphql('masked-app', '{}')],
  ] as const) {
    t.equal(found.length, people.length, `${door} gives everybody`);
    const told = ofChildren(found);
    t.equal(told.length, children.length, `${door} gives every child`);
    const shown = JSON.stringify(told);
    t.same(
      [...hidden].filter((value) => shown.includes(`"${value}"`)),
      [],
      door,
    );
    t.ok(
      told.every((row) => row.household === null && row.household_no === null),
      `${door}: no household`,
    );
    t.ok(
      told.every((row) => row.grid !== null),
      `${door}: a grid tells nobody's home`,
    );
    const adults = found.filter((row) => !told.includes(row));
    t.ok(
      adults.every((row) => row.household.head_id !== null && row.household.house !== null),
      door,
    );
  }
});

t.test('attack 9: one child by its _id', async (t) => {
  const [child] = ofChildren((await rest('masked-app', {})).rows);
  const { body } = await node.ask('GET', `${RESIDENT}/${child!._id}?_expand=${PATHS.join()}`, { as: 'masked-app' });
  t.equal(body.data.household, null);
  t.equal(body.data.household_no, null);
});

t.test('attack 9: no filter, count or order over a relation finds a child', async (t) => {
  const homes = [...new Set(children.map(({ household_no }) => household_no))].slice(0, 12);
  for (const home of homes) {
    const { head_id, house_code } = householdOf.get(home)!;
    const adults = people.filter((person) => person.household_no === home && !isChild(person)).length;
    for (const [field, value] of [
      ['household_no', home],
      ['household.household_no', home],
      ['household.head_id', head_id],
      ['household.house_code', house_code],
    ]) {
      const { rows: found, count } = await rest('masked-app', { where: { field, op: 'eq', value } });
      t.equal(count, field === 'household.house_code' ? count : adults, field);
      t.same(ofChildren(found), [], field);
    }
    const through = await graphql('masked-app', `{ household: { head_id: { eq: "${head_id}" } } }`);
    t.equal(through.count, adults);
  }
  for (const where of [
    { field: 'household_no', op: 'null', value: true },
    { field: 'household.members_count', op: 'gte', value: 0 },
    { field: 'household.head_id', op: 'null', value: true },
    { field: 'household.kind', op: 'ne', value: '2' },
  ])
    t.same(ofChildren((await rest('masked-app', { where })).rows), [], JSON.stringify(where));
  for (const sort of ['household_no', '-household_no']) {
    const { rows: found } = await rest('masked-app', { sort: [sort] });
    t.same(ofChildren(found.slice(0, -children.length)), [], `${sort}: children come last`);
  }
});

t.test('attack 9: the household of a child gives no home', async (t) => {
  const all = (await rest('masked-app', { expand: ['house.building'] }, 'police/household')).rows;
  const own = all.find((row) => row.household_no === orphan.household_no)!;
  t.match(own, { house: null, house_code: null, head_id: /\*{12}$/ });
  const where = { field: 'house_code', op: 'eq', value: orphan.house_code };
  const found = (await rest('masked-app', { where }, 'police/household')).rows;
  t.notOk(found.some((row) => row.household_no === orphan.household_no));
});

t.test('attack 9: where the grant lifts the mask, the relations are whole', async (t) => {
  const { rows: found } = await rest('lifted-app', { expand: PATHS });
  t.equal(ofChildren(found).length, 0);
  for (const row of found) t.equal(row.household.head_id, householdOf.get(row.household_no)!.head_id);
  const home = householdOf.get(children[0]!.household_no)!;
  const { count } = await rest('lifted-app', { where: { field: 'household.head_id', op: 'eq', value: home.head_id } });
  t.equal(count, people.filter((person) => person.household_no === home.household_no).length);
});
