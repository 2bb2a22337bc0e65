import { serverAudits } from 'graphql-http';
import t from '../support/tap.js';
import { denied, objectFor, openDoor, rowsOutcome, shippedCatalog } from './fake.js';

const catalog = await shippedCatalog();
const resident = catalog.contracts.get('police/resident/v1')!;
const some = (count: number) => openDoor(catalog, (ask) => rowsOutcome(rowsFor(ask, count)));
function rowsFor(ask: Parameters<Parameters<typeof openDoor>[1]>[0], count: number) {
  return Array.from({ length: count }, (_, i) => objectFor(ask.contract, ask.selection, catalog, String(i)));
}

t.test('all audits of graphql-http pass against a listening server', async (t) => {
  const { app } = await some(1);
  t.teardown(() => app.close());
  const base = await app.listen({ host: '127.0.0.1', port: 0 });
  const audits = serverAudits({ url: `${base}/graphql/v1` });
  t.equal(audits.length, 61);
  for (const audit of audits) {
    const result = await audit.fn();
    if ('response' in result) await result.response.body?.cancel().catch(() => {});
    t.equal(result.status, 'ok', `${audit.id} ${audit.name} ${'reason' in result ? result.reason : ''}`);
  }
});

t.test('one row by key, its relation, the headers and the call', async (t) => {
  const door = await some(1);
  t.teardown(() => door.app.close());
  const reply = await door.post(
    'query ($n: String) { police { resident(id_number: $n) { _id name household { household_no } __typename } } }',
    { n: '370399199001011234' },
    { 'exchange-purpose': 'grid-service', 'exchange-case': encodeURIComponent('张民救〔2026〕37号') },
  );
  t.equal(reply.status, 200, reply.text);
  t.equal(reply.type, 'application/graphql-response+json; charset=utf-8');
  t.match(reply.headers['exchange-receipt'], /^index=5, leaf=:AQEB.*:, blind=:AgIC.*:$/);
  t.same(reply.body, {
    data: {
      police: {
        resident: {
          _id: 'id0',
          name: 'name0',
          household: { household_no: 'household_no0' },
          __typename: 'PoliceResident',
        },
      },
    },
  });
  const { asks, call } = door.asked[0]!;
  t.equal(asks.length, 1);
  t.equal(asks[0]!.contract, resident);
  t.same(asks[0]!.target, { kind: 'keys', keys: [['370399199001011234']] });
  t.same(asks[0]!.selection, {
    fields: ['name'],
    relations: new Map([['household', { fields: ['household_no'], relations: new Map() }]]),
  });
  t.equal(asks[0]!.partial, true);
  t.match(call, { purpose: 'grid-service', caseNumber: '张民救〔2026〕37号', subject: { sub: 'app' } });
});

t.test('a page: where, sort, first, after, edges and counts', async (t) => {
  const door = await openDoor(catalog, (ask) =>
    rowsOutcome(rowsFor(ask, 2), { hasMore: true, count: { atLeast: 10_000 } }),
  );
  t.teardown(() => door.app.close());
  const reply = await door.post(`{ police { resident_list(
    where: { gender: { eq: "1" }, born: { gte: "2000-01-01", lt: "2010-01-01" },
             or: [{ status: { in: ["0", "1"] } }, { household: { household_no: { null: true } } }], not: { name: { startswith: "张三" } } },
    sort: ["-born"], first: 2, after: "abc") {
      nodes { name } edges { cursor node { born } } pageInfo { hasNextPage endCursor } totalCount } } }`);
  t.same(reply.body, {
    data: {
      police: {
        resident_list: {
          nodes: [{ name: 'name0' }, { name: 'name1' }],
          edges: [
            { cursor: 'cursor-0', node: { born: 'born0' } },
            { cursor: 'cursor-1', node: { born: 'born1' } },
          ],
          pageInfo: { hasNextPage: true, endCursor: 'cursor-1' },
          totalCount: null,
        },
      },
    },
    extensions: { counts: [{ path: ['police', 'resident_list'], atLeast: 10_000 }] },
  });
  const { target, selection } = door.asked[0]!.asks[0]!;
  t.same(selection.fields, ['name', 'born'], 'nodes and edges merge');
  t.same(target, {
    kind: 'page',
    where: {
      and: [
        { path: 'gender', op: 'eq', value: '1' },
        { path: 'born', op: 'lt', value: '2010-01-01' },
        { path: 'born', op: 'gte', value: '2000-01-01' },
        {
          or: [
            { path: 'status', op: 'in', value: ['0', '1'] },
            { path: 'household.household_no', op: 'null', value: true },
          ],
        },
        { not: { path: 'name', op: 'startswith', value: '张三' } },
      ],
    },
    sort: { field: 'born', descending: true },
    limit: 2,
    cursor: 'abc',
    count: 'estimated',
  });
});

