import { type GraphQLInputObjectType, type GraphQLObjectType, validateSchema } from 'graphql';
import { makeCatalog } from '../../src/catalog/catalog.js';
import type { Contract } from '../../src/catalog/contract.js';
import { buildSchema } from '../../src/graphql/schema.js';
import t from '../support/tap.js';
import { objectFor, openDoor, rowsOutcome, shippedCatalog } from './fake.js';

const shipped = await shippedCatalog();
const resident = shipped.contracts.get('police/resident/v1')!;
const contracts = [...shipped.contracts.values()];

/** A contract like the resident's under another name. */
function renamed(publisher: string, dataset: string, major = 1): Contract {
  const name = `${publisher}/${dataset}`;
  return {
    ...resident,
    id: `${name}/v${major}`,
    name,
    publisher,
    dataset,
    major,
    relations: new Map(),
    hash: `${name}${major}`,
  };
}
const fieldsOf = (schema: ReturnType<typeof buildSchema>['schema'], type: string) =>
  Object.fromEntries(
    Object.entries((schema.getType(type) as GraphQLObjectType | GraphQLInputObjectType).getFields()).map(
      ([name, field]) => [name, String(field.type)],
    ),
  );

t.test('every contract is in the schema as the type table says', async (t) => {
  const { schema, roots } = buildSchema(shipped, 1);
  t.same(validateSchema(schema), []);
  const live = contracts.filter((contract) => contract.delivery.source.kind === 'proxy');
  t.equal(roots.size, 2 * contracts.length - live.length, 'what is asked live has no list');
  t.match(fieldsOf(schema, 'Query'), {
    _standard: 'Int',
    police: 'Police',
    civil_affairs: 'CivilAffairs',
    grid_center: 'GridCenter',
  });
  t.match(fieldsOf(schema, 'Police'), {
    household: 'PoliceHousehold',
    household_list: 'PoliceHouseholdConnection',
    resident: 'PoliceResident',
    resident_list: 'PoliceResidentConnection',
    resident_check: 'PoliceResidentCheck',
  });
  const outputs = fieldsOf(schema, 'PoliceResident');
  t.same(Object.keys(outputs), ['_id', ...resident.fields.keys(), ...resident.relations.keys()]);
  t.match(outputs, { _id: 'ID', name: 'String', born: 'String', household: 'PoliceHousehold', grid: 'GridCenterGrid' });
  t.equal(Object.values(outputs).filter((type) => type.includes('!')).length, 0, 'every field is nullable');
  t.same(fieldsOf(schema, 'PoliceResidentConnection'), {
    nodes: '[PoliceResident]',
    edges: '[PoliceResidentEdge]',
    pageInfo: 'PageInfo',
    totalCount: 'Int',
  });
  t.same(fieldsOf(schema, 'PoliceResidentEdge'), { cursor: 'String', node: 'PoliceResident' });
  t.same(fieldsOf(schema, 'PageInfo'), { hasNextPage: 'Boolean', endCursor: 'String' });
  t.match(schema.getType('PoliceResident')!.description, resident.title.zh);
});

t.test('where accepts filterable fields, with the operators of their type', async (t) => {
  const { schema } = buildSchema(shipped, 1);
  const where = fieldsOf(schema, 'PoliceResidentWhere');
  const own = [...resident.fields.keys()].filter((name) => resident.filterable.has(name));
  t.same(Object.keys(where), [...own, 'household', 'grid', 'and', 'or', 'not']);
  t.match(where, {
    born: 'DateFilter',
    gender: 'CodeFilter',
    household: 'PoliceHouseholdRelationWhere',
    or: '[PoliceResidentWhere!]',
    not: 'PoliceResidentWhere',
  });
  t.same(fieldsOf(schema, 'CodeFilter'), {
    eq: 'String',
    ne: 'String',
    in: '[String!]',
    nin: '[String!]',
    null: 'Boolean',
  });
  t.same(Object.keys(fieldsOf(schema, 'DateFilter')), ['eq', 'ne', 'in', 'nin', 'null', 'lt', 'lte', 'gt', 'gte']);
  t.same(Object.keys(fieldsOf(schema, 'TextFilter')), ['eq', 'ne', 'in', 'nin', 'null', 'contains', 'startswith']);
  const household = shipped.contracts.get('police/household/v1')!;
  t.same(
    new Set(Object.keys(fieldsOf(schema, 'PoliceHouseholdRelationWhere'))),
    household.filterable,
    'one level, no connectives',
  );
  const { args } = (schema.getType('Police') as GraphQLObjectType).getFields().household!;
  t.same(
    args.map(({ name, type }) => `${name}: ${type}`),
    ['_id: ID', ...household.key.map((name) => `${name}: String`)],
  );
});

