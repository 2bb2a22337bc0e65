import { generateKeyPairSync } from 'node:crypto';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fastify, { type LightMyRequestResponse } from 'fastify';
import { serializeDictionary } from 'structured-headers';
import type { Subject } from '../../src/access/identity/subject.js';
import { openCheckpoints } from '../../src/audit/checkpoint.js';
import type { Receipt } from '../../src/audit/entry.js';
import { openLog } from '../../src/audit/log.js';
import { leafHash, sha256 } from '../../src/audit/tree/hash.js';
import { checkpointBody, signNote, verifierKey } from '../../src/audit/tree/note.js';
import { EMPTY_TREE, extend, rootOf } from '../../src/audit/tree/tree.js';
import { Broken } from '../../src/audit/verify/broken.js';
import { downloadLog } from '../../src/audit/verify/download.js';
import { verifyExport } from '../../src/audit/verify/export.js';
import { openCheckpoint, parseVerifierKey } from '../../src/audit/verify/note.js';
import { extendsTree, includes } from '../../src/audit/verify/proof.js';
import { parseProof, parseReceipt, verifyReceipt } from '../../src/audit/verify/receipt.js';
import { receiptHeader } from '../../src/exchange/answering/receipt-header.js';
import { systemClock } from '../../src/platform/clock.js';
import { Problem } from '../../src/platform/errors.js';
import { serveOperations } from '../../src/rest/http/serve-operations.js';
import { auditOperations } from '../../src/rest/platform/audit-operations.js';
import { testDatabase } from '../support/database.js';
import { testKeys } from '../support/keys.js';
import { operationContext } from '../support/operation-context.js';
import t from '../support/tap.js';
import { makeDraft, until } from './draft.js';

const ORIGIN = '127.0.0.1/civic-exchange';
const [{ database }, keys] = [await testDatabase(t), await testKeys()];
const log = await openLog({ database, clock: systemClock, keys, node: 'one' });
const drafts = Array.from({ length: 700 }, (_, i) => makeDraft({ answer: Buffer.from(`{"data":${i}}`) }));
const receipts: Receipt[] = [];
for (const appended of await Promise.all(drafts.map((draft) => log.append(draft)))) {
  if (appended.state === 'recorded') receipts.push(appended.receipt);
}
const checkpoints = await openCheckpoints({ database, keys, origin: ORIGIN });
const { vkey } = checkpoints;
t.teardown(async () => {
  await checkpoints.close();
  await log.close();
});
const application = (clientId: string, roles: string[]) => ({
  clientId,
  title: clientId,
  department: 'd',
  roles,
  jwks: { keys: [] },
  dpop: false,
  status: 'active',
  tokensNotBefore: 0,
});
const applications = new Map(
  [application('grid-app', []), application('other-app', []), application('auditor', ['auditor'])].map((a) => [
    a.clientId,
    a,
  ]),
);
// The routes need of a running exchange no more than this.
const exchange = {
  clock: systemClock,
  database,
  log,
  policy: { current: () => ({ epoch: 0, applications }) },
};
const app = fastify({ genReqId: () => systemClock.uuid() });
app.addHook('onRequest', async (request) => {
  const sub = request.headers['x-test-application'];
  if (typeof sub !== 'string') return;
  const issuedAt = Math.floor(Date.now() / 1000);
  request.subject = {
    issuer: 'http://127.0.0.1',
    sub,
    audience: 'platform',
    issuedAt,
    expiresAt: issuedAt + 60,
  } satisfies Subject;
});
app.setErrorHandler((error, _request, reply) => {
  const problem = error instanceof Problem ? error : new Problem('internal', String(error));
  if (problem.retryAfter !== undefined) reply.header('retry-after', problem.retryAfter);
  return reply.code(problem.status).send({ code: problem.code, detail: problem.message, errors: problem.faults });
});
await app.register(serveOperations, {
  operations: auditOperations,
  context: operationContext({ exchange, checkpoints }),
});
t.teardown(() => app.close());
const get = (path: string, as?: string, accept = '*/*'): Promise<LightMyRequestResponse> =>
  app.inject({ url: path, headers: { accept, ...(as === undefined ? {} : { 'x-test-application': as }) } });

