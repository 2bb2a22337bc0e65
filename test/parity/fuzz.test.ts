import { connect } from 'node:net';
import fc from 'fast-check';
import type { Test } from 'tap';
import { PROBLEMS } from '../../src/platform/errors.js';
import type { Asking, Reply } from '../support/node.js';
import t from '../support/tap.js';
import { fixture } from './fixture.js';

t.setTimeout(120_000);
const { node } = await fixture(t);
await node.register('fuzz-app');
for (const dataset of ['police/resident', 'police/household', 'housing/house'])
  await node.grant({ application: 'fuzz-app', dataset });
const RESIDENT = '/data/police/resident/v1';
/** Part of every hostile value: a reply that contains it repeats a value. */
const CANARY = 'kanarienvogel370399';

const hostile = fc.oneof(
  fc.constantFrom(
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    '\0',
    '\ud800',
    '\udfff\ud800',
    "'; DROP TABLE data.police__resident; --",
    '$1',
    '%',
    '{{7*7}}',
    '\u202e',
    '9'.repeat(400),
    '1e999',
    '-0',
    'NaN',
    '../../etc/passwd',
    'x'.repeat(5_000),
    '',
  ),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({ maxLength: 20 }),
);
const value = fc.oneof(
  { weight: 3, arbitrary: hostile.map((text) => `${CANARY}${text}`) },
  { weight: 1, arbitrary: hostile },
);
const name = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      'gender',
      'born',
      'name',
      'phone',
      'household_no',
      'status',
      'grid.code',
      'household.kind',
      'household.members_count',
    ),
  },
  { weight: 1, arbitrary: hostile.map((text) => text.slice(0, 300)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '_select',
      '_sort',
      '_limit',
      '_cursor',
      '_count',
      '_expand',
      '_any',
      '_any.gender',
      '_anything',
    ),
  },
);
const op = fc.oneof(
  fc.constantFrom('', '.eq', '.ne', '.lt', '.gte', '.in', '.nin', '.null', '.contains', '.startswith'),
  hostile.map((text) => `.${text}`),
);

/** Percent-encoding that is sometimes wrong; lone surrogates are sent as the bytes that they would be. */
function encode(text: string): string {
  return [...Buffer.from(text, 'utf8')]
    .map((byte) => (byte > 0x40 && byte < 0x5b ? String.fromCharCode(byte) : `%${byte.toString(16).padStart(2, '0')}`))
    .join('');
}
const broken = fc.constantFrom('', '', '', '%', '%zz', '%c3', '%ff%fe', '&&', '=', '+', '%00');
const queryString = fc
  .array(fc.tuple(name, op, value, broken), { maxLength: 5 })
  .map((pairs) => pairs.map(([n, o, v, b]) => `${encode(n + o)}=${encode(v)}${b}`).join('&'));

const { json } = fc.letrec((tie) => ({
  json: fc.oneof({ depthSize: 'small', withCrossShrink: true }, tie('leaf'), tie('list'), tie('object')),
  leaf: fc.oneof(
    value,
    fc.constantFrom(null, true, 1e308, -1, 2 ** 53, 0.1),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
  ),
  list: fc.array(tie('json'), { maxLength: 4 }),
  object: fc.dictionary(
    fc.oneof(fc.constantFrom('and', 'or', 'not', 'field', 'op', 'value', '__proto__', 'constructor'), hostile),
    tie('json'),
    { maxKeys: 4 },
  ),
}));
const condition = fc.record(
  {
    field: fc.oneof(name, json),
    op: fc.oneof(fc.constantFrom('eq', 'in', 'contains', 'null', 'lt'), json),
    value: json,
  },
  { requiredKeys: [] },
);
const body = fc.oneof(
  json,
  fc.record(
    {
      where: fc.oneof(
        condition,
        json,
        fc.record({ and: fc.array(condition, { maxLength: 3 }) }),
        fc.record({ not: condition }),
      ),
      select: fc.oneof(fc.array(name, { maxLength: 3 }), json),
      sort: fc.oneof(
        name.map((one) => [one]),
        json,
      ),
      limit: fc.oneof(fc.integer(), json),
      cursor: json,
      expand: fc.oneof(fc.array(name, { maxLength: 3 }), json),
      count: fc.oneof(fc.constantFrom('none', 'exact'), json),
    },
    { requiredKeys: [] },
  ),
);

