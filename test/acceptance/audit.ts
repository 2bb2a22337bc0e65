import type { Outside, Part, Reply } from './outside.js';
import { answerDigest, leafHash, openCheckpoint, receiptOf, rootOfInclusion, rootsOfConsistency } from './proof.js';
import { deliver, THING_PATH } from './thing.js';

const R = '/data/police/resident/v1/rows';
const hashes = (list: string[]) => list.map((hash) => Buffer.from(hash, 'base64'));

/** Shared by the tests below. */
function tools(outside: Outside) {
  const readVkey = async () => (await outside.ask('GET', '/audit/v1/vkey', { as: null })).text;
  const entry = (index: number, as = 'grid-app') => outside.ask('GET', `/api/v1/audit/entries/${index}`, { as });
  const proofOf = (index: number, as = 'grid-app') =>
    outside.ask('GET', `/api/v1/audit/entries/${index}/proof`, { as });
  return { readVkey, entry, proofOf };
}

export const audit: Part = [
  [
    'the receipt of every reply with an entry is proven',
    async (t, outside) => {
      const { readVkey, entry, proofOf } = tools(outside);
      const vkey = await readVkey();
      const page = await outside.ask('GET', `${R}?_limit=2`);
      const cases: [what: string, reply: Reply, as: string, event: string, outcome: string][] = [
        ['an answer', page, 'grid-app', 'data.read', 'success'],
        [
          'an answer by body',
          await outside.ask('POST', `${R}/query`, { body: { limit: 1 } }),
          'grid-app',
          'data.read',
          'success',
        ],
        [
          'an absent row',
          await outside.ask('GET', '/data/grid-center/grid/v1/rows/9'),
          'grid-app',
          'data.read',
          'success',
        ],
        ['a denial', await outside.ask('GET', `${R}?_sort=born`), 'grid-app', 'data.denied', 'denied'],
        ['no grant', await outside.ask('GET', R, { as: 'stranger-app' }), 'stranger-app', 'data.denied', 'denied'],
        ['no such dataset', await outside.ask('GET', '/data/a/b/v1/rows'), 'grid-app', 'data.denied', 'denied'],
        [
          'GraphQL',
          await outside.ask('POST', '/graphql/v1', {
            body: { query: '{ police { resident_list(first: 1) { nodes { name } } } }' },
          }),
          'grid-app',
          'graphql.read',
          'success',
        ],
        [
          'a 304',
          await outside.ask('GET', `${R}?_limit=2`, { headers: { 'if-none-match': page.headers.etag! } }),
          'grid-app',
          'data.read',
          'success',
        ],
        [
          'a delivery',
          await deliver(outside, `${THING_PATH}/deliveries?mode=delta`, { body: '' }),
          'civil-affairs-publisher',
          'delivery.published',
          'success',
        ],
      ];
      for (const [what, reply, as, event, outcome] of cases) {
        const receipt = receiptOf(reply);
        const { body } = await entry(receipt.index, as);
        const bytes = Buffer.from(body.bytes, 'base64');
        t.ok(leafHash(bytes).equals(receipt.leaf), `${what}: the leaf is over the entry's bytes`);
        t.same(JSON.parse(bytes.toString()), body.entry, 'which are the entry');
        t.match(body.entry, { event, outcome, actor: { application: as }, request: reply.headers['request-id'] }, what);
        if (event !== 'delivery.published' && reply.status !== 304)
          t.equal(
            answerDigest(receipt.blind, reply.text),
            body.entry.answerDigest,
            `${what}: the digest is of the body that came`,
          );
        const proof = (await proofOf(receipt.index, as)).body;
        const checkpoint = openCheckpoint(proof.checkpoint, vkey);
        t.match(proof, { index: receipt.index, leafHash: receipt.leaf.toString('base64'), size: checkpoint.size });
        const root = rootOfInclusion(proof.index, proof.size, receipt.leaf, hashes(proof.hashes));
        t.ok(root.equals(checkpoint.root), `${what}: included under a signed checkpoint`);
      }
      t.match((await entry(receiptOf(page).index)).body.entry.accesses, [
        {
          dataset: 'police/resident',
          major: 1,
          release: 1,
          purpose: 'grid-service',
          decision: 'permit',
          rows: 2,
          version: 1,
        },
      ]);
    },
  ],
  [
    'the proof as C2SP tlog-proof',
    async (t, outside) => {
      const { readVkey } = tools(outside);
      const vkey = await readVkey();
      const { index, leaf } = receiptOf(await outside.ask('GET', `${R}?_limit=1`));
      const reply = await outside.ask('GET', `/api/v1/audit/entries/${index}/proof`, {
        headers: { accept: 'text/plain' },
      });
      t.match(reply.headers['content-type'], /^text\/plain/);
      const [head, note] = [
        reply.text.slice(0, reply.text.indexOf('\n\n')),
        reply.text.slice(reply.text.indexOf('\n\n') + 2),
      ];
      const lines = head.split('\n').filter((line) => !line.startsWith('extra '));
      t.same(lines.slice(0, 2), ['c2sp.org/tlog-proof@v1', `index ${index}`]);
      const { size, root } = openCheckpoint(note, vkey);
      t.ok(rootOfInclusion(index, size, leaf, hashes(lines.slice(2))).equals(root));
    },
  ],
  [
    'checkpoints grow and stay consistent; tiles are public, entries are not',
    async (t, outside) => {
      const { readVkey, entry, proofOf } = tools(outside);
      const vkey = await readVkey();
      const open = async () =>
        openCheckpoint((await outside.ask('GET', '/audit/v1/checkpoint', { as: null })).text, vkey);
      const older = await open();
      const { index } = receiptOf(await outside.ask('GET', `${R}?_limit=1`));
      const newer = openCheckpoint((await proofOf(index)).body.checkpoint, vkey);
      t.ok(newer.size > older.size && newer.origin === older.origin);
      const { body } = await outside.ask('GET', `/api/v1/audit/consistency?from=${older.size}&to=${newer.size}`);
      t.match(body, { from: older.size, to: newer.size });
      const { first, second } = rootsOfConsistency(older.size, newer.size, older.root, hashes(body.hashes));
      t.ok(first.equals(older.root) && second.equals(newer.root));
      for (const [from, to] of [
        [newer.size, older.size],
        [1, 9_999_999],
        ['x', 2],
      ])
        t.equal((await outside.ask('GET', `/api/v1/audit/consistency?from=${from}&to=${to}`)).status, 400);
      const tile = await fetch(`${outside.demo.baseUrl}/audit/v1/tile/0/000.p/3`);
      const bytes = Buffer.from(await tile.arrayBuffer());
      t.match([tile.status, tile.headers.get('content-type'), bytes.length], [200, 'application/octet-stream', 96]);
      const third = (await entry(2, 'auditor-app')).body;
      t.ok(leafHash(Buffer.from(third.bytes, 'base64')).equals(bytes.subarray(64)));
      for (const [as, status] of [
        [null, 401],
        ['grid-app', 403],
        ['operator-app', 403],
        ['auditor-app', 200],
      ] as const)
        t.equal(
          (await outside.ask('GET', '/audit/v1/tile/entries/000.p/3', { as })).status,
          status,
          `entries to ${as}`,
        );
    },
  ],
  [
    'an application reads its own entries; a foreign index looks absent',
    async (t, outside) => {
      const { entry } = tools(outside);
      const { index } = receiptOf(await outside.ask('GET', `${R}?_limit=1`, { as: 'subsidy-app' }));
      const shape = async (at: number) => {
        const { status, body } = await entry(at);
        const { instance: _a, trace_id: _b, ...told } = body;
        return { status, told };
      };
      t.same(await shape(index), await shape(9_999_999));
      t.equal((await shape(index)).status, 404);
      t.equal((await entry(index, 'auditor-app')).status, 200);
      const read = await entry(index, 'subsidy-app');
      t.notMatch(JSON.stringify(read.body.entry), /37039[89]|张民救/, 'the open part carries no value');
      t.match(read.headers['exchange-receipt'], /^index=/, 'reading the log is an entry');
    },
  ],
  [
    'case and operator are sealed, percent-decoding aside',
    async (t, outside) => {
      const { entry } = tools(outside);
      const stated = encodeURIComponent('张民救〔2026〕37号');
      const reply = await outside.ask('GET', `${R}?_limit=1`, {
        headers: { 'exchange-case': stated, 'exchange-operator': '3703-12' },
      });
      t.equal(reply.status, 200);
      const { body } = await entry(receiptOf(reply).index, 'auditor-app');
      t.notMatch(JSON.stringify(body), /3703-12|张民救/);
    },
  ],
];
