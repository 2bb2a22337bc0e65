import {
  type CryptoKey,
  createRemoteJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  exportJWK,
  generateKeyPair,
  type JWK,
  jwtVerify,
  SignJWT,
} from 'jose';
import { JWT_BEARER, type Outside, once, type Part } from './outside.js';

const ROWS = '/data/police/resident/v1/rows?_limit=1';

/** Shared by the tests below. */
function tools(outside: Outside) {
  const { demo } = outside;
  const fields = async (claims: Record<string, unknown> = {}, key?: JWK) => ({
    grant_type: 'client_credentials',
    client_id: 'grid-app',
    client_assertion_type: JWT_BEARER,
    client_assertion: await outside.assertion('grid-app', claims, key),
    resource: demo.resource,
  });
  const tokenFor = (claims: Record<string, unknown>, key?: JWK) => fields(claims, key).then(outside.requestToken);
  return { demo, fields, tokenFor };
}

export const identity: Part = [
  [
    'discovery says where the keys and the token endpoint are',
    async (t, outside) => {
      const { demo } = tools(outside);
      for (const path of ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server']) {
        const { status, body } = await outside.ask('GET', path, { as: null });
        t.equal(status, 200);
        t.match(body, {
          issuer: demo.issuer,
          token_endpoint: demo.tokenEndpoint,
          jwks_uri: /^http/,
          grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials'],
          pushed_authorization_request_endpoint: /^http/,
          require_pushed_authorization_requests: true,
          code_challenge_methods_supported: ['S256'],
          token_endpoint_auth_methods_supported: ['private_key_jwt'],
          token_endpoint_auth_signing_alg_values_supported: ['ES256', 'EdDSA'],
        });
        t.notOk(body.registration_endpoint ?? body.introspection_endpoint, 'nothing is offered that is not there');
      }
    },
  ],
  [
    'a token is an RFC 9068 JWT of at most five minutes for one audience',
    async (t, outside) => {
      const { demo } = tools(outside);
      for (const audience of ['data', 'platform'] as const) {
        const token = await outside.token('grid-app', audience);
        t.match(decodeProtectedHeader(token), { typ: 'at+jwt', alg: 'ES256' });
        const keys = createRemoteJWKSet(new URL(`${demo.baseUrl}/oauth2/jwks`));
        const aud = audience === 'data' ? demo.resource : demo.platformResource;
        const { payload } = await jwtVerify(token, keys, { issuer: demo.issuer, audience: aud, typ: 'at+jwt' });
        t.match(payload, { sub: 'grid-app', client_id: 'grid-app' });
        t.ok(payload.exp! - payload.iat! <= 300);
      }
    },
  ],
  [
    'a bad assertion gets 401 invalid_client and no more',
    async (t, outside) => {
      const { demo, fields, tokenFor } = tools(outside);
      const now = () => Math.floor(Date.now() / 1_000);
      const stranger = { ...(await exportJWK((await generateKeyPair('ES256', { extractable: true })).privateKey)) };
      const refused: [what: string, claims: Record<string, unknown>, key?: JWK][] = [
        ['the token endpoint as audience', { aud: demo.tokenEndpoint }],
        ['a list of audiences', { aud: [demo.issuer] }],
        ['an issuer with a slash', { aud: `${demo.issuer}/` }],
        ['an expired assertion', { exp: 1 }],
        ['an assertion without end', { exp: undefined }],
        ['an assertion for a day', { exp: now() + 86_400 }],
        ['an assertion without jti', { jti: undefined }],
        ['somebody else as issuer', { iss: 'bulk-app' }],
        [
          'another key',
          {},
          { ...stranger, kid: demo.applications.find((a) => a.clientId === 'grid-app')!.privateJwk.kid! },
        ],
      ];
      for (const [what, claims, key] of refused) {
        const reply = await tokenFor(claims, key);
        t.match([reply.status, reply.body.error], [401, 'invalid_client'], what);
      }
      for (const [what, status, error, more] of [
        ['an unknown resource', 400, 'invalid_target', { resource: 'https://elsewhere.example' }],
        ['a code that it never had', 400, 'invalid_request', { grant_type: 'authorization_code' }],
        ['another grant type', 400, 'unsupported_grant_type', { grant_type: 'password' }],
        ['a client that the assertion is not of', 400, 'invalid_request', { client_id: 'bulk-app' }],
      ] as const) {
        const reply = await outside.requestToken({ ...(await fields()), ...more });
        t.match([reply.status, reply.body.error], [status, error], what);
        t.equal(reply.headers['cache-control'], 'no-store');
      }
    },
  ],
  [
    'one assertion, sent six times at once, is accepted once',
    async (t, outside) => {
      const { fields } = tools(outside);
      const same = await fields();
      const replies = await Promise.all(Array.from({ length: 6 }, () => outside.requestToken(same)));
      t.equal(replies.filter(({ status }) => status === 200).length, 1);
    },
  ],
  [
    'no or a bad token gets 401 with WWW-Authenticate, at every door',
    async (t, outside) => {
      const token = await outside.token('grid-app');
      const unsigned = `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${token.split('.')[1]}.`;
      const own = await new SignJWT(decodeJwt(token))
        .setProtectedHeader({ ...decodeProtectedHeader(token), alg: 'ES256' })
        .sign((await generateKeyPair('ES256')).privateKey);
      for (const [what, authorization] of [
        ['none', undefined],
        ['nonsense', 'Bearer abc'],
        ['unsigned', `Bearer ${unsigned}`],
        ['signed by another', `Bearer ${own}`],
        ['cut', `Bearer ${token.slice(0, -3)}`],
        ['for the platform', `Bearer ${await outside.token('grid-app', 'platform')}`],
        ['as DPoP', `DPoP ${token}`],
        ['Basic', 'Basic Z3JpZC1hcHA6'],
      ] as const) {
        for (const path of [ROWS, '/data/police/resident/v1', '/graphql/v1?query=%7B__typename%7D']) {
          const reply = await outside.ask('GET', path, { as: null, headers: authorization ? { authorization } : {} });
          t.match([reply.status, reply.body?.code], [401, 'unauthenticated'], `${what}: ${path}`);
          t.match(reply.headers['www-authenticate'], /^Bearer /);
          t.notOk(reply.headers['exchange-receipt']);
        }
      }
      const inUrl = await outside.ask('GET', `${ROWS}&access_token=${token}`, { as: null });
      t.equal(inUrl.status, 401, 'a token in the URL is none');
      const platform = await outside.ask('GET', '/api/v1/grants', { audience: 'data' });
      t.equal(platform.status, 401, 'a data token opens no platform');
    },
  ],
  [
    'an application is registered by its public key, and ends when it is disabled',
    async (t, outside) => {
      const { fields } = tools(outside);
      const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
      const draft = async (key: CryptoKey, clientId = 'acceptance-app') => ({
        clientId,
        title: '验收',
        department: 'police',
        roles: [],
        jwks: { keys: [{ ...(await exportJWK(key)), kid: 'k1', alg: 'ES256' }] },
      });
      const register = (as: string, body: unknown) =>
        outside.ask('POST', '/api/v1/applications', { as, headers: once(), body });
      t.equal((await register('grid-app', await draft(publicKey))).status, 403, 'operators only');
      t.equal((await register('operator-app', await draft(privateKey, 'leaky-app'))).status, 422, 'a private key');
      const made = await register('operator-app', await draft(publicKey));
      t.match([made.status, made.headers.location], [201, '/api/v1/applications/acceptance-app']);
      t.equal((await register('operator-app', await draft(publicKey))).status, 409, 'the name is taken');
      const key = { ...(await exportJWK(privateKey)), kid: 'k1' };
      const reply = await outside.requestToken({
        ...(await fields()),
        client_id: 'acceptance-app',
        client_assertion: await outside.assertion('acceptance-app', {}, key),
      });
      const headers = { authorization: `Bearer ${reply.body.access_token}` };
      t.equal((await outside.ask('GET', ROWS, { as: null, headers })).status, 404, 'a key is no grant');
      t.equal((await outside.ask('GET', '/data/police/resident/v1', { as: null, headers })).status, 200);
      const disabled = await outside.ask('POST', '/api/v1/applications/acceptance-app/disable', { as: 'operator-app' });
      t.match([disabled.status, disabled.body.data.status], [200, 'disabled']);
      t.equal((await outside.ask('GET', '/data/police/resident/v1', { as: null, headers })).status, 401);
    },
  ],
];