/** Answered, or refused with a code of the register and a place; the reply repeats no value of the request. */
function settled(reply: Reply, what: string): void {
  const told = (why: string) =>
    new Error(`${why}: ${reply.status} ${reply.text.slice(0, 400)} ← ${what.slice(0, 400)}`);
  if (reply.status >= 500) throw told('a failure');
  if (reply.status === 200) return;
  const { code, status, errors, trace_id } = reply.body ?? {};
  if (PROBLEMS[code as keyof typeof PROBLEMS]?.status !== reply.status || status !== reply.status)
    throw told('no code of the register');
  if (typeof trace_id !== 'string') throw told('no trace');
  const placeless = ['bad-body', 'not-found', 'too-complex', 'unsupported-media-type', 'too-large', 'cursor-ended'];
  const placed = errors.some(
    (fault: { parameter?: string; pointer?: string }) => (fault.parameter ?? fault.pointer) !== undefined,
  );
  // Above the header limit there is no request, and so no place in it.
  const overlong = code === 'bad-header' && what.length > 4_000;
  if (!placed && !overlong && !placeless.includes(code)) throw told('no place');
}
function silent(reply: Reply, what: string): void {
  if (reply.text.includes(CANARY))
    throw new Error(`a value came back: ${reply.text.slice(0, 400)} ← ${what.slice(0, 200)}`);
}

const ask = (method: string, path: string, asking: Omit<Asking, 'as'> = {}) =>
  node.ask(method, path, { as: 'fuzz-app', ...asking });

t.test('any query string', async () => {
  await fc.assert(
    fc.asyncProperty(queryString, fc.constantFrom('/rows', '/rows/AAAAAAAAAAAAAAAAAAAAAA', ''), async (text, door) => {
      const reply = await ask('GET', `${RESIDENT}${door}?${text}`);
      settled(reply, text);
      silent(reply, text);
    }),
    { numRuns: 100, includeErrorInReport: true },
  );
});

t.test('any body', async () => {
  await fc.assert(
    fc.asyncProperty(
      body,
      fc.constantFrom(['POST', '/rows/query'], ['QUERY', '/rows'], ['POST', '/rows/lookup']),
      async (sent, [method, door]) => {
        const text = JSON.stringify(door === '/rows/lookup' ? { keys: Array.isArray(sent) ? sent : [sent] } : sent);
        const reply = await ask(method!, `${RESIDENT}${door}`, {
          body: text,
          headers: { 'content-type': 'application/json' },
        });
        settled(reply, text);
        // The reply to a lookup returns the caller's keys.
        if (reply.status !== 200) silent(reply, text);
      },
    ),
    { numRuns: 100, includeErrorInReport: true },
  );
});

t.test('any GraphQL', async () => {
  await fc.assert(
    fc.asyncProperty(json, fc.oneof(name, value), async (where, sort) => {
      const query = `query ($where: PoliceResidentWhere, $sort: [String!]) { police { resident_list(where: $where, sort: $sort, first: 1) { nodes { gender } } } }`;
      const reply = await ask('POST', '/graphql/v1', { body: { query, variables: { where, sort: [sort] } } });
      if (reply.status >= 500) throw new Error(reply.text);
      for (const { extensions } of reply.body.errors ?? [])
        if (!(extensions.problem in PROBLEMS) || extensions.problem === 'internal') throw new Error(reply.text);
      silent(reply, JSON.stringify(where));
    }),
    { numRuns: 50, includeErrorInReport: true },
  );
});

t.test('any header that the exchange reads', async () => {
  const latin = fc.string({
    unit: fc
      .integer({ min: 0x20, max: 0xff })
      .filter((c) => c !== 0x7f)
      .map((c) => String.fromCharCode(c)),
    maxLength: 40,
  });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(
        'exchange-purpose',
        'exchange-grant',
        'exchange-case',
        'exchange-operator',
        'if-none-match',
        'accept',
        'content-type',
        'traceparent',
      ),
      latin,
      async (header, text) => {
        const reply = await ask('POST', `${RESIDENT}/rows/query`, {
          body: '{"limit":1}',
          headers: { 'content-type': 'application/json', [header]: `${CANARY}${text}` },
        });
        settled(reply, `${header}: ${text}`);
        silent(reply, text);
      },
    ),
    { numRuns: 40, includeErrorInReport: true },
  );
});

