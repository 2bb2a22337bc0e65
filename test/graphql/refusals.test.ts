import fc from 'fast-check';
import { Problem } from '../../src/platform/errors.js';
import t from '../support/tap.js';
import { CANARY, list, REFUSED, where } from './bad-documents.js';
import { objectFor, openDoor, type Reply, rowsOutcome, shippedCatalog } from './fake.js';

const catalog = await shippedCatalog();
const rows = (count: number) =>
  openDoor(catalog, (ask) =>
    rowsOutcome(Array.from({ length: count }, () => objectFor(ask.contract, ask.selection, catalog))),
  );
/** The faults of a refusal; empty where it is right. */
function faultsOf({ body, text }: Reply, problem: string): string[] {
  const errors = body.errors ?? [];
  return [
    ...('data' in body ? ['a data entry'] : []),
    ...(errors[0]?.extensions.problem === problem ? [] : [`not ${problem}: ${text.slice(0, 400)}`]),
    ...(errors.every(({ extensions }) => extensions.code === 'BAD_REQUEST') ? [] : ['no coarse code']),
    ...(text.includes(CANARY.slice(0, 12)) ? ['a value comes back'] : []),
  ];
}

t.test('a faulty document is refused with its code, before any ask', async (t) => {
  const door = await rows(1);
  t.teardown(() => door.app.close());
  for (const [name, problem, query, variables] of REFUSED) {
    await t.test(name, async (t) => {
      const reply = await door.post(query, variables);
      t.equal(reply.status, 400);
      t.same(faultsOf(reply, problem), []);
      const plain = await door.post(query, variables, { accept: 'application/json' });
      t.equal(plain.status, 200, 'under application/json');
      t.same(plain.body, reply.body);
    });
  }
  t.same(door.asked, [], 'nothing reached answer()');
});

t.test('a body that is no GraphQL request gives 400 under both media types', async (t) => {
  const door = await rows(1);
  t.teardown(() => door.app.close());
  const bodies: [string, string][] = [
    ['no body', ''],
    ['no JSON', `{"query": "${CANARY}`],
    ['a batch', '[{"query":"{ _standard }"}]'],
    ['a string', '"{ _standard }"'],
    ['null', 'null'],
    ['no query', '{"variables":{}}'],
    ['a query that is a list', '{"query":["{ _standard }"]}'],
    ['variables that are a list', '{"query":"{ _standard }","variables":[]}'],
    ['variables that are text', '{"query":"{ _standard }","variables":"{}"}'],
    ['an operation name that is a number', '{"query":"{ _standard }","operationName":1}'],
    ['extensions that are text', '{"query":"{ _standard }","extensions":"x"}'],
  ];
  for (const [name, payload] of bodies) {
    for (const accept of ['application/json', 'application/graphql-response+json']) {
      const reply = await door.app.inject({
        method: 'POST',
        url: '/graphql/v1',
        payload,
        headers: { 'content-type': 'application/json', accept },
      });
      t.equal(reply.statusCode, 400, `${name}, ${accept}`);
      t.equal(reply.json().errors[0].extensions.problem, 'bad-body');
      t.notOk(reply.body.includes(CANARY.slice(0, 12)));
    }
  }
});

t.test('a body nested eighty thousand deep exhausts nothing', async (t) => {
  const door = await rows(1);
  t.teardown(() => door.app.close());
  const query = 'query ($w: PoliceResidentWhere) { police { resident_list(where: $w) { nodes { _id } } } }';
  for (const [open, close] of [
    ['[', ']'],
    ['{"not":', '}'],
  ] as const) {
    const depth = Math.floor(400_000 / (open.length + close.length));
    const payload = `{"query":${JSON.stringify(query)},"variables":{"w":${open.repeat(depth)}1${close.repeat(depth)}}}`;
    const reply = await door.app.inject({
      method: 'POST',
      url: '/graphql/v1',
      payload,
      headers: { 'content-type': 'application/json' },
    });
    t.equal(reply.json().errors[0].extensions.problem, 'too-complex');
  }
});

