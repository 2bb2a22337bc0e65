import { createECDH, generateKeyPairSync } from 'node:crypto';
import { disableApplication, registerApplication } from '../../src/access/identity/register-application.js';
import t from '../support/tap.js';
import { newKey, publicJwk } from './keys.js';
import { stand } from './support.js';

const s = await stand(t);
const by = { actor: null, request: s.clock.uuid() };
const register = (clientId: string, ...keys: Record<string, unknown>[]) =>
  registerApplication(s, { clientId, title: clientId, department: 'office', roles: [], jwks: { keys } }, by);

const edwards = (hex: string) => ({
  kty: 'OKP',
  crv: 'Ed25519',
  kid: 'e',
  x: Buffer.from(hex, 'hex').toString('base64url'),
});
const smallP256 = (scalar: number) => {
  const curve = createECDH('prime256v1');
  curve.setPrivateKey(Buffer.from([scalar]));
  const point = curve.getPublicKey();
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((part) => part.toString('base64url'));
  return { kty: 'EC', crv: 'P-256', kid: 'p', x, y };
};
const F = 'f'.repeat(60);

t.test('attack 14: keys under which anyone could sign are refused', async (t) => {
  const zeros = '0'.repeat(62);
  const order8 = [
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03',
  ];
  const cases: [what: string, key: Record<string, unknown>][] = [
    ['the identity', edwards(`01${zeros}`)],
    ['the identity with its sign bit', edwards(`01${zeros.slice(2)}80`)],
    ['order 2', edwards(`ec${F}7f`)],
    ['order 2 with its sign bit', edwards(`ec${F}ff`)],
    ['order 4', edwards(`00${zeros}`)],
    ['order 4, the other', edwards(`00${zeros.slice(2)}80`)],
    ['order 8', edwards(`${order8[0]}05`)],
    ['order 8, negated', edwards(`${order8[0]}85`)],
    ['order 8, the other', edwards(`${order8[1]}7a`)],
    ['order 8, the other negated', edwards(`${order8[1]}fa`)],
    ['the identity, not reduced', edwards(`ee${F}7f`)],
    ['order 4, not reduced', edwards(`ed${F}7f`)],
    ['not reduced', edwards(`f0${F}7f`)],
    ['the example of RFC 8037', { ...edwards(''), x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwaaPJHURo' }],
    ['P-256: the generator', smallP256(1)],
    ['P-256: twice the generator', smallP256(2)],
    ['P-256: a scalar of one digit', smallP256(7)],
    ['P-256: not on the curve', { ...smallP256(1), y: smallP256(2).y }],
    ['P-256: zero', { ...smallP256(1), x: 'A'.repeat(43), y: 'A'.repeat(43) }],
  ];
  for (const [what, key] of cases) {
    await t.rejects(register('weak', key), { code: 'unprocessable', faults: [{ pointer: '/jwks/keys/0' }] }, what);
    await t.rejects(
      register('weak', publicJwk('good'), key),
      { code: 'unprocessable', faults: [{ pointer: '/jwks/keys/1' }] },
      `${what}, second`,
    );
  }
});

t.test('attack 14: one key is of one application', async (t) => {
  const [own, edward] = [publicJwk('a'), publicJwk('b', generateKeyPairSync('ed25519').publicKey)];
  await register('first', own, edward);
  const padded = { ...own, kid: 'other', x: `${String(own.x)}=` };
  const cases: [what: string, keys: Record<string, unknown>[]][] = [
    ['the same', [own]],
    ['under another kid', [{ ...own, kid: 'other' }]],
    ['with other members', [{ ...own, alg: 'ES256', use: 'sig', title: 'x' }]],
    ['written otherwise', [padded]],
    ['beside a good one', [publicJwk('good'), edward]],
  ];
  for (const [what, keys] of cases) await t.rejects(register('second', ...keys), { code: 'conflict' }, what);
  await t.rejects(register('second', publicJwk('x', newKey().publicKey), own, { ...own, kid: 'c' }), {
    code: 'unprocessable',
    faults: [{ pointer: '/jwks/keys/2', reason: 'The key appears twice' }],
  });
  await disableApplication(s, 'first', by);
  await t.rejects(register('second', own), { code: 'conflict' }, 'nor that of a disabled one');
  t.equal((await register('second', publicJwk('a'))).application.clientId, 'second');
});
