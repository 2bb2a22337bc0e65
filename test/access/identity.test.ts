import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CompactSign, decodeJwt, decodeProtectedHeader, type JWTPayload, SignJWT } from 'jose';
import * as oauth from 'oauth4webapi';
import { parseItem, serializeItem } from 'structured-headers';
import type { Test } from 'tap';
import { createAuthorizationServer } from '../../src/access/identity/authorization-server.js';
import { openRateLimit, rateLimitHeaders } from '../../src/access/identity/rate-limit.js';
import { addressPrefix, openRefusals } from '../../src/access/identity/refusals.js';
import { disableApplication, registerApplication } from '../../src/access/identity/register-application.js';
import { openIdentity } from '../../src/access/identity/verify.js';
import { openSessions } from '../../src/access/people/sessions.js';
import { signInSecrets } from '../../src/access/sign-in/secrets.js';
import { Problem } from '../../src/platform/errors.js';
import t from '../support/tap.js';
import { newKey, publicJwk } from './keys.js';
import { stand } from './support.js';

const s = await stand(t);
const by = { actor: null, request: s.clock.uuid() };
const http = createServer();
await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
const publicUrl = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
const config = { publicUrl };
const refusals = openRefusals(s);
const server = createAuthorizationServer({
  ...s,
  config,
  refusals,
  sessions: openSessions(s.database),
  secrets: signInSecrets(s),
});
http.on('request', (request, response) => server.handler(request, response, '127.0.0.1'));
t.teardown(async () => {
  server.close();
  http.closeAllConnections();
  await new Promise((resolve) => http.close(resolve));
  await refusals.close();
});

const es256 = newKey();
const ed25519 = generateKeyPairSync('ed25519');
const foreign = newKey();
const register = (clientId: string, keys: Record<string, unknown>[]) =>
  registerApplication(s, { clientId, title: clientId, department: 'office', roles: [], jwks: { keys } }, by);
await register('reader', [publicJwk('r', es256.publicKey)]);
await register('ed-reader', [publicJwk('e', ed25519.publicKey)]);
const lost = newKey();
await register('gone', [publicJwk('g', lost.publicKey)]);
await disableApplication(s, 'gone', by);

const data = `${publicUrl}/data`;
const platform = `${publicUrl}/api`;
const seconds = () => Math.floor(Date.now() / 1_000);

function claims(change: JWTPayload = {}): JWTPayload {
  const now = seconds();
  return { iss: 'reader', sub: 'reader', aud: publicUrl, iat: now, exp: now + 60, jti: randomUUID(), ...change };
}
/** Claims with 20,000 lists in lists, which no library here would write. */
function signDeep(): Promise<string> {
  const text = JSON.stringify(claims()).replace(/}$/, `,"deep":${'['.repeat(20_000)}${']'.repeat(20_000)}}`);
  return new CompactSign(Buffer.from(text)).setProtectedHeader({ alg: 'ES256', kid: 'r' }).sign(es256.privateKey);
}
const sign = (payload: JWTPayload, key: KeyObject | Uint8Array = es256.privateKey, alg = 'ES256', kid = 'r') =>
  new SignJWT(payload).setProtectedHeader({ alg, kid }).sign(key);