const exported = join(t.testdir(), 'export');
await downloadLog(async (path) => {
  const response = await get(path, 'auditor');
  if (response.statusCode !== 200) throw new Error(`${path}: ${response.statusCode}`);
  return response.rawPayload;
}, exported);

t.test('an export verifies with only its files', async (t) => {
  const found = await verifyExport(exported, vkey);
  t.match(found, { origin: ORIGIN, size: 700, checkpoints: 1 });
  t.equal((await verifyExport(exported)).size, 700, 'by the key in it');
});

t.test('any change in it is found, with its place', async (t) => {
  const entries = (first: number) => ({
    file: `tile/entries/00${Math.floor(first / 256)}${first >= 512 ? '.p/188' : ''}`,
  });
  const split = (bundle: Buffer): Buffer[] => {
    const parts: Buffer[] = [];
    for (let at = 0; at < bundle.length; at += 2 + bundle.readUInt16BE(at))
      parts.push(bundle.subarray(at, at + 2 + bundle.readUInt16BE(at)));
    return parts;
  };
  const prefixed = (text: string | Buffer): Buffer => {
    const bytes = Buffer.from(text as string);
    return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
  };
  const edit = (change: (parts: Buffer[]) => Buffer[]) => (bundle: Buffer) => Buffer.concat(change(split(bundle)));
  const flip = (at: number) => (bytes: Buffer) => {
    const bent = Buffer.from(bytes);
    bent[at]! ^= 1;
    return bent;
  };
  const alien = generateKeyPairSync('ed25519').privateKey;
  const note =
    (size: number, root: Buffer, signer = keys.checkpointSigner) =>
    () =>
      Buffer.from(signNote(checkpointBody(ORIGIN, size, root), ORIGIN, signer));
  const root = openCheckpoint(readFileSync(join(exported, 'checkpoint'), 'utf8'), parseVerifierKey(vkey)).root;
  const table: [string, number | undefined, string, (bytes: Buffer) => Buffer][] = [
    ['a byte of an entry', 0, entries(0).file, flip(30)],
    ['a byte of the last entry', 699, entries(699).file, (b) => flip(b.length - 60)(b)],
    ['an entry dropped', 300, entries(300).file, edit((p) => p.toSpliced(44, 1))],
    ['an entry doubled', 301, entries(300).file, edit((p) => p.toSpliced(45, 0, p[44]!))],
    ['two entries swapped', 266, entries(266).file, edit((p) => p.with(10, p[11]!).with(11, p[10]!))],
    ['a foreign entry put in', 520, entries(520).file, edit((p) => p.toSpliced(8, 0, prefixed('{}')))],
    ['the bundle cut in an entry', 699, entries(699).file, (b) => b.subarray(0, b.length - 5)],
    ['the bundle cut between entries', 690, entries(690).file, edit((p) => p.slice(0, 178))],
    ['bytes behind the last entry', 699, entries(699).file, (b) => Buffer.concat([b, Buffer.from('x')])],
    [
      'an entry of the same meaning, not canonical',
      5,
      entries(5).file,
      edit((p) => p.with(5, prefixed(p[5]!.subarray(2).toString().replace('{', '{ ')))),
    ],
    ['an entry that is not JSON', 6, entries(6).file, edit((p) => p.with(6, prefixed('x')))],
    ['an entry of another kind', 7, entries(7).file, edit((p) => p.with(7, prefixed('{"v":1}')))],
    ['a leaf hash', 256 + 3, 'tile/0/001', flip(3 * 32)],
    ['a tile cut', 512 + 100, 'tile/0/002.p/188', (b) => b.subarray(0, 3_200)],
    ['a hash of an upper tile', 256, 'tile/1/000.p/2', flip(40)],
    ['the root, signed by another', undefined, 'checkpoint', note(700, root, alien)],
    [
      'the signature',
      undefined,
      'checkpoint',
      (b) => Buffer.from(b.toString().replace(/(\S)(\S{3}=*\n)$/, (_m, a, z) => (a === 'A' ? 'B' : 'A') + z)),
    ],
    [
      'the size in a signed checkpoint',
      undefined,
      'checkpoint',
      (b) => Buffer.from(b.toString().replace('\n700\n', '\n699\n')),
    ],
    ['a signed root of another history', 0, 'checkpoint', note(700, Buffer.alloc(32, 1))],
    ['an older checkpoint of another history', 0, 'checkpoints/700', note(400, Buffer.alloc(32, 1))],
    ['a checkpoint beyond the export', 700, 'checkpoints/700', note(701, root)],
    ['the key', undefined, 'vkey', () => Buffer.from(verifierKey(ORIGIN, alien))],
  ];
  for (const [name, index, file, change] of table) {
    const copy = join(t.testdir(), 'copy');
    rmSync(copy, { recursive: true, force: true });
    cpSync(exported, copy, { recursive: true });
    const path = join(copy, file);
    writeFileSync(path, change(readFileSync(path)));
    const failure = await verifyExport(copy, file === 'vkey' ? undefined : vkey).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (!(failure instanceof Broken)) t.fail(`${name}: not found`);
    else t.equal(failure.index, index, `${name}: ${failure.message}`);
  }
});

