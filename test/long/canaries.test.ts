import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import t from 'tap';
import { deliverPeople, people, unmasked } from '../failure/residents.js';
import { until } from '../failure/until.js';
import { keysIn } from '../support/keys.js';
import { freePort, type Reply, testNode } from '../support/node.js';

// Puts personal values and secrets wherever a caller can, then looks for them wherever they must never be.
const [person, rejected] = people(2);
const CANARY = {
  name: '金丝雀',
  id: person!.GMSFHM!,
  phone: person!.LXDH!,
  case: '鸟笼案7788',
  operator: '值班员9911',
};
const CANARIES = [...Object.values(CANARY), rejected!.GMSFHM!, encodeURIComponent(CANARY.name)];
const found = (text: string) => CANARIES.filter((canary) => text.includes(canary));

const directory = mkdtempSync(join(tmpdir(), 'civic-exchange-canaries-'));
const keys = await keysIn(join(directory, 'keys'));
const first = await testNode(t, { keys });
await deliverPeople(first, [{ ...person!, XM: CANARY.name }]);
const secretJwk = await first.register('reader');
await first.register('stranger');
await first.grant({ application: 'reader', dataset: 'police/resident', masks: unmasked(first) });
const sql = new pg.Client({ connectionString: first.databaseUrl });
await sql.connect();
t.teardown(() => sql.end());

