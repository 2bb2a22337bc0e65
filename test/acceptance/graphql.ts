import type { Asking, Outside, Part } from './outside.js';
import { THING_PATH } from './thing.js';

const DOOR = '/graphql/v1';
const GRID = '370303104003001';

/** Shared by the tests below. */
function tools(outside: Outside) {
  const run = (query: string, asking: Asking = {}, variables?: object) =>
    outside.ask('POST', DOOR, { ...asking, body: { query, ...(variables && { variables }) } });
  const residents = (args: string, fields: string) => `{ police { resident_list(${args}) { ${fields} } } }`;
  return { run, residents };
}

export const graphql: Part = [
  [
    'the same rows as REST, with relations, under the same grant',
    async (t, outside) => {
      const { run, residents } = tools(outside);
      const fields = '_id name gender born household_no household { household_no head_name house { room } }';
      const { status, body, headers } = await run(residents('first: 1000', `nodes { ${fields} } totalCount`));
      t.equal(status, 200);
      const rest = await outside.walk(
        '/data/police/resident/v1/rows?_limit=1000&_select=name,gender,born,household_no&_expand=household.house',
      );
      const slim = rest.map(({ household, ...row }) => ({
        ...row,
        household: household && {
          household_no: household.household_no,
          head_name: household.head_name,
          house: household.house && { room: household.house.room },
        },
      }));
      const list = body.data.police.resident_list;
      t.same(list.nodes, slim);
      t.equal(list.totalCount, 148);
      t.match(headers['exchange-receipt'], /^index=/);
      t.equal(headers['cache-control'], 'no-store');
    },
  ],
  [
    'one row by key and by _id, aliases, variables, fragments, directives',
    async (t, outside) => {
      const { run } = tools(outside);
      const [row] = await outside.walk('/data/police/resident/v1/rows?_limit=1000', { as: 'subsidy-app' });
      const query = `query One($id: String!, $skip: Boolean!) {
      police {
        first: resident(id_number: $id) { ...Person }
        second: resident(_id: "${row!._id}") { ...Person gender @skip(if: $skip) }
        none: resident(id_number: "370399199001010000") { name }
      }
    }
    fragment Person on PoliceResident { __typename _id name born }`;
      const { body } = await run(query, { as: 'subsidy-app' }, { id: row!.id_number, skip: true });
      const person = { __typename: 'PoliceResident', _id: row!._id, name: row!.name, born: row!.born };
      t.same(body, { data: { police: { first: person, second: person, none: null } } });
      const thing = await run(
        '{ civil_affairs { thing(code: "T03") { big price count at mon ok tags place { code } } } }',
      );
      t.match(thing.body.data.civil_affairs.thing, {
        big: '9223372036854775807',
        price: '0.03',
        count: -63,
        ok: false,
        tags: null,
        place: { code: GRID },
      });
    },
  ],
  [
    'where, or, not, sort',
    async (t, outside) => {
      const { run } = tools(outside);
      const things = async (args: string) => {
        const { body } = await run(`{ civil_affairs { thing_list(first: 100, ${args}) { nodes { code } } } }`);
        if (body.errors) throw new Error(JSON.stringify(body.errors));
        return body.data.civil_affairs.thing_list.nodes.map(({ code }: { code: string }) => code);
      };
      const rest = async (query: string) =>
        (await outside.walk(`${THING_PATH}/rows?_limit=100&_sort=-code&${query}`)).map(({ code }) => code);
      const sort = 'sort: ["-code"]';
      const SAME: [where: string, query: string][] = [
        ['gender: { eq: "1" }', 'gender=1'],
        ['count: { gte: 14, lt: 50 }', 'count.gte=14&count.lt=50'],
        ['or: [{ gender: { eq: "1" } }, { count: { gt: 50 } }]', '_any.gender=1&_any.count.gt=50'],
        ['ok: { eq: true }, not: { gender: { eq: "1" } }', 'ok=true&gender.ne=1'],
        ['label: { contains: "lph" }', 'label.contains=lph'],
        ['code: { in: ["T01", "T25"] }', 'code.in=T01&code.in=T25'],
        ['label: { null: true }', 'label.null=true'],
        ['price: { lt: "0" }', 'price.lt=0'],
        [`place: { code: { eq: "${GRID}" } }`, `place.code=${GRID}`],
      ];
      for (const [where, query] of SAME) t.same(await things(`where: { ${where} }, ${sort}`), await rest(query), where);
    },
  ],
  [
    'connections walk by the cursors of REST',
    async (t, outside) => {
      const { run } = tools(outside);
      const whole = (await outside.walk(`${THING_PATH}/rows?_limit=1000`)).map(({ code }) => code);
      const seen: string[] = [];
      let after = '';
      do {
        const args = `first: 7${after && `, after: "${after}"`}`;
        const fields = 'nodes { code } edges { cursor node { code } } pageInfo { hasNextPage endCursor }';
        const { body } = await run(`{ civil_affairs { thing_list(${args}) { ${fields} } } }`);
        const { nodes, edges, pageInfo } = body.data.civil_affairs.thing_list;
        t.same(
          edges.map(({ node }: { node: object }) => node),
          nodes,
        );
        seen.push(...nodes.map(({ code }: { code: string }) => code));
        after = pageInfo.hasNextPage ? pageInfo.endCursor : '';
        if (edges.length > 3) {
          const next = await run(
            `{ civil_affairs { thing_list(first: 1, after: "${edges[2].cursor}") { nodes { code } } } }`,
          );
          t.same(next.body.data.civil_affairs.thing_list.nodes, [nodes[3]], 'from the middle of a page');
        }
      } while (after !== '');
      t.same(seen, whole);
    },
  ],
  [
    'what is not granted fails at its path, the rest answers',
    async (t, outside) => {
      const { run, residents } = tools(outside);
      const { status, body } = await run(
        `{ grid_center { grid(code: "${GRID}") { name division { name } } } civil_affairs { social_assistance_list { nodes { kind } } } police { resident(id_number: "370399199001010010") { name } } }`,
      );
      t.equal(status, 200);
      t.match(body.data, {
        grid_center: { grid: { name: String, division: null } },
        civil_affairs: { social_assistance_list: null },
      });
      t.same(body.errors.map(({ path }: { path: string[] }) => path.join('.')).sort(), [
        'civil_affairs.social_assistance_list',
        'grid_center.grid.division',
        'police.resident',
      ]);
      t.ok(body.errors.every(({ extensions }: any) => extensions.code === 'FORBIDDEN'));
      const stranger = await run(residents('first: 1', 'nodes { name }'), { as: 'stranger-app' });
      t.match(stranger.body, {
        data: { police: { resident_list: null } },
        errors: [{ extensions: { code: 'FORBIDDEN' } }],
      });
      for (const args of [
        'where: { name: { eq: "张三" } }',
        'sort: ["born"]',
        'where: { not: { born: { lt: "2000-01-01" } } }',
      ]) {
        const masked = await run(residents(args, 'nodes { gender }'));
        t.match(masked.body.errors, [{ extensions: { code: 'FORBIDDEN', problem: 'field-not-granted' } }], args);
      }
      const purpose = await run(residents('first: 1', 'nodes { gender }'), {
        headers: { 'exchange-purpose': 'publishing' },
      });
      t.match(purpose.body.errors, [{ extensions: { problem: 'wrong-purpose' } }]);
    },
  ],
  [
    'GraphQL over HTTP: types, status codes, GET, limits',
    async (t, outside) => {
      const { run, residents } = tools(outside);
      const accept = { accept: 'application/graphql-response+json' };
      const strict = (query: string) => run(query, { headers: accept });
      const good = await strict('{ __typename }');
      t.match([good.status, good.headers['content-type']], [200, /^application\/graphql-response\+json/]);
      for (const [what, query] of [
        ['a syntax error', '{'],
        ['an unknown field', '{ police { resdent_list { nodes { name } } } }'],
        ['a mutation', 'mutation { x }'],
        ['an unknown sort', residents('sort: ["brn"]', 'nodes { name }')],
        ['a code that the list has not', residents('where: { gender: { eq: "77" } }', 'nodes { name }')],
        ['a page too large', residents('first: 1001', 'nodes { name }')],
        ['an empty page', residents('first: 0', 'nodes { name }')],
        ['a cursor that is none', residents('after: "x"', 'nodes { name }')],
        [
          'relations without end',
          residents('first: 1', 'nodes { household { house { building { compound { division { code } } } } } }'),
        ],
        [
          'aliases without end',
          `{ police { ${Array.from({ length: 60 }, (_, i) => `a${i}: resident_list { nodes { name } }`).join(' ')} } }`,
        ],
      ] as const) {
        const reply = await strict(query);
        t.equal(reply.status, 400, `${what}: ${reply.text.slice(0, 120)}`);
        t.notOk('data' in reply.body, what);
        t.match(reply.body.errors[0].extensions, { code: 'BAD_REQUEST', problem: String }, what);
        t.equal((await run(query)).status, 200, `${what}, to a client that takes application/json`);
      }
      const get = (query: string, asking?: Asking) =>
        outside.ask('GET', `${DOOR}?query=${encodeURIComponent(query)}`, asking);
      t.match((await get(residents('first: 1', 'nodes { status }'))).body, {
        data: { police: { resident_list: { nodes: [{}] } } },
      });
      t.equal((await get('mutation { x }')).status, 405);
      const personal = await get('{ police { resident(id_number: "370399199001010010") { name } } }', {
        as: 'subsidy-app',
      });
      t.match(personal.body.errors, [{ extensions: { problem: 'use-body' } }], 'no personal value in a URL');
      t.equal((await outside.ask('POST', DOOR, { body: '{}', headers: { 'content-type': 'text/plain' } })).status, 415);
      t.equal((await outside.ask('POST', DOOR, { body: {} })).status, 400);
      t.equal((await run('{ __typename }', { headers: { accept: 'text/html' } })).status, 406);
      t.equal((await outside.ask('POST', '/graphql/v2', { body: { query: '{ __typename }' } })).status, 404);
      const two = 'query A { __typename } query B { police { __typename } }';
      const named = await outside.ask('POST', DOOR, { body: { query: two, operationName: 'B' } });
      t.match(named.body.data, { police: { __typename: String } });
    },
  ],
];