t.test('changed together with its tiles, an entry still does not give the signed root', async (t) => {
  const copy = join(t.testdir(), 'forged');
  cpSync(exported, copy, { recursive: true });
  const bundle = readFileSync(join(copy, 'tile/entries/000'));
  const at = bundle.indexOf('"grid-app"', 0) + 1;
  bundle.write('evil', at);
  writeFileSync(join(copy, 'tile/entries/000'), bundle);
  const tile = readFileSync(join(copy, 'tile/0/000'));
  leafHash(bundle.subarray(2, 2 + bundle.readUInt16BE(0))).copy(tile, 0);
  writeFileSync(join(copy, 'tile/0/000'), tile);
  await t.rejects(verifyExport(copy, vkey), /do not give the root/);
});

t.test('a receipt verifies offline, with its answer', async (t) => {
  const receipt = receipts[123]!;
  const { bytes } = (await get(`/api/v1/audit/entries/${receipt.index}`, 'grid-app')).json();
  const plain = await get(`/api/v1/audit/entries/${receipt.index}/proof`, 'grid-app', 'text/plain');
  t.match(plain.headers['content-type'], 'text/plain');
  const proof = parseProof(plain.body.replace('\n', `\nextra ${bytes}\n`));
  const body = Buffer.from(String(drafts[123]!.answer));
  const header = serializeDictionary({ index: receipt.index, leaf: receipt.leaf, blind: receipt.blind });
  t.equal(receiptHeader(receipt), header);
  t.same(parseReceipt(`Exchange-Receipt: ${header}`), receipt);
  t.match(verifyReceipt(receipt, proof, { vkey, body }), { checkpoint: { origin: ORIGIN }, answer: true });
  const other = receipts[124]!;
  const alien = verifierKey(ORIGIN, generateKeyPairSync('ed25519').privateKey);
  const wrong: Record<string, () => unknown> = {
    'another body': () => verifyReceipt(receipt, proof, { vkey, body: Buffer.from('{}') }),
    'another leaf': () => verifyReceipt({ ...receipt, leaf: other.leaf }, proof, { vkey, body: undefined }),
    'another index': () => verifyReceipt({ ...receipt, index: other.index }, proof, { vkey, body: undefined }),
    'another proof and index': () =>
      verifyReceipt({ ...receipt, index: other.index }, { ...proof, index: other.index }, { vkey, body: undefined }),
    'another blind': () => verifyReceipt({ ...receipt, blind: other.blind }, proof, { vkey, body }),
    'a hash missing': () => verifyReceipt(receipt, { ...proof, hashes: proof.hashes.slice(1) }, { vkey, body }),
    'another entry': () => verifyReceipt(receipt, { ...proof, entry: Buffer.from('{}') }, { vkey, body }),
    'no entry for the body': () => verifyReceipt(receipt, { ...proof, entry: undefined }, { vkey, body }),
    'another key': () => verifyReceipt(receipt, proof, { vkey: alien, body }),
    'a key with a wrong id': () =>
      verifyReceipt(receipt, proof, { vkey: vkey.replace(/\+[0-9a-f]{8}\+/, '+00000000+'), body }),
    'no receipt': () => parseReceipt('index=1'),
    'a receipt of half an index': () => parseReceipt(header.replace(/index=\d+/, 'index=1.5')),
    'a receipt before the log': () => parseReceipt(header.replace(/index=\d+/, 'index=-1')),
    'a receipt with a short leaf': () => parseReceipt(header.replace(/leaf=:[^:]+:/, 'leaf=:AAAA:')),
    'a receipt with a leaf as text': () => parseReceipt(header.replace(/leaf=:([^:]+):/, 'leaf="$1"')),
    'a receipt and more': () => parseReceipt(`${header}; and more`),
    'no proof': () => parseProof('index 1'),
  };
  for (const [name, attempt] of Object.entries(wrong)) t.throws(attempt, name);
});

