import { hash, randomBytes } from 'node:crypto';

/** One person's browser: keeps cookies, follows no redirect by itself. */
export interface Browser {
  get(url: string): Promise<Response>;
  post(url: string, form: Record<string, string>): Promise<Response>;
}

export function openBrowser(headers: Record<string, string> = {}): Browser {
  const cookies = new Map<string, string>();
  async function go(url: string, init: RequestInit): Promise<Response> {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const reply = await fetch(url, { ...init, redirect: 'manual', headers: { ...headers, cookie } });
    for (const line of reply.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '') cookies.delete(name);
      else cookies.set(name, value);
    }
    return reply;
  }
  return {
    get: (url) => go(url, {}),
    post: (url, form) => go(url, { method: 'POST', body: new URLSearchParams(form) }),
  };
}

/** What a program asks for. The values may be changed for tests of refusals. */
export interface Asking {
  redirectUri?: string;
  resource?: string;
  challengeMethod?: string;
  clientId?: string;
  verifier?: string;
}

export const REDIRECT = 'http://127.0.0.1:4711/callback';

/** A pushed request of `exchange-cli`. */
export async function pushRequest(baseUrl: string, asking: Asking = {}) {
  const verifier = asking.verifier ?? randomBytes(32).toString('base64url');
  const form = new URLSearchParams({
    client_id: asking.clientId ?? 'exchange-cli',
    response_type: 'code',
    redirect_uri: asking.redirectUri ?? REDIRECT,
    scope: 'platform',
    resource: asking.resource ?? `${baseUrl}/api`,
    state: 'state-1',
    code_challenge: hash('sha256', verifier, 'base64url'),
    code_challenge_method: asking.challengeMethod ?? 'S256',
  });
  const reply = await fetch(`${baseUrl}/oauth2/par`, { method: 'POST', body: form });
  const body = (await reply.json()) as { request_uri?: string; error?: string };
  return { status: reply.status, body, verifier };
}

/** The sign-in page of a pushed request; its address is where the form is sent. */
export async function openSignIn(browser: Browser, baseUrl: string, requestUri: string): Promise<string> {
  const query = new URLSearchParams({ client_id: 'exchange-cli', request_uri: requestUri });
  const reply = await browser.get(`${baseUrl}/oauth2/authorize?${query}`);
  return new URL(reply.headers.get('location') ?? '/none', baseUrl).href;
}

/** Follows the redirects after the form up to the program. Returns the parameters of its address. */
export async function backToProgram(browser: Browser, reply: Response, baseUrl: string): Promise<URLSearchParams> {
  let location = reply.headers.get('location') ?? '';
  for (let hop = 0; location.startsWith(baseUrl) && hop < 5; hop++)
    location = (await browser.get(location)).headers.get('location') ?? '';
  return new URL(location).searchParams;
}

export async function exchangeCode(baseUrl: string, form: Record<string, string>) {
  const body = new URLSearchParams({ client_id: 'exchange-cli', ...form });
  const reply = await fetch(`${baseUrl}/oauth2/token`, { method: 'POST', body });
  return {
    status: reply.status,
    body: (await reply.json()) as { access_token?: string; refresh_token?: string; error?: string },
  };
}