const DEEP = 100_000;
const BODIES: [what: string, body: string | Uint8Array, code: string | undefined][] = [
  ['a list nested without end', '['.repeat(DEEP) + ']'.repeat(DEEP), 'too-complex'],
  ['objects nested without end', `${'{"not":'.repeat(20_000)}1${'}'.repeat(20_000)}`, undefined],
  ['a condition nested without end', `{"where":${'{"not":'.repeat(20_000)}1${'}'.repeat(20_000)}}`, 'too-complex'],
  ['a key nested without end', `{"keys":[${'['.repeat(DEEP)}${']'.repeat(DEEP)}]}`, undefined],
  ['a number without end', `{"limit":${'9'.repeat(100_000)}}`, 'bad-limit'],
  ['a body of nothing but NUL', new Uint8Array(100), 'bad-body'],
  ['bytes that are no UTF-8', Buffer.from('{"where":{"field":"gender","value":"\xff\xfe"}}', 'latin1'), 'bad-value'],
  ['a prototype', '{"__proto__":{"limit":1}}', 'bad-body'],
  ['a constructor', '{"constructor":{"prototype":{"limit":1}}}', 'bad-body'],
  ['half a document', '{"limit":', 'bad-body'],
  [
    'too many leaves',
    JSON.stringify({ where: { and: Array(51).fill({ field: 'gender', value: '1' }) } }),
    'too-complex',
  ],
  [
    'too many values',
    JSON.stringify({ where: { field: 'gender', op: 'in', value: Array(5_001).fill('1') } }),
    'too-complex',
  ],
  ['more than a megabyte', JSON.stringify({ select: ['x'.repeat(1_100_000)] }), 'too-large'],
];

t.test('oversized bodies', async (t) => {
  for (const [what, sent, code] of BODIES) {
    for (const door of ['/rows/query', '/rows/lookup']) {
      const reply = await ask('POST', `${RESIDENT}${door}`, {
        body: sent,
        headers: { 'content-type': 'application/json' },
      });
      t.doesNotThrow(() => settled(reply, what), `${what} at ${door}`);
      if (code !== undefined && door === '/rows/query') t.equal(reply.body.code, code, what);
    }
  }
});

/** The first line of the reply to bytes that no client library would send. */
function raw(bytes: Buffer): Promise<string> {
  const { port, hostname } = new URL(node.baseUrl);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    let text = '';
    socket.on('data', (data) => {
      text += data.toString('latin1');
    });
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
    socket.setTimeout(20_000, () => socket.destroy(new Error('no reply')));
  });
}

t.test('malformed request lines', async (t) => {
  const { host } = new URL(node.baseUrl);
  const token = await node.token('fuzz-app');
  const rest = ` HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${token}\r\nConnection: close\r\n\r\n`;
  const lines: [what: string, line: Buffer, status: RegExp][] = [
    ['UTF-8 in the path', Buffer.from(`GET ${RESIDENT}/rows/张${rest}`, 'utf8'), /^HTTP\/1\.1 40[04] /],
    ['UTF-8 in the query', Buffer.from(`GET ${RESIDENT}/rows?gender=张${rest}`, 'utf8'), /^HTTP\/1\.1 400 /],
    [
      'bytes that are no UTF-8',
      Buffer.from(`GET ${RESIDENT}/rows?gender=\xff\xfe${rest}`, 'latin1'),
      /^HTTP\/1\.1 400 /,
    ],
    ['NUL in the path', Buffer.from(`GET ${RESIDENT}/\0rows${rest}`, 'latin1'), /^HTTP\/1\.1 400 /],
    ['no method that there is', Buffer.from(`FETCH ${RESIDENT}/rows${rest}`, 'latin1'), /^HTTP\/1\.1 400 /],
    ['a space in the path', Buffer.from(`GET ${RESIDENT}/rows x${rest}`, 'latin1'), /^HTTP\/1\.1 400 /],
    ['no HTTP', Buffer.from('\x16\x03\x01\x02\x00\x01\r\n\r\n', 'latin1'), /^HTTP\/1\.1 400 /],
    [
      'a header without end',
      Buffer.from(`GET ${RESIDENT}/rows HTTP/1.1\r\nHost: ${host}\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 'latin1'),
      /^HTTP\/1\.1 4(31|00) /,
    ],
    ['a path without end', Buffer.from(`GET /${'x'.repeat(20_000)}${rest}`, 'latin1'), /^HTTP\/1\.1 4(14|31|00) /],
    [
      'two lengths',
      Buffer.from(
        `POST ${RESIDENT}/rows/query HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}`,
        'latin1',
      ),
      /^HTTP\/1\.1 400 /,
    ],
    [
      'a length and chunks',
      Buffer.from(
        `POST ${RESIDENT}/rows/query HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
        'latin1',
      ),
      /^HTTP\/1\.1 400 /,
    ],
  ];
  for (const [what, bytes, status] of lines) {
    const reply = await raw(bytes);
    t.match(reply.split('\r\n')[0], status, what);
    t.notMatch(reply, /node:internal|\bat \S+ \(|postgres/i, 'no inside of ours');
  }
});

t.test('afterwards it answers as before', async (t: Test) => {
  const reply = await ask('GET', `${RESIDENT}/rows?_limit=1&_count=exact`);
  t.equal(reply.status, 200);
  t.equal(reply.body.page.count, 150);
});
