import type { Configuration, KoaContextWithOIDC } from 'oidc-provider';
import type { Clock } from '../../platform/clock.js';
import type { Config } from '../../platform/config.js';
import type { Keys } from '../../platform/keys/keys.js';
import { loginOf } from '../people/person.js';
import { type Sessions, sessionOf } from '../people/sessions.js';
import type { Policy } from '../policy/policy.js';
import { audienceUri } from './audience.js';
import { errors } from './oidc-provider.js';
import { PLATFORM_SCOPE, peopleClient } from './people-clients.js';

interface Setting {
  config: Pick<Config, 'publicUrl'>;
  keys: Keys;
  policy: Policy;
  clock: Clock;
  sessions: Sessions;
}

/** s */
const TOKEN_TTL = 300;
const ASSERTION_AHEAD_AT_MOST = 600;
const CLOCK_TOLERANCE = 5;
/** RFC 6749, 5.2 allows ASCII only; `error_uri` names the page in both languages. */
const SUSPENDED = 'The application is suspended since the log began a new origin: ask the operators to reopen it';
/** It is kept until it expires. */
const JTI_LENGTH_AT_MOST = 256;
/** s: the longest session of a person. */
const SESSION_TTL = 12 * 3_600;
/** s: from the first page to the last. */
const SIGN_IN_TTL = 900;

/** What oidc-provider is: one resource a token, no shared secrets, and for people codes with PKCE by pushed requests only. */
export function authorizationSettings(setting: Setting): Configuration {
  const { config, keys } = setting;
  return {
    jwks: { keys: [{ ...keys.tokenSigner, use: 'sig', alg: 'ES256' }] },
    cookies: { keys: [keys.cookies.toString('base64url')] },
    routes: {
      token: '/oauth2/token',
      jwks: '/oauth2/jwks',
      authorization: '/oauth2/authorize',
      pushed_authorization_request: '/oauth2/par',
    },
    clientAuthMethods: ['private_key_jwt', 'none'],
    enabledJWA: { clientAuthSigningAlgValues: ['ES256', 'EdDSA'], idTokenSigningAlgValues: ['ES256'] },
    clientDefaults: {
      grant_types: ['client_credentials'],
      response_types: [],
      redirect_uris: [],
      token_endpoint_auth_method: 'private_key_jwt',
      id_token_signed_response_alg: 'ES256',
    },
    responseTypes: ['code'],
    scopes: [],
    pkce: { required: () => true },
    clockTolerance: CLOCK_TOLERANCE,
    ttl: {
      ClientCredentials: TOKEN_TTL,
      AccessToken: TOKEN_TTL,
      AuthorizationCode: 60,
      PushedAuthorizationRequest: 60,
      Interaction: SIGN_IN_TTL,
      Grant: SESSION_TTL,
      Session: SESSION_TTL,
      RefreshToken: SESSION_TTL,
    },
    assertJwtClientAuthClaimsAndHeader: async (_context, claims, _header, { clientId }) => {
      checkAssertion(claims, { clientId, issuer: config.publicUrl, now: setting.clock.now() / 1_000 });
      if (setting.policy.current().applications.get(clientId)?.status === 'suspended')
        throw new errors.UnauthorizedClient(SUSPENDED);
    },
    ...people(setting),
    features: features(config),
    renderError: (context: KoaContextWithOIDC, out) => {
      if (context.path.startsWith('/oauth2/authorize')) return context.redirect('/sign-in/refused');
      context.type = 'application/json';
      context.body = out;
    },
  };
}

/** Every sign-in is whole: no cookie of an earlier one stands for it, and its grant is the session. */
function people({ policy, sessions }: Setting): Configuration {
  return {
    interactions: { url: (_context, { uid }) => `/sign-in/${uid}` },
    loadExistingGrant: async ({ oidc }) => {
      const grantId = oidc.result?.consent?.grantId;
      return grantId === undefined ? undefined : oidc.provider.Grant.find(grantId);
    },
    issueRefreshToken: async (_context, client) => client.grantTypeAllowed('refresh_token'),
    // Also asked when a token is refreshed: a closed account or an ended session gets none.
    findAccount: async (_context, sub, token) => {
      const login = loginOf(sub) ?? '';
      if (policy.current().people.get(login)?.status !== 'active') return undefined;
      const grantId = token !== undefined && 'grantId' in token ? token.grantId : undefined;
      if (grantId !== undefined && !(await sessions.use(sessionOf(grantId), login))) return undefined;
      return { accountId: sub, claims: async () => ({ sub }) };
    },
    extraTokenClaims: async (_context, token) =>
      'grantId' in token && token.grantId !== undefined ? { sid: sessionOf(token.grantId) } : undefined,
  };
}

function features(config: Pick<Config, 'publicUrl'>): NonNullable<Configuration['features']> {
  const [data, platform] = [audienceUri(config, 'data'), audienceUri(config, 'platform')];
  return {
    devInteractions: { enabled: false },
    rpInitiatedLogout: { enabled: false },
    userinfo: { enabled: false },
    pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: true },
    clientCredentials: { enabled: true },
    dPoP: { enabled: false },
    resourceIndicators: {
      enabled: true,
      defaultResource: async (_context, client) => (peopleClient(client.clientId) === undefined ? data : platform),
      useGrantedResource: async () => true,
      getResourceServerInfo: async (_context, resource, client) => {
        const isPeople = peopleClient(client.clientId) !== undefined;
        if (resource !== platform && (resource !== data || isPeople)) throw new errors.InvalidTarget();
        return {
          scope: isPeople ? PLATFORM_SCOPE : '',
          audience: resource,
          accessTokenTTL: TOKEN_TTL,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        };
      },
    },
  };
}

/** What RFC 7523 leaves open. Throws the library's error. @param now s */
function checkAssertion(
  claims: Readonly<Record<string, unknown>>,
  { clientId, issuer, now }: { clientId: string; issuer: string; now: number },
): void {
  // draft-ietf-oauth-rfc7523bis: one audience, the issuer, as a string. The library also accepts the token endpoint and lists.
  if (claims.aud !== issuer) throw new errors.InvalidClientAuth('aud must be the issuer, as a string');
  if (claims.sub !== clientId) throw new errors.InvalidClientAuth('sub must be the client_id');
  const latest = now + ASSERTION_AHEAD_AT_MOST;
  if (typeof claims.exp !== 'number' || claims.exp > latest) {
    throw new errors.InvalidClientAuth(`exp must be at most ${ASSERTION_AHEAD_AT_MOST} s ahead`);
  }
  if (claims.iat !== undefined && !(Number(claims.iat) <= now + CLOCK_TOLERANCE)) {
    throw new errors.InvalidClientAuth('iat must not be in the future');
  }
  if (typeof claims.jti !== 'string' || claims.jti.length > JTI_LENGTH_AT_MOST) {
    throw new errors.InvalidClientAuth(`jti must be a string of at most ${JTI_LENGTH_AT_MOST} characters`);
  }
}