// The node under observation: a process of its own that logs everything.
const port = String(await freePort());
const baseUrl = `http://127.0.0.1:${port}`;
const child = spawn(
  process.execPath,
  [
    ...process.execArgv,
    fileURLToPath(new URL(`../../src/main${extname(import.meta.url)}`, import.meta.url)),
    'start',
    '--port',
    port,
    '--data-dir',
    directory,
  ],
  {
    env: {
      ...process.env,
      _TAPJS_PROCESSINFO_COVERAGE_: '0',
      DATABASE_URL: first.databaseUrl,
      EXCHANGE_PUBLIC_URL: first.exchange.config.publicUrl,
      EXCHANGE_ALLOWED_HOSTS: `127.0.0.1:${port}`,
      EXCHANGE_LOG_LEVEL: 'debug',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  },
);
let log = '';
for (const stream of [child.stdout, child.stderr])
  stream.setEncoding('utf8').on('data', (text: string) => (log += text));
t.teardown(async () => {
  child.kill('SIGTERM');
  await until('the node has ended', () => child.exitCode !== null || child.signalCode !== null);
  rmSync(directory, { recursive: true, force: true });
});
await until('the node is up', async () => {
  if (child.exitCode !== null) throw new Error(log);
  return fetch(`${baseUrl}/health/ready`).then(
    ({ ok }) => ok,
    () => false,
  );
});

const tokens = new Map<string, string>();
for (const as of ['reader', 'stranger', 'police-publisher']) tokens.set(as, await first.token(as));

async function ask(
  method: string,
  path: string,
  more: { as?: string; headers?: Record<string, string>; body?: unknown } = {},
): Promise<Reply> {
  const headers: Record<string, string> = {
    authorization: `Bearer ${tokens.get(more.as ?? 'reader')}`,
    ...more.headers,
  };
  const text = more.body === undefined || typeof more.body === 'string' ? more.body : JSON.stringify(more.body);
  if (text !== undefined) headers['content-type'] ??= 'application/json';
  const reply = await fetch(`${baseUrl}${path}`, { method, headers, body: (text as string | undefined) ?? null });
  return { status: reply.status, headers: reply.headers, text: await reply.text(), body: undefined };
}

const ROWS = '/data/police/resident/v1/rows';
const where = (value: string, field = 'name') => ({ where: { field, op: 'eq', value } });
const graphql = (query: string, variables?: unknown) => ({ body: { query, variables } });
const stated = {
  'exchange-case': encodeURIComponent(CANARY.case),
  'exchange-operator': encodeURIComponent(CANARY.operator),
};
const enc = encodeURIComponent;

t.test('replies without personal values, for any request', async (t) => {
  const refused: [what: string, reply: Promise<Reply>][] = [
    ['a name in the query string', ask('GET', `${ROWS}?name=${enc(CANARY.name)}`)],
    ['a number in the path', ask('GET', `${ROWS}/${CANARY.id}`)],
    ['a value of the wrong type', ask('GET', `${ROWS}?gender=${enc(CANARY.name)}`)],
    ['a limit that is none', ask('GET', `${ROWS}?_limit=${CANARY.phone}`)],
    ['a cursor that is none', ask('GET', `${ROWS}?_cursor=${CANARY.id}`)],
    ['a dataset that is none', ask('GET', `/data/police/${enc(CANARY.name)}/v1/rows`)],
    ['a body that is no JSON', ask('POST', `${ROWS}/query`, { body: `{"where": ${CANARY.name}` })],
    ['a body with a wrong value', ask('POST', `${ROWS}/query`, { body: where(CANARY.name, 'born') })],
    [
      'a body with a wrong operand',
      ask('POST', `${ROWS}/query`, { body: { where: { field: 'name', op: 'eq', value: [CANARY.name] } } }),
    ],
    ['a lookup of a wrong form', ask('POST', `${ROWS}/lookup`, { body: { keys: { [CANARY.id]: CANARY.name } } })],
    ['a purpose that is none', ask('GET', ROWS, { headers: { 'exchange-purpose': CANARY.phone } })],
    ['a grant that is none', ask('GET', ROWS, { headers: { 'exchange-grant': CANARY.id } })],
    ['a case that is malformed', ask('GET', ROWS, { headers: { 'exchange-case': `%zz${CANARY.phone}` } })],
    ['a token that is none', ask('GET', ROWS, { headers: { authorization: `Bearer ${CANARY.id}` } })],
    [
      'GraphQL that does not parse',
      ask('POST', '/graphql/v1', graphql(`{ police { resident(id_number: "${CANARY.id}" `)),
    ],
    [
      'a GraphQL literal of a wrong type',
      ask('POST', '/graphql/v1', graphql(`{ police { resident_list(first: "${CANARY.name}") { nodes { name } } } }`)),
    ],
    [
      'a GraphQL variable of a wrong type',
      ask(
        'POST',
        '/graphql/v1',
        graphql('query q($n: Int) { police { resident_list(first: $n) { nodes { name } } } }', { n: CANARY.name }),
      ),
    ],
    [
      'a GraphQL value of a wrong form',
      ask(
        'POST',
        '/graphql/v1',
        graphql(`{ police { resident_list(where: { born: { eq: "${CANARY.name}" } }) { nodes { name } } } }`),
      ),
    ],
    ['no grant', ask('POST', `${ROWS}/query`, { as: 'stranger', body: where(CANARY.name) })],
    ['a path that is none', ask('GET', `/${enc(CANARY.name)}/${CANARY.id}`)],
    [
      'a media type that is none',
      ask('POST', `${ROWS}/query`, { headers: { 'content-type': 'text/x-none' }, body: CANARY.name }),
    ],
    [
      'a delivery that is none of ours',
      ask('GET', `/data/police/resident/v1/deliveries/${CANARY.id}`, { as: 'police-publisher' }),
    ],
  ];
  for (const [what, asked] of refused) {
    const { status, text, headers } = await asked;
    t.ok(status >= 400 || text.includes('"errors"'), `${what}: ${status} ${text.slice(0, 200)}`);
    t.ok(status < 500, `${what}: ${status}`);
    t.same(found(text + JSON.stringify([...headers])), [], `${what}: ${text}`);
  }
});

t.test('answers: no value in a link, a cursor, a tag or a header', async (t) => {
  const faulty = { ...rejected!, XB: CANARY.name, CSRQ: CANARY.name };
  for (const [row, state] of [
    [people(3)[2]!, 'published'],
    [faulty, 'rejected'],
  ] as const) {
    const sent = await ask('POST', '/data/police/resident/v1/deliveries?mode=delta', {
      as: 'police-publisher',
      headers: { 'content-type': 'application/x-ndjson', 'idempotency-key': `${CANARY.phone}-${state}` },
      body: JSON.stringify(row),
    });
    t.match(sent.text, `"state":"${state}"`);
    t.same(found(sent.text), [], 'the report of a delivery quotes no value');
  }
  const page = await ask('GET', `${ROWS}?_limit=1&_sort=-born`, { headers: stated });
  t.equal(page.status, 200, page.text);
  const link = page.headers.get('link')!;
  const cursor = /_cursor=([^>&]+)/.exec(link)![1]!;
  t.same(found(JSON.stringify([...page.headers])), []);
  const opened = Buffer.from(cursor, 'base64url').toString('latin1');
  t.notMatch(opened, /1980|3703/, 'the value sorted by does not stand in the cursor');
  for (const body of [where(CANARY.name), where(CANARY.id, 'id_number')]) {
    const reply = await ask('POST', `${ROWS}/query`, { body, headers: stated });
    t.equal(reply.status, 200, reply.text);
    t.match(reply.text, CANARY.name);
  }
  t.equal((await ask('POST', `${ROWS}/lookup`, { body: { keys: [CANARY.id] } })).status, 200);
  const seen = await ask('POST', '/graphql/v1', graphql(`{ police { resident(id_number: "${CANARY.id}") { name } } }`));
  t.match(seen.text, CANARY.name);
});

t.test('an internal failure is logged, and neither log nor reply quotes a value', async (t) => {
  const table = '"data"."police__resident"';
  await sql.query(`REVOKE SELECT ON ${table} FROM exchange_reader`);
  const failed = await ask('POST', `${ROWS}/query`, { body: where(CANARY.name), headers: stated });
  await sql.query(`GRANT SELECT ON ${table} TO exchange_reader`);
  t.equal(failed.status, 500);
  t.same(found(failed.text), []);
  t.notMatch(failed.text, /permission|relation|SELECT|at .*:\d+/);
  await until('the failure is in the log', () => log.includes('request failed'));
});

t.test('logs, metrics and the open part of every entry have no personal value', async (t) => {
  const metrics = await (await fetch(`${baseUrl}/metrics`)).text();
  t.match(metrics, 'exchange_http_requests_total');
  t.same(found(metrics), [], 'metrics');
  t.same(found(log), [], 'log');
  const { rows } = await sql.query<{ bytes: Buffer }>('SELECT bytes FROM audit.entry');
  t.ok(rows.length > 30);
  t.same(found(rows.map(({ bytes }) => bytes.toString('utf8')).join('\n')), [], 'open parts');
  const sealed = await sql.query<{ sealed: Buffer }>('SELECT sealed FROM audit.entry');
  t.same(found(sealed.rows.map((row) => row.sealed.toString('utf8')).join('\n')), [], 'sealed parts are encrypted');
});

t.test('no secret in the logs', async (t) => {
  const keyTexts = readdirSync(join(directory, 'keys'), { withFileTypes: true })
    .filter((file) => file.isFile())
    .map(({ name }) => readFileSync(join(directory, 'keys', name), 'utf8').trim());
  t.ok(keyTexts.length >= 5, 'the keys were looked for');
  const { password } = new URL(first.databaseUrl);
  const secrets = [password, secretJwk.d!, ...tokens.values(), ...keyTexts];
  t.same(
    secrets.filter((secret) => secret !== '' && log.includes(secret)),
    [],
  );
  t.match(log, 'request failed', 'the log is the one that was watched');
});
