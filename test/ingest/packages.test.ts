import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { disableApplication } from '../../src/access/identity/register-application.js';
import { packCommand } from '../../src/cli/packages/pack.js';
import { readLedger } from '../../src/cli/packages/package-ledger.js';
import { openAcknowledgement } from '../../src/ingest/package/acknowledgement.js';
import { type Manifest, manifestDigest, signManifest } from '../../src/ingest/package/manifest.js';
import { sealPackage } from '../../src/ingest/package/seal.js';
import t from '../support/tap.js';
import { openThings, type Thing } from './things.js';

const { node, thing } = await openThings(t);
const keyOf = new Map<string, JWK>();
for (const clientId of ['sender', 'idle', 'gone']) {
  keyOf.set(clientId, await node.register(clientId, { department: 'housing', roles: ['publisher'] }));
}
await node.register('carrier', { department: 'exchange', roles: ['operator'] });
await disableApplication(node.exchange, 'gone', { actor: null, request: node.exchange.clock.uuid() });
const recipient = (await node.ask('GET', '/api/v1/packages/key')).text.trim();
const vkey = (await node.ask('GET', '/audit/v1/vkey')).text.trim();

const row = (code: string) => `${JSON.stringify({ code, part: 'a', name: 'n' })}\n`;
const previous = new Map<string, string>();

interface Packing extends Partial<Manifest> {
  body?: string;
  key?: JWK;
  sealedFor?: string;
}

/** A package as a sender makes it, with any faults that the test asks for. */
async function packed(d: Thing, number: number, { body = row(String(number)), key, sealedFor, ...more }: Packing = {}) {
  const sender = more.sender ?? 'sender';
  const manifest: Manifest = {
    contract: d.contract.id,
    mode: 'delta',
    sender,
    number,
    previous: previous.get(`${d.contract.id} ${number - 1}`) ?? null,
    created: '2026-11-24T00:00:00.000Z',
    recipient,
    file: 'rows.ndjson',
    mediaType: 'application/x-ndjson',
    encoding: 'identity',
    size: body.length,
    sha256: createHash('sha256').update(body).digest('hex'),
    ...more,
  };
  const signed = await signManifest(manifest, key ?? keyOf.get(sender)!);
  if (number > 0 && Object.keys(more).length === 0) previous.set(`${d.contract.id} ${number}`, manifestDigest(signed));
  const content = Readable.from([Buffer.from(body)]);
  return buffer(Readable.from(sealPackage({ recipient: sealedFor ?? manifest.recipient, signed, content })));
}
const bring = (bytes: Buffer, as = 'carrier') =>
  node.ask('POST', '/api/v1/packages', {
    as,
    headers: { 'content-type': 'application/vnd.civic-exchange.package' },
    body: bytes,
  });
const grantTo = (d: Thing, application: string) =>
  node.grant({ application, dataset: d.contract.name, mode: 'deliver', masks: { owner: 'none' } });

t.test('packages arrive in any order and are delivered in their own', async (t) => {
  const d = await thing('crossed');
  await grantTo(d, 'sender');
  const packages = [];
  for (const number of [1, 2, 3, 4]) packages.push(await packed(d, number));
  const one = await bring(packages[0]!);
  t.match([one.status, one.body?.data.state], [200, 'delivered'], one.text);
  const told = openAcknowledgement(one.body.data.acknowledgement, vkey);
  t.match(told, { number: 1, sender: 'sender', state: 'published', received: 1, accepted: 1, release: 1 });
  t.match(told.receipt, /^index=/);
  t.throws(() => openAcknowledgement(one.body.data.acknowledgement.replace('published', 'rejected'), vkey));
  const four = await bring(packages[3]!);
  t.match([four.status, four.body.data], [202, { state: 'waiting', missing: [2, 3] }], 'what is missing is named');
  t.match((await bring(packages[3]!)).body.data, { state: 'waiting', missing: [2, 3] }, 'it waits once');
  t.match((await bring(packages[2]!)).body.data, { state: 'waiting', missing: [2] });
  const two = await bring(packages[1]!);
  t.match(
    two.body.data,
    { state: 'delivered', followedBy: [{ number: 3, state: 'delivered' }, { number: 4 }] },
    two.text,
  );
  t.strictSame([...(await d.live()).keys()].sort(), ['1', '2', '3', '4']);
  const again = await bring(packages[0]!);
  t.match(again.body.data, { state: 'repeated', acknowledgement: one.body.data.acknowledgement });
  t.equal(node.exchange.releases.release(d.contract.name), 4, 'nothing is delivered twice');
  const left = await node.exchange.database.app.query('SELECT FROM exchange.part');
  t.equal(left.rowCount, 0, 'no bytes are left');
});

