import type { IncomingMessage, ServerResponse } from 'node:http';
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { AuditLog } from '../../audit/log.js';
import type { Clock } from '../../platform/clock.js';
import type { Config } from '../../platform/config.js';
import { isObject } from '../../platform/json-pointer.js';
import type { Keys } from '../../platform/keys/keys.js';
import type { Database } from '../../platform/postgres/database.js';
import { type Person, subjectOf } from '../people/person.js';
import { type Sessions, sessionOf } from '../people/sessions.js';
import type { Policy } from '../policy/policy.js';
import type { Secrets } from '../sign-in/secrets.js';
import { audienceUri } from './audience.js';
import { authorizationSettings } from './authorization-settings.js';
import { cleanOidc, oidcAdapter } from './oidc-adapter.js';
import { Provider } from './oidc-provider.js';
import { PLATFORM_SCOPE } from './people-clients.js';
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
  sessions: Sessions;
  secrets: Secrets;
}

/** What a person is asked for. */
interface AuthorizationAsked {
  /** Title of the program. */
  client: string;
  /** Origin of the program's redirect. */
  origin: string;
}

export interface AuthorizationServer {
  /** Takes the raw request: path unstripped, body unread; and the address of its caller. */
  handler(request: IncomingMessage, response: ServerResponse, address: string): void;
  /** Paths that the handler serves. */
  paths: readonly string[];
  /** The request for authorization that a page is about, by its cookie. Throws the library's error where there is none. */
  signingIn(request: IncomingMessage, response: ServerResponse): Promise<AuthorizationAsked>;
  /** Begins a session of the person and answers by a redirect, from which the program gets its code. */
  signedIn(person: Person, address: string, at: { request: IncomingMessage; response: ServerResponse }): Promise<void>;
  close(): void;
}

const CLEAN_MS = 60_000;

const PATHS: readonly string[] = [
  '/oauth2/token',
  '/oauth2/jwks',
  '/oauth2/par',
  '/oauth2/authorize',
  '/oauth2/authorize/:uid',
  '/.well-known/openid-configuration',
  '/.well-known/oauth-authorization-server',
];

/** No page of another origin has business here, so none is allowed. Discovery names no endpoint that is not served. */
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

/**
 * The embedded authorization server: client_credentials by `private_key_jwt` (RFC 7523) for applications, authorization codes with PKCE and pushed
 * requests (RFC 9126) for people, JWT access tokens (RFC 9068) for one resource each (RFC 8707).
 */
export function createAuthorizationServer(dependencies: AuthorizationServerDependencies): AuthorizationServer {
  const { config, database, policy, sessions, secrets } = dependencies;
  const provider = new Provider(config.publicUrl, {
    ...authorizationSettings({ ...dependencies, sessions }),
    adapter: oidcAdapter({ database, policy, secrets }),
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
    async signingIn(request, response) {
      const { params } = await provider.interactionDetails(request, response);
      const client = await provider.Client.find(String(params.client_id));
      return { client: client?.clientName ?? '', origin: new URL(String(params.redirect_uri)).origin };
    },
    async signedIn({ login }, address, { request, response }) {
      const { params } = await provider.interactionDetails(request, response);
      const clientId = String(params.client_id);
      const accountId = subjectOf(login);
      const grant = new provider.Grant({ accountId, clientId });
      grant.addResourceScope(audienceUri(config, 'platform'), PLATFORM_SCOPE);
      const grantId = await grant.save();
      await sessions.begin({ id: sessionOf(grantId), login, client: clientId, address });
      const result = { login: { accountId, remember: false }, consent: { grantId } };
      await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
    },
    close: () => clearInterval(cleaning),
  };
}

/** Discovery uses the public URL, and entries the address, never a header that a client or a proxy sets. */
function pinOrigin(request: IncomingMessage, publicUrl: string, address: string): void {
  const url = new URL(publicUrl);
  request.headers.host = url.host;
  request.headers['x-forwarded-proto'] = url.protocol.slice(0, -1);
  delete request.headers['x-forwarded-host'];
  request.headers['x-forwarded-for'] = address;
  // The library would allow every origin, but no page of another one has business here.
  delete request.headers.origin;
  // Each sign-in is whole: the cookie of an earlier one says nothing.
  const { cookie } = request.headers;
  if (cookie !== undefined)
    request.headers.cookie = cookie.replaceAll(/(^|;\s*)_session(\.legacy)?(\.sig)?=[^;]*/g, '');
}
