import type { Test } from 'tap';
import { residentIdCheck } from '../../src/standard/identifier.js';
import { type Reply, type TestNode, testNode } from '../support/node.js';
import t from '../support/tap.js';

const DIVISION = '370303104003';
const idOf = (born: string, sequence: number) => {
  const digits = `370399${born.replaceAll('-', '')}${String(sequence).padStart(3, '0')}`;
  return digits + residentIdCheck(digits);
};
const PEOPLE = [
  ['1950-02-03', '王建国', '男', '000000001'],
  ['1955-07-08', '李秀英', '女', '000000001'],
  ['1980-01-31', '张伟', '男', '000000002'],
  ['1982-12-01', '孙静', '女', '000000002'],
  ['1999-05-05', '于洋', '男', '000000009'],
].map(([born, name, gender, household], i) => ({
  GMSFHM: idOf(born!, i + 1),
  ZJZL: '居民身份证',
  XM: name,
  XB: gender,
  CSRQ: born,
  MZ: '汉族',
  XZD: DIVISION,
  HJD: DIVISION,
  HSZX: '370303',
  HH: household,
  LXDH: `1990533000${i}`,
  RYZT: '有效',
}));
const HOUSEHOLDS = ['000000001', '000000002'].map((HH, i) => ({
  SZX: '370303',
  HH,
  HLX: '家庭户',
  HZSFHM: PEOPLE[2 * i]!.GMSFHM,
  HZXM: PEOPLE[2 * i]!.XM,
  QHDM: DIVISION,
  HNRS: 2,
}));

const node = await testNode(t);
const unmasked = (dataset: string) =>
  Object.fromEntries(
    [...node.exchange.policy.current().catalog.contracts.get(`${dataset}/v1`)!.fields.values()]
      .filter(({ sensitivity }) => sensitivity === 'L3' || sensitivity === 'L4')
      .map(({ name }) => [name, 'none' as const]),
  );
await node.register('police-publisher', { department: 'police', roles: ['publisher'] });
for (const [dataset, rows] of [
  ['police/household', HOUSEHOLDS],
  ['police/resident', PEOPLE],
] as const) {
  await node.grant({ application: 'police-publisher', dataset, mode: 'deliver' });
  const sent = await node.ask('POST', `/data/${dataset}/v1/deliveries?mode=snapshot`, {
    as: 'police-publisher',
    headers: { 'content-type': 'application/x-ndjson', 'idempotency-key': `first-${dataset.replace('/', '-')}` },
    body: rows.map((row) => JSON.stringify(row)).join('\n'),
  });
  if (sent.body?.accepted !== rows.length) throw new Error(sent.text);
}
for (const application of ['open-app', 'masked-app', 'narrow-app', 'stranger-app']) await node.register(application);
await node.grant({ application: 'open-app', dataset: 'police/resident', masks: unmasked('police/resident') });
await node.grant({ application: 'open-app', dataset: 'police/household', masks: unmasked('police/household') });
await node.grant({ application: 'masked-app', dataset: 'police/resident' });
await node.grant({
  application: 'narrow-app',
  dataset: 'police/resident',
  fields: ['name', 'gender'],
  rows: { scope: [{ field: 'residence_division', in: ['370303104002'] }] },
});

function graphql(as: string, query: string, variables?: unknown, from: TestNode = node): Promise<Reply> {
  return from.ask('POST', '/graphql/v1', {
    as,
    headers: { accept: 'application/graphql-response+json' },
    body: { query, variables },
  });
}