t.test('threat: a package that is not what its sender made, or not for here, delivers nothing', async (t) => {
  const d = await thing('forged');
  await grantTo(d, 'sender');
  await bring(await packed(d, 1));
  const stranger = await generateKeyPair('ES256', { extractable: true });
  const strangerKey = { ...(await exportJWK(stranger.privateKey)), kid: 'sender-1' };
  const elsewhere = await identityToRecipient(await generateX25519Identity());
  const sound = await packed(d, 2);
  const long = await packed(d, 2, { body: row('2').repeat(4_000) });
  const flipped = (at: number) => {
    const bytes = Buffer.from(long);
    bytes[at]! ^= 1;
    return bytes;
  };
  const start = long.length - 65_552 * 2;
  const swapped = Buffer.concat([
    long.subarray(0, start),
    long.subarray(start + 65_552),
    long.subarray(start, start + 65_552),
  ]);
  const cases: [string, Buffer, number, RegExp][] = [
    ['no package', Buffer.from('hello\nworld'), 400, /not a package/],
    ['nothing', Buffer.alloc(0), 400, /not a package/],
    ['for another exchange', await packed(d, 2, { recipient: elsewhere }), 422, /sealed for age1/],
    [
      'sealed anew by who could open it',
      await packed(d, 2, { recipient: elsewhere, sealedFor: recipient }),
      422,
      /another exchange/,
    ],
    ['an unknown sender', await packed(d, 2, { sender: 'nobody', key: strangerKey }), 422, /not registered/],
    ['a disabled sender', await packed(d, 2, { sender: 'gone' }), 422, /disabled/],
    ['a foreign signature', await packed(d, 2, { key: strangerKey }), 422, /signature/],
    [
      'a key that is no longer registered',
      await packed(d, 2, { key: { ...strangerKey, kid: 'old' } }),
      422,
      /not registered/,
    ],
    ['changed at the head', flipped(200), 400, /head was changed|cannot be opened/],
    ['changed in the middle', flipped(long.length - 70_000), 400, /changed or cut/],
    ['changed at the end', flipped(long.length - 1), 400, /changed or cut/],
    ['cut short', long.subarray(0, long.length - 1_000), 400, /changed or cut/],
    ['cut between chunks', long.subarray(0, long.length - (long.length % 65_552)), 400, /./],
    ['chunks in another order', swapped, 400, /./],
    ['another content than was signed', await packed(d, 2, { sha256: 'a'.repeat(64) }), 422, /./],
    ['not the successor', await packed(d, 2, { previous: 'b'.repeat(64) }), 422, /does not follow/],
    ['another package of the same number', await packed(d, 1, { file: 'x' }), 409, /has arrived before/],
    ['far ahead', await packed(d, 500), 422, /too far ahead/],
    ['no form', await packed(d, 2, { mediaType: 'image/png' }), 415, /./],
    ['a number of none', await packed(d, 0), 400, /no sound number/],
    ['a sender without a grant', await packed(d, 1, { sender: 'idle' }), 404, /./],
  ];
  for (const [name, bytes, status, detail] of cases) {
    const reply = await bring(bytes);
    t.equal(reply.status, status, `${name}: ${reply.text}`);
    t.match(reply.body.detail, detail, name);
    t.strictSame([...(await d.live()).keys()], ['1'], name);
  }
  t.equal((await bring(sound, 'sender')).status, 403, 'only an operator carries');
  t.equal((await bring(sound)).body.data.state, 'delivered', 'what was refused has used up no number');
});

t.test('exchange pack seals, numbers, and records acknowledgements', async (t) => {
  const d = await thing('packed');
  await grantTo(d, 'sender');
  const directory = mkdtempSync(join(tmpdir(), 'civic-exchange-pack-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const at = (name: string) => join(directory, name);
  writeFileSync(at('key.json'), JSON.stringify(keyOf.get('sender')), { mode: 0o600 });
  writeFileSync(at('to'), `${recipient}\n`);
  writeFileSync(at('rows.ndjson'), row('1') + row('2'));
  const run = (...args: string[]) =>
    packCommand().parseAsync([...args, '--key', at('key.json'), '--json'], { from: 'user' });
  const pack = (out: string) =>
    run(d.contract.name, at('rows.ndjson'), '--as', 'sender', '--to', at('to'), '--out', at(out));
  t.capture(process.stdout, 'write', () => true);
  await pack('one.cxp');
  await t.rejects(pack('one.cxp'), { code: 'EEXIST' }, 'never over another package');
  await pack('two.cxp');
  const one = await bring(readFileSync(at('one.cxp')));
  t.match(one.body.data, { number: 1, state: 'delivered' }, one.text);
  const two = await bring(readFileSync(at('two.cxp')));
  t.match(
    openAcknowledgement(two.body.data.acknowledgement, vkey),
    { number: 2, state: 'published', release: 1 },
    'the same file again',
  );
  writeFileSync(at('one.ack'), one.body.data.acknowledgement);
  await run('--acknowledge', at('one.ack'), '--vkey', vkey);
  const sent = readLedger(at('key.json'))[d.contract.id]!;
  t.match(sent, [{ number: 1, acknowledged: { state: 'published', accepted: 2 } }, { number: 2 }]);
  writeFileSync(at('bad.ack'), one.body.data.acknowledgement.replace('published', 'rejected'));
  await t.rejects(run('--acknowledge', at('bad.ack'), '--vkey', vkey), /no valid signature/);
  await t.rejects(run('--acknowledge', at('one.ack')), /--vkey/);
});