async function ask(assertion: string | undefined, more: Record<string, string | string[]> = {}) {
  const form = new URLSearchParams({ grant_type: 'client_credentials', resource: data });
  if (assertion !== undefined) {
    form.set('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
    form.set('client_assertion', assertion);
  }
  for (const [name, value] of Object.entries(more)) {
    form.delete(name);
    for (const one of [value].flat()) form.append(name, one);
  }
  const response = await fetch(`${publicUrl}/oauth2/token`, { method: 'POST', body: form });
  return { status: response.status, body: (await response.json()) as { access_token?: string; error?: string } };
}
const entries = async (event: string): Promise<number> =>
  Number(
    (await s.database.app.query('SELECT count(*)::text AS n FROM audit.entry WHERE event = $1', [event])).rows[0].n,
  );

const issuer = new URL(publicUrl);
const insecure = { [oauth.allowInsecureRequests]: true } as const;

async function tokenByClient(
  clientId: string,
  key: KeyObject,
  alg: 'ES256' | 'Ed25519',
  resource: string,
): Promise<string> {
  const as = await oauth.processDiscoveryResponse(
    issuer,
    await oauth.discoveryRequest(issuer, { ...insecure, algorithm: 'oauth2' }),
  );
  const der = key.export({ format: 'der', type: 'pkcs8' });
  const algorithm = alg === 'ES256' ? { name: 'ECDSA', namedCurve: 'P-256' } : { name: 'Ed25519' };
  const cryptoKey = await crypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign']);
  const auth = oauth.PrivateKeyJwt(cryptoKey, {
    [oauth.modifyAssertion]: (header, payload) => {
      header.alg = alg === 'ES256' ? 'ES256' : 'EdDSA';
      payload.aud = as.issuer;
    },
  });
  const client = { client_id: clientId };
  const response = await oauth.clientCredentialsGrantRequest(as, client, auth, { resource }, insecure);
  return (await oauth.processClientCredentialsResponse(as, client, response)).access_token;
}

t.test('discovery uses the public URL only', async (t) => {
  for (const name of ['openid-configuration', 'oauth-authorization-server']) {
    const headers = { 'X-Forwarded-Host': 'evil.example', 'X-Forwarded-Proto': 'https' };
    const found = (await (await fetch(`${publicUrl}/.well-known/${name}`, { headers })).json()) as Record<
      string,
      unknown
    >;
    t.equal(found.issuer, publicUrl);
    t.equal(found.token_endpoint, `${publicUrl}/oauth2/token`);
    t.equal(found.jwks_uri, `${publicUrl}/oauth2/jwks`);
    t.strictSame(found.token_endpoint_auth_methods_supported, ['private_key_jwt', 'none']);
    const named = Object.entries(found).filter(([member]) => /_(endpoint|uri)$/.test(member));
    for (const [member, url] of named)
      t.ok(server.paths.includes(new URL(String(url)).pathname), `attack 19: ${member} is served`);
    t.equal(named.length, 4);
  }
  for (const path of server.paths) {
    const { headers } = await fetch(`${publicUrl}${path}`, { headers: { Origin: 'https://evil.example' } });
    t.equal(headers.get('access-control-allow-origin'), null, `attack 19: ${path} allows no origin`);
  }
  const { keys } = (await (await fetch(`${publicUrl}/oauth2/jwks`)).json()) as { keys: object[] };
  t.notOk(
    keys.some((key) => 'd' in key),
    'no private key is published',
  );
});

t.test('real clients get a token for each resource', async (t) => {
  const before = await entries('token.issued');
  const identity = openIdentity({ ...s, config });
  for (const [clientId, key, alg] of [
    ['reader', es256.privateKey, 'ES256'],
    ['ed-reader', ed25519.privateKey, 'Ed25519'],
  ] as const) {
    const token = await tokenByClient(clientId, key, alg, data);
    const payload = decodeJwt(token);
    t.match(decodeProtectedHeader(token), { typ: 'at+jwt', alg: 'ES256', kid: s.keys.tokenSigner.kid });
    t.match(payload, { iss: publicUrl, aud: data, sub: clientId, client_id: clientId });
    t.ok(payload.exp! - payload.iat! <= 300);
    const subject = await identity.identify(`Bearer ${token}`, 'data');
    t.match(subject, { sub: clientId, audience: 'data', issuer: publicUrl });
    t.equal(identity.identify(`bearer ${token}`, 'data'), subject, 'the second time at once');
  }
  t.equal(decodeJwt(await tokenByClient('reader', es256.privateKey, 'ES256', platform)).aud, platform);
  t.equal(await entries('token.issued'), before + 3, 'each token has its entry');
});

t.test('one assertion sent six times at once gives one token', async (t) => {
  const assertion = await sign(claims());
  const replies = await Promise.all(Array.from({ length: 6 }, () => ask(assertion)));
  t.equal(replies.filter((reply) => reply.status === 200).length, 1);
  t.equal(replies.filter((reply) => reply.body.error === 'invalid_client').length, 5);
  t.equal((await ask(assertion)).status, 401, 'nor later');
});

t.test('assertions and requests that are refused', async (t) => {
  const b64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const none = (payload: JWTPayload) => `${b64({ alg: 'none' })}.${b64(payload)}.`;
  const secret = new TextEncoder().encode(JSON.stringify(publicJwk('r', es256.publicKey)));
  const without = (name: string) =>
    Object.fromEntries(Object.entries(claims()).filter(([key]) => key !== name)) as JWTPayload;
  const good = await sign(claims());
  const table: [string, string | undefined, string, Record<string, string | string[]>?][] = [
    ['the token endpoint as audience', await sign(claims({ aud: `${publicUrl}/oauth2/token` })), 'invalid_client'],
    ['a list as audience', await sign(claims({ aud: [publicUrl] })), 'invalid_client'],
    [
      'a list with another audience',
      await sign(claims({ aud: [publicUrl, 'https://other.example'] })),
      'invalid_client',
    ],
    ['another audience', await sign(claims({ aud: 'https://other.example' })), 'invalid_client'],
    ['the issuer with a slash', await sign(claims({ aud: `${publicUrl}/` })), 'invalid_client'],
    ['no audience', await sign(without('aud')), 'invalid_client'],
    ['another iss', await sign(claims({ iss: 'ed-reader' })), 'invalid_client'],
    ['another sub', await sign(claims({ sub: 'ed-reader' })), 'invalid_client'],
    ['no iss', await sign(without('iss')), 'invalid_client'],
    ['no sub', await sign(without('sub')), 'invalid_client'],
    ['no jti', await sign(without('jti')), 'invalid_client'],
    ['no exp', await sign(without('exp')), 'invalid_client'],
    ['expired', await sign(claims({ iat: seconds() - 120, exp: seconds() - 60 })), 'invalid_client'],
    ['valid for a day', await sign(claims({ exp: seconds() + 86_400 })), 'invalid_client'],
    ['issued tomorrow', await sign(claims({ nbf: seconds() + 300, exp: seconds() + 500 })), 'invalid_client'],
    ['attack 14: iat an hour ahead', await sign(claims({ iat: seconds() + 3_600 })), 'invalid_client'],
    ['attack 14: jti of 20 kB', await sign(claims({ jti: 'x'.repeat(20_000) })), 'invalid_client'],
    ['attack 14: jti of 257 characters', await sign(claims({ jti: 'x'.repeat(257) })), 'invalid_client'],
    ['attack 14: jti of no string', await sign({ ...claims(), jti: 7 as never }), 'invalid_client'],
    ['attack 14: iat of no number', await sign({ ...claims(), iat: 'now' as never }), 'invalid_client'],

    ['alg none', none(claims()), 'invalid_client'],
    ['HS256 with the public key', await sign(claims(), secret, 'HS256'), 'invalid_client'],
    ['a foreign key', await sign(claims(), foreign.privateKey), 'invalid_client'],
    ['the key of another application', await sign(claims(), ed25519.privateKey, 'EdDSA', 'e'), 'invalid_client'],
    ['an unknown application', await sign(claims({ iss: 'nobody', sub: 'nobody' })), 'invalid_client'],
    [
      'a disabled application',
      await sign(claims({ iss: 'gone', sub: 'gone' }), lost.privateKey, 'ES256', 'g'),
      'invalid_client',
    ],
    ['a tampered signature', `${good.slice(0, -6)}AAAAAA`, 'invalid_client'],
    ['not a JWT', 'nonsense', 'invalid_request'],
    ['no assertion', undefined, 'invalid_request'],
    ['a secret instead', undefined, 'invalid_client', { client_id: 'reader', client_secret: 'x' }],
    ['another grant type', await sign(claims()), 'unsupported_grant_type', { grant_type: 'password' }],
    ['another resource', await sign(claims()), 'invalid_target', { resource: 'https://other.example/' }],
    ['two resources', await sign(claims()), 'invalid_target', { resource: [data, platform] }],
  ];
  for (const [name, assertion, error, more] of table) {
    const reply = await ask(assertion, more);
    t.ok(reply.status >= 400 && reply.status < 500 && reply.body.access_token === undefined, `${name} is refused`);
    t.equal(reply.body.error, error, name);
  }
  t.equal((await ask(await signDeep())).status, 400, 'attack 10: claims of 20,000 levels are no failure');
  await refusals.close();
  t.ok((await entries('login.failed')) >= 1, 'refusals are entered, counted');
  t.ok((await entries('login.failed')) <= 5);
});

t.test('access tokens that are refused', async (t) => {
  const identity = openIdentity({ ...s, config });
  const key = (await import('node:crypto')).createPrivateKey({ key: s.keys.tokenSigner, format: 'jwk' });
  const kid = s.keys.tokenSigner.kid!;
  const token = (
    change: JWTPayload = {},
    header: { alg?: string; typ?: string; kid?: string } = {},
    by: KeyObject | Uint8Array = key,
  ) => {
    const now = seconds();
    const payload = {
      iss: publicUrl,
      sub: 'reader',
      client_id: 'reader',
      aud: data,
      iat: now,
      exp: now + 300,
      jti: randomUUID(),
      ...change,
    };
    return new SignJWT(payload).setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid, ...header }).sign(by);
  };
  const good = await token();
  t.match(await identity.identify(`Bearer ${good}`, 'data'), { sub: 'reader' }, 'the untouched one passes');
  const [head, body, signature] = good.split('.') as [string, string, string];
  const other = Buffer.from(JSON.stringify({ ...decodeJwt(good), sub: 'admin', client_id: 'admin' })).toString(
    'base64url',
  );
  const b64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const pem = new TextEncoder().encode(es256.publicKey.export({ format: 'pem', type: 'spki' }) as string);
  const table: [string, string | undefined][] = [
    ['nothing', undefined],
    ['an empty header', ''],
    ['no scheme', good],
    ['Basic', 'Basic cmVhZGVyOng='],
    ['DPoP, for now', `DPoP ${good}`],
    ['two tokens', `Bearer ${good}, Bearer ${good}`],
    ['nonsense', 'Bearer nonsense'],
    ['a huge token', `Bearer ${'a'.repeat(5_000)}`],
    ['no exp', `Bearer ${await token({ exp: undefined as never })}`],
    ['no iat', `Bearer ${await token({ iat: undefined as never })}`],
    ['no jti', `Bearer ${await token({ jti: undefined as never })}`],
    ['no sub', `Bearer ${await token({ sub: undefined as never })}`],
    ['expired', `Bearer ${await token({ iat: seconds() - 300, exp: seconds() - 1 })}`],
    ['too old', `Bearer ${await token({ iat: seconds() - 400, exp: seconds() + 60 })}`],
    ['too long', `Bearer ${await token({ exp: seconds() + 3_600 })}`],
    ['of the future', `Bearer ${await token({ iat: seconds() + 100, exp: seconds() + 300 })}`],
    ['typ JWT', `Bearer ${await token({}, { typ: 'JWT' })}`],
    ['no typ', `Bearer ${await token({}, { typ: undefined as never })}`],
    ['for the platform', `Bearer ${await token({ aud: platform })}`],
    ['for both', `Bearer ${await token({ aud: [data, platform] })}`],
    ['for nobody', `Bearer ${await token({ aud: undefined as never })}`],
    ['of another issuer', `Bearer ${await token({ iss: 'https://other.example' })}`],
    ['sub and client_id apart', `Bearer ${await token({ client_id: 'other' })}`],
    ['bound to a key that nobody checked', `Bearer ${await token({ cnf: { jkt: 'x' } })}`],
    ['another kid', `Bearer ${await token({}, { kid: 'other' })}`],
    ['a foreign key', `Bearer ${await token({}, {}, foreign.privateKey)}`],
    ["the application's own key", `Bearer ${await token({}, {}, es256.privateKey)}`],
    ['tampered', `Bearer ${head}.${other}.${signature}`],
    ['alg none', `Bearer ${b64({ alg: 'none', typ: 'at+jwt', kid })}.${body}.`],
    ['HS256 with the public key', `Bearer ${await token({}, { alg: 'HS256' }, pem)}`],
  ];
  for (const [name, authorization] of table) {
    const outcome = await Promise.resolve()
      .then(() => identity.identify(authorization, 'data'))
      .catch((error: Error) => error);
    t.ok(outcome instanceof Problem && outcome.code === 'unauthenticated', name);
  }
  t.throws(
    () => identity.identify(`Bearer ${good}`, 'platform'),
    { code: 'unauthenticated' },
    'remembered for the other resource',
  );
  const later = openIdentity({ ...s, config, clock: { ...s.clock, now: () => time } });
  let time = Date.now();
  await later.identify(`Bearer ${good}`, 'data');
  time += 301_000;
  t.throws(() => later.identify(`Bearer ${good}`, 'data'), { code: 'unauthenticated' }, 'remembered beyond its end');
});