t.test('media types, methods and sizes', async (t) => {
  const door = await rows(1);
  t.teardown(() => door.app.close());
  const post = (headers: Record<string, string>, payload = '{"query":"{ _standard }"}') =>
    door.app.inject({
      method: 'POST',
      url: '/graphql/v1',
      headers: { 'content-type': 'application/json', ...headers },
      payload,
    });
  const types: [string, string][] = [
    ['application/json;q=0.5, application/graphql-response+json;q=0.4', 'application/json'],
    ['application/graphql-response+json, application/json;q=0.9', 'application/graphql-response+json'],
    ['application/graphql-response+json, application/json', 'application/graphql-response+json'],
    ['application/json, application/graphql-response+json', 'application/json'],
    ['application/graphql-response+json; charset=utf-8', 'application/graphql-response+json'],
    ['APPLICATION/*', 'application/json'],
    ['text/html, */*;q=0.1', 'application/json'],
  ];
  for (const [accept, type] of types) {
    t.equal((await post({ accept })).headers['content-type'], `${type}; charset=utf-8`, accept);
  }
  for (const accept of ['text/html', 'application/json;q=0', 'image/png;q=1', 'json', ';']) {
    t.equal((await post({ accept })).statusCode, 406, accept);
  }
  t.equal((await post({ 'content-type': 'text/plain' })).statusCode, 415);
  t.equal((await post({ 'content-type': 'application/xml' })).statusCode, 415);
  t.equal((await post({}, `{"query":"#${'x'.repeat(600_000)}"}`)).statusCode, 413);
  const bad = await post(
    { 'exchange-purpose': 'Not A Purpose!' },
    '{"query":"{ police { resident(_id: \\"i\\") { _id } } }"}',
  );
  t.equal(bad.statusCode, 400);
  t.equal(bad.json().errors[0].extensions.problem, 'bad-header');
});

t.test('GET accepts only queries without personal values', async (t) => {
  const door = await rows(1);
  t.teardown(() => door.app.close());
  const get = (query: Record<string, string>, suffix = '') =>
    door.app.inject({
      method: 'GET',
      url: `/graphql/v1?${new URLSearchParams(query)}${suffix}`,
      headers: { accept: 'application/graphql-response+json' },
    });
  const fine = await get({
    query:
      'query ($f: Int) { police { resident_list(first: $f, where: { residence_division: { eq: "370303104003" }, name: { null: false } }) { nodes { _id } } } }',
    variables: '{"f":1}',
  });
  t.equal(fine.statusCode, 200, fine.body);
  t.same(fine.json().data.police.resident_list.nodes, [{ _id: 'id' }]);
  const refused: [string, number, Record<string, string>, string?][] = [
    ['use-body', 400, { query: '{ police { resident(id_number: "370399199001011234") { _id } } }' }],
    ['use-body', 400, { query: where('{ not: { or: [{ name: { eq: "张三" } }] } }') }],
    [
      'use-body',
      400,
      {
        query: 'query ($n: String) { police { resident(id_number: $n) { _id } } }',
        variables: '{"n":"370399199001011234"}',
      },
    ],
    ['method-not-allowed', 405, { query: 'mutation { erase }' }],
    ['bad-body', 400, { query: '{ _standard }', variables: '{' }],
    ['bad-body', 400, { query: '{ _standard }', variables: '[]' }],
    ['bad-body', 400, { variables: '{}' }],
    ['repeated-parameter', 400, { query: '{ _standard }' }, '&query=%7B_standard%7D'],
  ];
  for (const [problem, status, query, suffix] of refused) {
    const reply = await get(query, suffix);
    t.equal(reply.statusCode, status, problem);
    t.equal(reply.json().errors[0].extensions.problem, problem);
    if (status === 405) t.equal(reply.headers.allow, 'POST');
  }
  t.equal((await door.app.inject({ method: 'HEAD', url: '/graphql/v1?query=%7B_standard%7D' })).statusCode, 404);
});

t.test('introspection and suggestions are off where the config says so', async (t) => {
  const quiet = await openDoor(catalog, () => rowsOutcome([]), { introspection: false });
  const open = await rows(1);
  t.teardown(() => Promise.all([quiet.app.close(), open.app.close()]));
  const near = [
    list('').replace('_id', 'genderr'),
    list('(sort: ["bornn"])'),
    where('{ genderr: { eq: "1" } }'),
    '{ polic { __typename } }',
  ];
  for (const query of near) {
    t.match((await open.post(query)).text, /Did you mean|suggestion/, query);
    t.notMatch((await quiet.post(query)).text, /Did you mean|suggestion/, query);
  }
  for (const query of ['{ __schema { types { name } } }', '{ __type(name: "Police") { name } }']) {
    t.equal((await open.post(query)).status, 200);
    t.same(faultsOf(await quiet.post(query), 'unknown-field'), []);
  }
  t.same((await quiet.post('{ __typename }')).body, { data: { __typename: 'Query' } });
});

