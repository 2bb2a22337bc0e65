import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Configuration, KoaContextWithOIDC } from 'oidc-provider';
import type { AuditLog } from '../../audit/log.js';
import type { Clock } from '../../platform/clock.js';
import type { Config } from '../../platform/config.js';
import { isObject } from '../../platform/json-pointer.js';
import type { Keys } from '../../platform/keys/keys.js';
import type { Database } from '../../platform/postgres/database.js';
import type { Policy } from '../policy/policy.js';
import { audienceUri } from './audience.js';
import { cleanOidc, oidcAdapter } from './oidc-adapter.js';
import { errors, Provider } from './oidc-provider.js';
import { recordTokens } from './record-tokens.js';
import type { Refusals } from './refusals.js';

export interface AuthorizationServerDependencies {
  config: Pick<Config, 'publicUrl'>;
  keys: Keys;
  database: Database;
  policy: Policy;
  clock: Clock;
  log: AuditLog;
  refusals: Refusals;
}

export interface AuthorizationServer {
  /** Takes the raw request: path unstripped, body unread; and the address of its caller. */
  handler(request: IncomingMessage, response: ServerResponse, address: string): void;
  /** Exact paths that the handler serves. */
  paths: readonly string[];
  close(): void;
}

/** s */
const TOKEN_TTL = 300;
const ASSERTION_AHEAD_AT_MOST = 600;
const CLOCK_TOLERANCE = 5;
/** RFC 6749, 5.2 allows ASCII only; `error_uri` names the page in both languages. */
const SUSPENDED = 'The application is suspended since the log began a new origin: ask the operators to reopen it';
/** It is kept until it expires. */
const JTI_LENGTH_AT_MOST = 256;
const CLEAN_MS = 60_000;

const PATHS: readonly string[] = [
  '/oauth2/token',
  '/oauth2/jwks',
  '/.well-known/openid-configuration',
  '/.well-known/oauth-authorization-server',
];

/** No browser has business here, so no origin is allowed. Discovery names no endpoint that is not served: the library names one for people, who don't sign in here yet. */
async function nameOnlyServed({ path, response }: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> {
  await next();
  response.remove('Access-Control-Allow-Origin');
  const { body } = response;
  if (!path.startsWith('/.well-known/') || !isObject(body)) return;
  const isServed = ([name, value]: [string, unknown]) =>
    !/_(endpoint|uri)$/.test(name) ||
    (typeof value === 'string' && URL.canParse(value) && PATHS.includes(new URL(value).pathname));
  response.body = Object.fromEntries(Object.entries(body).filter(isServed));
}

/** The embedded authorization server: client_credentials by `private_key_jwt` (RFC 7523), JWT access tokens (RFC 9068) for one resource each (RFC 8707). */
export function createAuthorizationServer(dependencies: AuthorizationServerDependencies): AuthorizationServer {
  const { config, database, policy } = dependencies;
  const provider = new Provider(config.publicUrl, {
    ...configuration(dependencies),
    adapter: oidcAdapter(database, policy),
  });
  provider.proxy = true;
  provider.use(recordTokens(provider, dependencies));
  provider.use(nameOnlyServed);
  const handle = provider.callback();
  const cleaning = setInterval(() => void cleanOidc(database).catch(() => {}), CLEAN_MS);
  cleaning.unref();
  return {
    handler: (request, response, address) => {
      pinOrigin(request, config.publicUrl, address);
      void handle(request, response);
    },
    paths: PATHS,
    close: () => clearInterval(cleaning),
  };
}

function configuration({ config, keys, clock, policy }: AuthorizationServerDependencies): Configuration {
  const data = audienceUri(config, 'data');
  const resources = [data, audienceUri(config, 'platform')];
  return {
    jwks: { keys: [{ ...keys.tokenSigner, use: 'sig', alg: 'ES256' }] },
    cookies: { keys: [keys.cookies.toString('base64url')] },
    routes: { token: '/oauth2/token', jwks: '/oauth2/jwks', authorization: '/oauth2/authorize' },
    clientAuthMethods: ['private_key_jwt'],
    enabledJWA: { clientAuthSigningAlgValues: ['ES256', 'EdDSA'], idTokenSigningAlgValues: ['ES256'] },
    clientDefaults: {
      grant_types: ['client_credentials'],
      response_types: [],
      redirect_uris: [],
      token_endpoint_auth_method: 'private_key_jwt',
      id_token_signed_response_alg: 'ES256',
    },
    responseTypes: [],
    scopes: [],
    clockTolerance: CLOCK_TOLERANCE,
    ttl: { ClientCredentials: TOKEN_TTL },
    assertJwtClientAuthClaimsAndHeader: async (_context, claims, _header, { clientId }) => {
      checkAssertion(claims, { clientId, issuer: config.publicUrl, now: clock.now() / 1_000 });
      if (policy.current().applications.get(clientId)?.status === 'suspended')
        throw new errors.UnauthorizedClient(SUSPENDED);
    },
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      userinfo: { enabled: false },
      // Discovery would list its endpoint, but nobody signs in here yet.
      pushedAuthorizationRequests: { enabled: false },
      clientCredentials: { enabled: true },
      dPoP: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: async () => data,
        getResourceServerInfo: async (_context, resource) => {
          if (!resources.includes(resource)) throw new errors.InvalidTarget();
          return {
            scope: '',
            audience: resource,
            accessTokenTTL: TOKEN_TTL,
            accessTokenFormat: 'jwt',
            jwt: { sign: { alg: 'ES256' } },
          };
        },
      },
    },
    renderError: (context: KoaContextWithOIDC, out) => {
      context.type = 'application/json';
      context.body = out;
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

/** Discovery uses the public URL, and entries the address, never a header that a client or a proxy sets. */
function pinOrigin(request: IncomingMessage, publicUrl: string, address: string): void {
  const url = new URL(publicUrl);
  request.headers.host = url.host;
  request.headers['x-forwarded-proto'] = url.protocol.slice(0, -1);
  delete request.headers['x-forwarded-host'];
  request.headers['x-forwarded-for'] = address;
  // The library would allow every origin, but a browser has no business here.
  delete request.headers.origin;
}