t.test('the rate is limited per application', async (t: Test) => {
  let now = 0;
  const rate = { perSecond: 2, burst: 3 };
  const limit = openRateLimit({ config: { rate }, clock: { ...s.clock, now: () => now } });
  const taken = [1, 2, 3, 4].map(() => limit.take('a'));
  t.strictSame(
    taken.map((one) => one.ok),
    [true, true, true, false],
  );
  t.strictSame(taken[3], { ok: false, limit: 3, remaining: 0, resetSeconds: 1 });
  t.ok(limit.take('b').ok, 'another has its own');
  now = 500;
  t.ok(limit.take('a').ok, 'one comes back in half a second');
  t.notOk(limit.take('a').ok);
  now = 100;
  t.notOk(limit.take('a').ok, 'a clock that steps back gives nothing');
  const written = rateLimitHeaders(taken[0]!, rate);
  t.strictSame(written, { 'RateLimit-Policy': '"application";q=3;w=2', RateLimit: '"application";r=2;t=1' });
  for (const text of Object.values(written)) t.equal(serializeItem(parseItem(text)), text, 'as the standard writes it');
  t.strictSame(['127.0.0.1', '::ffff:10.1.2.3', '2001:db8:7:8::1', '::1', ''].map(addressPrefix), [
    '127.0.0.0/24',
    '10.1.2.0/24',
    '2001:db8:7::/48',
    '::/48',
    'unknown',
  ]);
});