t.test('the same rows as REST, for the same ask', async (t) => {
  const fields = ['name', 'born', 'gender', 'phone', 'household_no'];
  const asks: [where: string | undefined, body: unknown, sort: string[]][] = [
    [undefined, undefined, []],
    [undefined, undefined, ['born']],
    [undefined, undefined, ['-born']],
    ['{ gender: { eq: "1" } }', { field: 'gender', op: 'eq', value: '1' }, ['-born']],
    ['{ name: { contains: "建国" } }', { field: 'name', op: 'contains', value: '建国' }, []],
    [
      '{ born: { gte: "1960-01-01" }, not: { gender: { in: ["2"] } } }',
      {
        and: [{ field: 'born', op: 'gte', value: '1960-01-01' }, { not: { field: 'gender', op: 'in', value: ['2'] } }],
      },
      [],
    ],
    [
      `{ or: [{ household: { members_count: { eq: 2 } } }, { born: { gt: "1990-01-01" } }] }`,
      {
        or: [
          { field: 'household.members_count', op: 'eq', value: 2 },
          { field: 'born', op: 'gt', value: '1990-01-01' },
        ],
      },
      ['born'],
    ],
  ];
  for (const as of ['open-app', 'masked-app']) {
    for (const [where, condition, sort] of asks) {
      const query = `{ police { resident_list(${where === undefined ? '' : `where: ${where}, `}sort: ${JSON.stringify(sort)}) {
        nodes { _id ${fields.join(' ')} } totalCount pageInfo { hasNextPage } } } }`;
      const theirs = await node.ask('POST', '/data/police/resident/v1/rows/query', {
        as,
        body: { ...(condition === undefined ? {} : { where: condition }), sort, select: fields, count: 'estimated' },
      });
      const { body } = await graphql(as, query);
      const ours = body.data.police.resident_list;
      if (theirs.status === 200) {
        t.same(ours.nodes, theirs.body.data, `${as} ${where} ${sort}`);
        t.equal(ours.totalCount, theirs.body.page.count);
        t.equal(ours.pageInfo.hasNextPage, theirs.body.page.has_more);
      } else {
        t.equal(ours, null, `${as} ${where} ${sort}`);
        t.equal(body.errors[0].extensions.problem, theirs.body.code);
        t.equal(body.errors[0].extensions.code, 'FORBIDDEN');
      }
    }
  }
});

t.test('by key and by _id, with the household nested, one entry for the request', async (t) => {
  const query = `query ($n: String) { police { resident(id_number: $n) { _id name household { household_no head_name house { room } } } } }`;
  const reply = await graphql('open-app', query, { n: PEOPLE[1]!.GMSFHM });
  const { resident } = reply.body.data.police;
  t.match(resident, { name: '李秀英', household: { household_no: '000000001', head_name: '王建国', house: null } });
  t.match(reply.body.errors, [
    { path: ['police', 'resident', 'household', 'house'], extensions: { problem: 'relation-not-granted' } },
  ]);
  t.equal(reply.body.errors.length, 1);
  const again = await graphql('open-app', `{ police { resident(_id: "${resident._id}") { name } } }`);
  t.same(again.body.data, { police: { resident: { name: '李秀英' } } });
  const absent = await graphql('open-app', query, { n: idOf('1901-01-01', 9) });
  t.same(absent.body, { data: { police: { resident: null } } });
  const entry = await entryOf(t, node, 'open-app', reply);
  t.match(entry, { event: 'graphql.read', outcome: 'success', actor: { application: 'open-app' } });
  t.same(
    entry.accesses.map(({ dataset, decision, rows }: Record<string, unknown>) => [dataset, decision, rows]),
    [
      ['police/resident', 'permit', 1],
      ['police/household', 'permit', 1],
    ],
  );
});

async function entryOf(t: Test, from: TestNode, as: string, reply: Reply) {
  const receipt = /^index=(\d+), leaf=:[^:]{44}:, blind=:[^:]{44}:$/.exec(reply.headers.get('exchange-receipt') ?? '');
  t.ok(receipt, 'a receipt');
  const { body, text } = await from.ask('GET', `/api/v1/audit/entries/${receipt?.[1]}`, { as });
  t.ok(body?.entry, text);
  return body.entry;
}