t.test('a later major, and names that collide: nothing is left out', async (t) => {
  const catalog = makeCatalog(
    [
      renamed('police', 'resident'),
      renamed('police', 'resident', 2),
      renamed('police', 'resident-list'),
      renamed('police', 'resident-v2'),
      renamed('police-resident', 'edge'),
      renamed('a-b', 'c'),
      renamed('a', 'b-c'),
      renamed('page', 'info'),
      renamed('text', 'filter'),
    ],
    [],
    [],
  );
  const { schema, roots } = buildSchema(catalog, 1);
  t.same(validateSchema(schema), []);
  t.equal(roots.size, 18);
  t.equal(new Set([...roots.values()].map(({ contract }) => contract.id)).size, 9);
  t.match(fieldsOf(schema, 'Query'), { page: 'Page', police: 'Police', text: 'Text' });
  t.match(fieldsOf(schema, 'Police'), { resident: 'PoliceResidentV1' });
  const again = buildSchema(catalog, 1);
  t.same([...again.roots.keys()], [...roots.keys()], 'the same names each time');
  const plain = buildSchema(makeCatalog([renamed('police', 'resident'), renamed('police', 'resident', 2)], [], []), 1);
  t.same(Object.keys(fieldsOf(plain.schema, 'Police')), [
    'resident',
    'resident_list',
    'resident_v2',
    'resident_v2_list',
  ]);
  t.ok(plain.schema.getType('PoliceResidentV2Where'));
});

t.test('an empty catalog has a schema too, and the schema follows the catalog', async (t) => {
  const empty = makeCatalog([], [], []);
  const door = await openDoor(empty, (ask) => rowsOutcome([objectFor(ask.contract, ask.selection, shipped)]));
  t.teardown(() => door.app.close());
  const query = '{ police { resident(_id: "i") { name } } }';
  t.same((await door.post('{ _standard }')).body, { data: { _standard: 1 } });
  t.match((await door.post(query)).body.errors, [{ extensions: { problem: 'unknown-field' } }]);
  door.setCatalog(shipped);
  t.same((await door.post(query)).body.data, { police: { resident: { name: 'name' } } });
  const fields = new Map(resident.fields).set('note', { ...resident.fields.get('name')!, name: 'note' });
  const grown = makeCatalog(
    [...contracts.filter(({ id }) => id !== resident.id), { ...resident, fields, hash: 'grown' }],
    [],
    [],
  );
  const wider = '{ police { resident(_id: "i") { note } } }';
  t.equal((await door.post(wider)).status, 400);
  door.setCatalog(grown);
  t.same((await door.post(wider)).body.data, { police: { resident: { note: 'note' } } });
  door.setCatalog(empty);
  t.equal((await door.post(query)).status, 400, 'nothing of the former schema is remembered');
});

t.test('a catalog that changes during an answer', async (t) => {
  let move = () => {};
  const door = await openDoor(shipped, (ask) => {
    move();
    return rowsOutcome([objectFor(ask.contract, ask.selection, shipped)]);
  });
  t.teardown(() => door.app.close());
  move = () => {
    move = () => {};
    door.setCatalog(makeCatalog([], [], []));
    // Another request makes the door rebuild its schema while this one waits for its rows.
    moved = door.post('{ _standard }');
  };
  let moved: Promise<unknown> = Promise.resolve();
  const reply = await door.post('{ police { resident(_id: "i") { name } } }');
  await moved;
  t.ok(reply.status === 200 || (reply.status === 503 && reply.headers['retry-after'] === '1'), reply.text);
});