t.test('the routes', async (t) => {
  const { index } = receipts[5]!;
  const entry = await get(`/api/v1/audit/entries/${index}`, 'grid-app');
  t.equal(entry.statusCode, 200);
  const { entry: open, bytes } = entry.json();
  t.equal(open.request, drafts[5]!.request);
  t.ok(leafHash(Buffer.from(bytes, 'base64')).equals(receipts[5]!.leaf));
  const reading = parseReceipt(String(entry.headers['exchange-receipt']));
  const read = (await get(`/api/v1/audit/entries/${reading.index}`, 'auditor')).json().entry;
  t.match(read, { event: 'audit.read', actor: { application: 'grid-app' }, detail: { first: index, count: 1 } });
  t.equal(read.answerDigest, sha256(Buffer.concat([reading.blind, entry.rawPayload])).toString('base64'));

  const foreign = await get(`/api/v1/audit/entries/${index}`, 'other-app');
  const unknown = await get('/api/v1/audit/entries/99999999', 'other-app');
  t.equal(foreign.statusCode, 404);
  t.same([foreign.body, foreign.statusCode], [unknown.body, unknown.statusCode], 'a foreign entry is like none');
  const foreignProof = await get(`/api/v1/audit/entries/${index}/proof`, 'other-app');
  t.equal(foreignProof.body, foreign.body);

  const json = (await get(`/api/v1/audit/entries/${reading.index}/proof`, 'auditor')).json();
  const { size, root } = openCheckpoint(json.checkpoint, parseVerifierKey(vkey));
  const hashes = json.hashes.map((hash: string) => Buffer.from(hash, 'base64'));
  t.equal(json.size, size);
  t.ok(
    includes(Buffer.from(json.leafHash, 'base64'), hashes, { index: reading.index, size, root }),
    'an entry just written',
  );
  const { hashes: between } = (await get(`/api/v1/audit/consistency?from=700&to=${size}`, 'other-app')).json();
  const older = openCheckpoint(readFileSync(join(exported, 'checkpoint'), 'utf8'), parseVerifierKey(vkey));
  t.ok(
    extendsTree(
      older,
      { size, root },
      between.map((hash: string) => Buffer.from(hash, 'base64')),
    ),
  );

  const tile = await get('/audit/v1/tile/0/000');
  t.match(tile.headers, { 'content-type': 'application/octet-stream', 'cache-control': /immutable/ });
  t.equal(tile.rawPayload.length, 8_192);
  t.match((await get('/audit/v1/checkpoint', undefined, 'application/json')).headers, {
    'content-type': 'text/plain; charset=utf-8',
  });

  const table: [number, string, string?][] = [
    [404, '/audit/v1/tile/0/009'],
    [404, '/audit/v1/tile/0/0'],
    [404, '/audit/v1/tile/0/000.p/256'],
    [404, '/audit/v1/tile/1/000'],
    [404, '/audit/v1/tile/7/000'],
    [200, '/audit/v1/tile/0/002.p/188'],
    [200, '/audit/v1/tile/1/000.p/2'],
    [401, '/audit/v1/tile/entries/000'],
    [403, '/audit/v1/tile/entries/000', 'grid-app'],
    [404, '/audit/v1/tile/entries/099', 'auditor'],
    [200, '/audit/v1/tile/entries/000', 'auditor'],
    [400, '/api/v1/audit/entries/-1', 'auditor'],
    [400, '/api/v1/audit/entries/01', 'auditor'],
    [400, '/api/v1/audit/entries/1?size=2', 'auditor'],
    [400, '/api/v1/audit/entries/1/proof?size=1', 'auditor'],
    [400, '/api/v1/audit/entries/1/proof?size=999999', 'auditor'],
    [400, '/api/v1/audit/entries/1/proof?size=2&size=3', 'auditor'],
    [200, '/api/v1/audit/entries/1/proof?size=2', 'auditor'],
    [400, '/api/v1/audit/consistency?from=3&to=2', 'auditor'],
    [400, '/api/v1/audit/consistency?from=3', 'auditor'],
    [400, '/api/v1/audit/consistency?from=3&to=999999', 'auditor'],
    [401, '/api/v1/audit/consistency?from=1&to=2', 'nobody'],
  ];
  for (const [status, path, as] of table) t.equal((await get(path, as)).statusCode, status, `${path} as ${as}`);
});