t.test('a walk by cursors meets every row once, and a cursor serves no other ask', async (t) => {
  const query = `query ($c: String) { police { resident_list(first: 2, sort: ["born"], after: $c) { nodes { name } pageInfo { hasNextPage endCursor } } } }`;
  const names: string[] = [];
  let c: string | null = null;
  let pages = 0;
  do {
    const { body } = await graphql('open-app', query, { c });
    const { nodes, pageInfo } = body.data.police.resident_list;
    names.push(...nodes.map(({ name }: { name: string }) => name));
    c = pageInfo.hasNextPage ? pageInfo.endCursor : null;
    pages += 1;
  } while (c !== null && pages < 9);
  t.same(names, ['王建国', '李秀英', '张伟', '孙静', '于洋']);
  const first = await graphql('open-app', query);
  const { endCursor } = first.body.data.police.resident_list.pageInfo;
  const rest = await node.ask('POST', '/data/police/resident/v1/rows/query', {
    as: 'open-app',
    body: { sort: ['born'], select: ['name'], cursor: endCursor },
  });
  t.same(
    rest.body.data.map(({ name }: { name: string }) => name),
    names.slice(2),
    'the cursors are those of REST',
  );
  for (const cursor of ['', 'x', endCursor.slice(0, -2), `${endCursor}A`]) {
    const reply = await graphql('open-app', query, { c: cursor });
    t.equal(reply.status, 400, cursor);
    t.match(reply.body.errors, [{ extensions: { problem: 'bad-cursor' } }]);
  }
  const other = await graphql('open-app', query.replace('"born"', '"-born"'), { c: endCursor });
  t.match(other.body.errors, [{ extensions: { problem: 'bad-cursor' } }]);
});

t.test('fields that are not granted', async (t) => {
  const narrow = await graphql(
    'narrow-app',
    `{ police { resident_list { nodes { name } totalCount } household_list { nodes { _id } } resident(id_number: "${PEOPLE[0]!.GMSFHM}") { name } } }`,
  );
  t.equal(narrow.status, 200);
  t.same(narrow.body.data.police, {
    resident_list: { nodes: [], totalCount: 0 },
    household_list: null,
    resident: null,
  });
  t.same(
    narrow.body.errors.map(({ path, extensions }: { path: string[]; extensions: Record<string, string> }) => [
      path[1],
      extensions.code,
      extensions.problem,
    ]),
    [
      ['household_list', 'FORBIDDEN', 'not-found'],
      ['resident', 'FORBIDDEN', 'field-not-granted'],
    ],
  );
  const masked = await graphql(
    'masked-app',
    '{ police { resident_list(sort: ["household_no"]) { nodes { name phone } } } }',
  );
  t.notMatch(masked.text, /建国|秀英|19905330/);
  const counted = await graphql('open-app', '{ police { resident_list { totalCount } } }');
  t.ok(counted.body.data.police.resident_list.totalCount > 0);
  t.match(await entryOf(t, node, 'open-app', counted), { accesses: [{ rows: 0 }] }, 'a count lets no row leave');
  const stranger = await graphql(
    'stranger-app',
    '{ police { resident_list { nodes { name } totalCount } } grid_center { grid_list { totalCount } } }',
  );
  t.same(stranger.body.data, { police: { resident_list: null }, grid_center: { grid_list: null } });
  t.ok(
    stranger.body.errors.every(
      ({ extensions }: { extensions: { problem: string } }) => extensions.problem === 'not-found',
    ),
  );
  t.match(await entryOf(t, node, 'stranger-app', stranger), { event: 'graphql.read', outcome: 'denied' });
  t.equal((await node.ask('POST', '/graphql/v1', { body: { query: '{ _standard }' } })).status, 401);
  const wrong = await node.ask('POST', '/graphql/v1', {
    as: 'open-app',
    headers: { 'exchange-purpose': 'social-assistance-review' },
    body: { query: '{ police { resident_list { nodes { name } } } }' },
  });
  t.match(wrong.body, {
    data: { police: { resident_list: null } },
    errors: [{ extensions: { problem: 'wrong-purpose' } }],
  });
});