t.test('fields that are not selected are not asked for', async (t) => {
  const door = await openDoor(catalog, () => rowsOutcome([], { count: 12 }));
  t.teardown(() => door.app.close());
  const counted = await door.post('{ police { resident_list { totalCount } } }');
  t.same(counted.body.data, { police: { resident_list: { totalCount: 12 } } });
  t.match(door.asked[0]!.asks[0]!.target, { limit: 0, count: 'estimated' });
  await door.post('{ police { resident_list { nodes { _id } pageInfo { endCursor } } } }');
  t.match(door.asked[1]!.asks[0], { target: { limit: 100, count: 'none' }, selection: { fields: [] } });
  await door.post('{ __typename _standard police { __typename } }');
  t.equal(door.asked.length, 2, 'a document without a dataset asks nothing');
});

t.test('fragments, aliases, variables, skip and include mean the same as the plain document', async (t) => {
  const door = await some(2);
  t.teardown(() => door.app.close());
  const plain = `{ police { resident_list(first: 2, where: { gender: { eq: "1" } }) { nodes { name household { household_no } } } } }`;
  const others: [string, unknown?][] = [
    [
      'query Q($f: Int = 2, $g: String!) { police { resident_list(first: $f, where: { gender: { eq: $g } }) { nodes { name household { household_no } } } } }',
      { g: '1' },
    ],
    [
      'query Q($w: PoliceResidentWhere) { police { resident_list(first: 2, where: $w) { nodes { name household { household_no } } } } }',
      { w: { gender: { eq: '1' } } },
    ],
    [
      '{ police { ...G } } fragment G on Police { resident_list(first: 2, where: { gender: { eq: "1" } }) { nodes { ...N } } } fragment N on PoliceResident { name ... on PoliceResident { household { household_no } } }',
    ],
    [
      '{ police { resident_list(first: 2, where: { gender: { eq: "1" } }) { nodes { name } nodes { household { household_no } } } } }',
    ],
    [
      '{ police { resident_list(first: 2, where: { gender: { eq: "1" } }) { nodes { name } } } police { resident_list(first: 2, where: { gender: { eq: "1" } }) { nodes { household { household_no } } } } }',
    ],
    [
      'query ($no: Boolean!, $yes: Boolean = true) { police { resident_list(first: 2, where: { gender: { eq: "1" } }) { nodes { name phone @include(if: $no) born @skip(if: $yes) household @include(if: $yes) { household_no } } } } }',
      { no: false },
    ],
  ];
  const expected = await door.post(plain);
  t.equal(expected.status, 200, expected.text);
  const { asks } = door.asked[0]!;
  for (const [query, variables] of others) {
    const reply = await door.post(query, variables);
    t.same(reply.body, expected.body, query);
    t.same(door.asked.at(-1)!.asks, asks, `the same ask: ${query}`);
  }
  const aliased = await door.post(
    '{ p: police { a: resident_list(first: 1) { n: nodes { x: name y: name } } b: resident(_id: "i") { name } } q: police { a: resident(_id: "j") { born } } }',
  );
  t.same(aliased.body.data, {
    p: {
      a: {
        n: [
          { x: 'name0', y: 'name0' },
          { x: 'name1', y: 'name1' },
        ],
      },
      b: { name: 'name0' },
    },
    q: { a: { born: 'born0' } },
  });
  t.same(
    door.asked.at(-1)!.asks.map(({ target }) => target.kind),
    ['page', 'id', 'id'],
  );
});