t.test('problems of the exchange keep their code', async (t) => {
  const table: [Problem, number, number][] = [
    [new Problem('bad-cursor'), 400, 200],
    [new Problem('cursor-ended'), 410, 200],
    [new Problem('rate-limited', undefined, { retryAfter: 3 }), 429, 429],
    [new Problem('audit-unavailable', undefined, { retryAfter: 1 }), 503, 503],
    [new Problem('timeout'), 504, 504],
  ];
  for (const [fails, status, plain] of table) {
    const door = await openDoor(catalog, () => rowsOutcome([]), { fails });
    const reply = await door.post(list(''));
    t.equal(reply.status, status, fails.code);
    t.match(reply.body, { errors: [{ extensions: { problem: fails.code } }] });
    t.equal(reply.headers['retry-after'], fails.retryAfter === undefined ? undefined : String(fails.retryAfter));
    t.equal((await door.post(list(''), {}, { accept: 'application/json' })).status, plain);
    await door.app.close();
  }
  for (const [fails, status] of [
    [new Problem('unauthenticated'), 401],
    [new Problem('internal'), 500],
  ] as const) {
    const door = await openDoor(catalog, () => rowsOutcome([]), { fails });
    const reply = await door.post(list(''));
    t.equal(reply.status, status);
    t.match(reply.type, /^application\/problem\+json/, 'told by the app');
    await door.app.close();
  }
});

t.test('any document is answered, or refused with a code', async (t) => {
  const door = await rows(2);
  t.teardown(() => door.app.close());
  const field = fc.constantFrom(
    '_id',
    'name',
    'n: name',
    'born',
    'phone',
    '__typename',
    'nam',
    'household { household_no }',
    'grid { code }',
    'name @skip(if: $s)',
    '...F',
    '... on PoliceResident { gender }',
  );
  const value = fc.oneof(
    fc.string().map((text) => JSON.stringify(text)),
    fc.integer().map(String),
    fc.constantFrom('null', 'true', '$v', '[]', '{}', '["1"]'),
  );
  const leaf = fc
    .tuple(
      fc.constantFrom('gender', 'born', 'name', 'household', 'household_no', 'occupation'),
      fc.constantFrom('eq', 'in', 'null', 'gte', 'contains', 'division_code'),
      value,
    )
    .map(([name, op, text]) => `${name}: { ${op}: ${text} }`);
  const condition = fc.letrec((tie) => ({
    node: fc.oneof(
      { maxDepth: 5 },
      leaf.map((text) => `{ ${text} }`),
      fc.array(tie('node'), { maxLength: 3 }).map((parts) => `{ or: [${parts.join(' ')}] }`),
      tie('node').map((part) => `{ not: ${part} }`),
    ),
  })).node;
  const document = fc.record({
    where: fc.option(condition),
    first: fc.option(fc.integer({ min: -5, max: 1_200 })),
    fields: fc.array(field, { minLength: 1, maxLength: 5 }),
    skip: fc.boolean(),
    v: fc.oneof(fc.string(), fc.constant(null)),
  });
  await fc.assert(
    fc.asyncProperty(document, async ({ where, first, fields, skip, v }) => {
      const parameters = [
        ...(where === null ? [] : [`where: ${where}`]),
        ...(first === null ? [] : [`first: ${first}`]),
      ];
      const query = `query ($s: Boolean = ${skip}, $v: String) { police { resident_list${parameters.length === 0 ? '' : `(${parameters.join(', ')})`} { nodes { ${fields.join(' ')} } } } } fragment F on PoliceResident { born }`;
      const { status, body } = await door.post(query, { v });
      if (status === 200) return body.errors === undefined && Array.isArray(body.data!.police!.resident_list!.nodes);
      return status === 400 && body.errors!.every(({ extensions }) => typeof extensions.problem === 'string');
    }),
    { numRuns: 300, seed: 20261124 },
  );
});