t.test('checkpoints follow the log, and never go back', async (t) => {
  const second = await openCheckpoints({ database, keys, origin: ORIGIN });
  const appended = await log.append(makeDraft());
  if (appended.state !== 'recorded') return t.fail('not recorded');
  const covering = await second.waitFor(appended.receipt.index, 10_000);
  t.ok(covering !== undefined && covering.size > appended.receipt.index);
  t.equal(await second.waitFor(1e9, 50), undefined);
  await until('the other node', () => checkpoints.latest()!.size >= covering!.size);
  await second.close();
  const { rows } = await database.app.query<{ size: string; note: string }>(
    'SELECT size, note FROM audit.checkpoint ORDER BY size',
  );
  for (const row of rows) t.equal(openCheckpoint(row.note, parseVerifierKey(vkey)).size, Number(row.size));
  await checkpoints.close();

  const path = join(keys.directory, 'checkpoint-state.json');
  const state = JSON.parse(readFileSync(path, 'utf8'));
  const refused: Record<string, [string, RegExp]> = {
    'more than the database holds': [JSON.stringify({ ...state, size: state.size + 1_000 }), /was set back/],
    'another history': [
      JSON.stringify({ ...state, root: Buffer.alloc(32).toString('base64') }),
      /not those that the signer knows/,
    ],
    damaged: ['{', /damaged/],
    'not a state': ['{"size":"1"}', /damaged/],
  };
  for (const [name, [text, expected]] of Object.entries(refused)) {
    writeFileSync(path, text);
    await t.rejects(openCheckpoints({ database, keys, origin: ORIGIN }), expected, name);
  }
  writeFileSync(path, JSON.stringify(state));
  await t.rejects(openCheckpoints({ database, keys, origin: 'has space' }), /origin/);
});

t.test('a signed note is the C2SP one', (t) => {
  const key = parseVerifierKey(vkey);
  const { tree } = extend(EMPTY_TREE, [leafHash(Buffer.from('x'))]);
  const note = signNote(checkpointBody(ORIGIN, 1, rootOf(tree.edge)), ORIGIN, keys.checkpointSigner);
  t.match(note, /^127\.0\.0\.1\/civic-exchange\n1\n[\w+/]{43}=\n\n— 127\.0\.0\.1\/civic-exchange [\w+/]{91}=\n$/);
  t.equal(openCheckpoint(note, key).size, 1);
  t.equal(openCheckpoint(`${note}— witness.example AAAAAAAA\n`, key).size, 1, 'a cosignature beside it');
  for (const bad of [
    '',
    'x',
    note.slice(0, -1),
    note.replace('\n1\n', '\n01\n'),
    note.replace('\n\n', '\n'),
    note.replace('—', '-'),
  ]) {
    t.throws(() => openCheckpoint(bad, key), JSON.stringify(bad.slice(0, 20)));
  }
  t.end();
});