t.test('the switches of a cached document are read again', async (t) => {
  const door = await some(1);
  t.teardown(() => door.app.close());
  const query = 'query ($s: Boolean = true) { police { resident(_id: "i") { name phone @include(if: $s) } } }';
  for (const s of [true, false, true]) {
    const { body } = await door.post(query, { s });
    t.same(Object.keys(body.data!.police!.resident!), s ? ['name', 'phone'] : ['name']);
    t.same(door.asked.at(-1)!.asks[0]!.selection.fields, s ? ['name', 'phone'] : ['name']);
  }
  const refused = await door.post(query, { s: null });
  t.match(refused.body.errors, [{ extensions: { problem: 'bad-value' } }]);
});

t.test('several operations in one document: the named one runs', async (t) => {
  const door = await some(1);
  t.teardown(() => door.app.close());
  const query = 'query A { police { resident(_id: "i") { name } } } query B { police { resident(_id: "i") { born } } }';
  for (const [operationName, field] of [
    ['A', 'name'],
    ['B', 'born'],
    ['A', 'name'],
  ] as const) {
    const reply = await door.app.inject({
      method: 'POST',
      url: '/graphql/v1',
      payload: { query, operationName },
    });
    t.same(reply.json().data.police.resident, { [field]: `${field}0` }, operationName);
  }
});

t.test('a field that is not granted fails at its path while the rest answers', async (t) => {
  const door = await openDoor(
    catalog,
    (ask) => {
      if (ask.contract.name === 'civil-affairs/social-assistance') return denied('not-found');
      const rows = rowsFor(ask, 3);
      for (const row of rows) {
        delete row.phone;
        delete row.grid;
        const household = row.household as Record<string, unknown> | undefined;
        if (household !== undefined) delete household.address;
      }
      return rowsOutcome(rows, { withheld: ['phone', 'grid', 'household.address'] });
    },
    { presents: 2 },
  );
  t.teardown(() => door.app.close());
  const { status, body } = await door.post(`{
    civil_affairs { social_assistance_list { nodes { _id } } }
    police { r: resident_list { nodes { name p: phone household { household_no address } grid { code } } } resident(_id: "x") { phone } }
  }`);
  t.equal(status, 200);
  const node = (i: number) => ({
    name: `name${i}`,
    p: null,
    household: { household_no: `household_no${i}`, address: null },
    grid: null,
  });
  t.same(body.data, {
    civil_affairs: { social_assistance_list: null },
    police: { r: { nodes: [node(0), node(1), node(2)] }, resident: { phone: null } },
  });
  t.same(
    body.errors!.map(({ path, extensions }) => [path!.join('.'), extensions.code, extensions.problem]),
    [
      ['civil_affairs.social_assistance_list', 'FORBIDDEN', 'not-found'],
      ['police.r.nodes.0.p', 'FORBIDDEN', 'field-not-granted'],
      ['police.r.nodes.0.household.address', 'FORBIDDEN', 'field-not-granted'],
      ['police.r.nodes.0.grid', 'FORBIDDEN', 'relation-not-granted'],
      ['police.resident.phone', 'FORBIDDEN', 'field-not-granted'],
    ],
    'each once, at its first row, and again when presented again',
  );
  t.notMatch(JSON.stringify(body), /the true reason/);
});

t.test('an absent row is null, and a value that cannot be written is an error without the value', async (t) => {
  const door = await openDoor(catalog, (ask) =>
    ask.target.kind === 'keys' ? rowsOutcome([]) : rowsOutcome([{ _id: 'i', name: { canary: 'Zhang' }, born: null }]),
  );
  t.teardown(() => door.app.close());
  const { body, text } = await door.post(
    '{ police { resident(id_number: "370399199001011234") { name } other: resident(_id: "i") { name born } } }',
  );
  t.same(body.data, { police: { resident: null, other: { name: null, born: null } } });
  t.match(body.errors, [{ path: ['police', 'other', 'name'], extensions: { code: 'INTERNAL', problem: 'internal' } }]);
  t.equal(body.errors!.length, 1);
  t.notMatch(text, /canary|Zhang/);
});
