import { createHmac, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { type Encoded, encode, makeSalts, stampTime } from '../../src/audit/encode.js';
import type { Draft } from '../../src/audit/entry.js';
import { openSealed, openSealer } from '../../src/audit/seal.js';
import { sha256 } from '../../src/audit/tree/hash.js';
import { openEntry } from '../../src/audit/verify/entry.js';
import { systemClock } from '../../src/platform/clock.js';
import { Problem } from '../../src/platform/errors.js';
import { packageRoot } from '../../src/platform/paths.js';
import { testKeys } from '../support/keys.js';
import t from '../support/tap.js';

let now = Date.UTC(2026, 10, 24, 7);
const clock = { ...systemClock, now: () => now };
const keys = await testKeys(clock);
const sealer = openSealer(keys, clock);
const salts = makeSalts(clock);
const TIME = '2026-11-24T07:00:00.000Z';

function bytesOf(draft: Draft): { encoded: Encoded; bytes: Buffer; entry: Record<string, unknown> } {
  const encoded = encode(draft, 'node-1', sealer, salts);
  stampTime(encoded, TIME);
  const bytes = encoded.leafInput.subarray(1);
  return { encoded, bytes, entry: JSON.parse(bytes.toString()) };
}

const CANARY = '370399201001011239';
const SAMPLE: Draft = {
  request: randomUUID(),
  event: 'data.read',
  outcome: 'success',
  actor: { issuer: 'http://127.0.0.1', subject: 'grid-app', application: 'grid-app', department: 'grid-center' },
  accesses: [
    {
      dataset: 'police/resident',
      major: 1,
      release: 42,
      grant: randomUUID(),
      version: 1,
      purpose: 'grid-service',
      decision: 'permit',
      fields: ['id_number', 'name'],
      masks: ['name=initial'],
      rows: 1,
    },
  ],
  answer: Buffer.from(`{"data":"${CANARY}"}`),
  query: `id_number=${CANARY}`,
  sealed: {
    ask: { id_number: CANARY },
    case: '张民救〔2026〕37号',
    operator: '王芳',
    rule: 'granted',
    rows: [Buffer.alloc(32, 7)],
  },
};

const text = fc.string({ unit: 'grapheme', maxLength: 12 });
const whole = fc.option(fc.nat({ max: 1e9 }));
const draft: fc.Arbitrary<Draft> = fc.record(
  {
    request: fc.uuid(),
    event: fc.constantFrom('data.read', 'data.denied', 'grant.issued'),
    outcome: fc.constantFrom('success', 'denied', 'failed'),
    actor: fc.option(
      fc.record({ issuer: text, subject: text, application: fc.stringMatching(/^[a-z-]*$/), department: text }),
    ),
    accesses: fc.array(
      fc.record({
        dataset: text,
        major: fc.nat(),
        release: whole,
        grant: fc.option(text),
        version: whole,
        purpose: fc.option(text),
        decision: fc.constantFrom('permit', 'deny', 'failed'),
        fields: fc.array(text),
        masks: fc.array(text),
        rows: whole,
      }),
      { maxLength: 3 },
    ),
    query: text,
    sealed: fc.record({ ask: fc.jsonValue() }),
    detail: fc.dictionary(text, fc.jsonValue()),
  },
  { requiredKeys: ['request', 'event', 'outcome', 'actor', 'accesses', 'sealed'] },
) as fc.Arbitrary<Draft>;

const schema = JSON.parse(readFileSync(join(packageRoot, 'schemas/audit-entry.schema.json'), 'utf8'));
const valid = new Ajv2020({ strict: true }).compile(schema);

t.test('the bytes are canonical, and fit the schema', async (t) => {
  fc.assert(
    fc.property(draft, (given) => {
      const { bytes, entry } = bytesOf(given);
      openEntry(bytes);
      return bytes.toString() === canonicalize(entry) && valid({ ...entry, request: randomUUID() });
    }),
  );
  const { entry } = bytesOf(SAMPLE);
  t.ok(valid(entry), JSON.stringify(valid.errors));
  t.same(entry.accesses, SAMPLE.accesses);
  t.match(entry, { v: 1, time: TIME, node: 'node-1', event: 'data.read', outcome: 'success', actor: SAMPLE.actor });
});

t.test('the open part has nothing personal, and its digests resist guesses without the blind', async (t) => {
  const { bytes, entry, encoded } = bytesOf(SAMPLE);
  for (const canary of [CANARY, '王芳', '37号', 'granted']) {
    t.notOk(bytes.includes(canary), canary);
    t.notOk(encoded.sealed.includes(canary), `sealed ${canary}`);
  }
  t.ok(encoded.blind.equals(createHmac('sha256', keys.month('2026-11')).update(SAMPLE.request).digest()));
  t.not(entry.answerDigest, sha256(Buffer.from(String(SAMPLE.answer))).toString('base64'));
  t.equal(
    entry.answerDigest,
    sha256(Buffer.concat([encoded.blind, Buffer.from(String(SAMPLE.answer))])).toString('base64'),
  );
  t.equal(entry.queryDigest, sha256(Buffer.concat([encoded.blind, Buffer.from(SAMPLE.query!)])).toString('base64'));
});

t.test('the sealed part opens with the key of its month, in its own entry only', async (t) => {
  const { entry, encoded } = bytesOf(SAMPLE);
  const salt = Buffer.from(String(entry.salt), 'base64');
  t.equal(entry.sealedDigest, sha256(Buffer.concat([salt, encoded.sealed])).toString('base64'));
  const opened = openSealed(keys, encoded.sealed, salt);
  t.match(opened, { ask: { id_number: CANARY }, case: SAMPLE.sealed.case, operator: '王芳', rule: 'granted' });
  t.equal(opened.blind, encoded.blind.toString('base64'));
  t.same(opened.rows, [Buffer.alloc(32, 7).toString('base64')]);

  now = Date.UTC(2026, 11, 1);
  const december = bytesOf(SAMPLE).encoded;
  t.equal(december.sealed.readUInt32BE(1), 202612, 'a new month, a new key');
  t.notOk(december.blind.equals(encoded.blind));
  now = Date.UTC(2026, 10, 24, 7);

  t.throws(() => openSealed(keys, encoded.sealed, Buffer.alloc(16)), 'the salt of another entry');
  for (let at = 0; at < encoded.sealed.length; at += 7) {
    const bent = Buffer.from(encoded.sealed);
    bent[at]! ^= 1;
    t.throws(() => openSealed(keys, bent, salt), `byte ${at}`);
  }
  t.throws(() => openSealed({ ...keys, month: () => Buffer.alloc(32) }, encoded.sealed, salt), 'a destroyed key');
});

t.test('a draft that cannot be an entry fails alone', async (t) => {
  const access = SAMPLE.accesses[0]!;
  const actor = SAMPLE.actor!;
  const poison: Record<string, Partial<Draft>> = {
    'too large': { detail: { text: 'x'.repeat(65_535) } },
    'lone surrogate in a name': { actor: { ...actor, department: 'a\ud800' } },
    'lone surrogate in a field': { accesses: [{ ...access, fields: ['\udc00'] }] },
    'lone surrogate in the detail': { detail: { text: '\ud800' } },
    'no canonical form': { detail: { value: Number.NaN } },
    'not a whole number': { accesses: [{ ...access, rows: 0.5 }] },
    'NUL in the application': { actor: { ...actor, application: 'a\0' } },
    'sealed part too large': { sealed: { ask: 'x'.repeat(1 << 20) } },
  };
  for (const [name, bad] of Object.entries(poison)) {
    t.throws(() => bytesOf({ ...SAMPLE, ...bad }), Problem, name);
  }
  const harmless = { ...actor, department: 'a\\ud800 \\\\udc00 😀' };
  t.equal((bytesOf({ ...SAMPLE, actor: harmless }).entry.actor as typeof actor).department, harmless.department);
});
