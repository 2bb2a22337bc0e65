import { hash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import Type, { type Static, type TSchema } from 'typebox';
import { Check } from 'typebox/value';
import { send } from '../../client/http.js';
import { systemClock } from '../../platform/clock.js';
import { CommandError, EXIT } from '../exit-code.js';
import { forgetSignedIn, type SignedIn, writeSignedIn } from './credentials.js';

const CLIENT = 'exchange-cli';
/** Ends before the server's own limit for the page. */
const WAIT_MS = 840_000;
const RENEW_BEFORE_MS = 30_000;

const tokenReply = Type.Object({
  access_token: Type.String(),
  refresh_token: Type.String(),
  expires_in: Type.Number(),
});
type Tokens = Static<typeof tokenReply>;

/** The server as discovery names it. Its paths are used at `baseUrl`: the issuer may be a name that this machine can't reach. */
export interface SigningServer {
  baseUrl: string;
  issuer: string;
}

/**
 * Signs a person in by a browser (RFC 8252): a pushed request with PKCE, a redirect to a port of loopback that only this process has. `show` prints
 * the address to open. Throws CommandError.
 */
export async function signInByBrowser(
  { baseUrl, issuer }: SigningServer,
  show: (url: string) => void,
): Promise<Tokens> {
  const [verifier, state] = [random(), random()];
  const { redirectUri, arrived, close } = await listen(state, issuer);
  try {
    const pushed = await post(`${baseUrl}/oauth2/par`, Type.Object({ request_uri: Type.String() }), {
      response_type: 'code',
      redirect_uri: redirectUri,
      scope: 'platform',
      resource: `${issuer}/api`,
      state,
      code_challenge: hash('sha256', verifier, 'base64url'),
      code_challenge_method: 'S256',
    });
    show(`${issuer}/oauth2/authorize?${new URLSearchParams({ client_id: CLIENT, request_uri: pushed.request_uri })}`);
    const code = await arrived;
    const form = { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier };
    return await post(`${baseUrl}/oauth2/token`, tokenReply, form);
  } finally {
    close();
  }
}

/** An access token that is still valid for a while; renewed, and written back, where it is not. Throws CommandError where the session has ended. */
export async function tokenOf(signedIn: SignedIn): Promise<string> {
  if (signedIn.accessUntil - RENEW_BEFORE_MS > systemClock.now()) return signedIn.accessToken;
  const form = { grant_type: 'refresh_token', refresh_token: signedIn.refreshToken };
  const renewed = await post(`${signedIn.server}/oauth2/token`, tokenReply, form).catch((error: unknown) => {
    if (!(error instanceof CommandError)) throw error;
    forgetSignedIn();
    throw new CommandError(EXIT.refused, 'The session has ended: exchange login.');
  });
  const { server, issuer, login } = signedIn;
  writeSignedIn(keptOf(renewed, { server, issuer, login }));
  return renewed.access_token;
}

export function keptOf(tokens: Tokens, where: Pick<SignedIn, 'server' | 'issuer' | 'login'>): SignedIn {
  return {
    ...where,
    accessToken: tokens.access_token,
    accessUntil: systemClock.now() + 1_000 * tokens.expires_in,
    refreshToken: tokens.refresh_token,
  };
}

const random = () => systemClock.randomBytes(32).toString('base64url');

async function post<S extends TSchema>(url: string, shape: S, form: Record<string, string>): Promise<Static<S>> {
  const reply = await send(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ client_id: CLIENT, ...form }).toString(),
  });
  const body = reply.json();
  if (Check(shape, body)) return body;
  throw new CommandError(EXIT.refused, `Not signed in: ${reply.status} ${body.error_description ?? body.error ?? ''}`);
}

interface Listening {
  redirectUri: string;
  /** The code. Rejects with CommandError where the person or the server refuses, or nobody comes. */
  arrived: Promise<string>;
  close(): void;
}

async function listen(state: string, issuer: string): Promise<Listening> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const at = server.address();
  const port = at !== null && typeof at === 'object' ? at.port : 0;
  const arrived = new Promise<string>((resolve, reject) => {
    const late = setTimeout(() => reject(new CommandError(EXIT.refused, 'Nobody signed in.')), WAIT_MS);
    server.on('request', (request, response) => {
      const given = answered(request, response);
      // Another program of this machine may call the port: only the answer to this request counts.
      if (given?.get('state') !== state || given.get('iss') !== issuer) return;
      clearTimeout(late);
      const code = given.get('code');
      if (code !== null) return resolve(code);
      reject(new CommandError(EXIT.refused, `Not signed in: ${given.get('error') ?? 'refused'}`));
    });
  });
  arrived.catch(() => {}); // awaited later
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { redirectUri: `http://127.0.0.1:${port}/callback`, arrived, close };
}

function answered(request: IncomingMessage, response: ServerResponse): URLSearchParams | undefined {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  const isCallback = url.pathname === '/callback';
  response.writeHead(isCallback ? 200 : 404, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
  response.end(isCallback ? '已登录，可以关闭此页面。 You may close this page.\n' : '');
  return isCallback ? url.searchParams : undefined;
}
