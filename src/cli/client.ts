import { existsSync, readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import Type, { type Static, type TSchema } from 'typebox';
import { Check } from 'typebox/value';
import { accessToken } from '../client/access-token.js';
import { type DemoFile, demoFilePath } from '../client/demo-file.js';
import { type Reply, type Sending, send } from '../client/http.js';
import type { PrivateJwk } from '../client/private-jwk.js';
import { systemClock } from '../platform/clock.js';
import { loadConfig } from '../platform/config.js';
import { readRun } from '../platform/data-directory.js';
import { isObject } from '../platform/json-pointer.js';
import { readPrivateFile } from '../platform/private-file.js';
import { CommandError, EXIT } from './exit-code.js';
import { parseKey } from './key-file.js';

export type Resource = 'data' | 'platform';

export interface ClientOptions {
  dataDir?: string | undefined;
  /** Client id of the application that the command acts as. */
  application: string;
  /** Private JWK file; default: the application's key in `demo.json`. */
  key?: string | undefined;
  resource: Resource;
}

/** Calls the server that runs on a data directory, as one application. */
export interface Client {
  baseUrl: string;
  token: string;
  /** Throws CommandError where the server does not answer; the caller handles refusals. */
  request(method: string, path: string, headers?: Record<string, string>, body?: string | Readable): Promise<Reply>;
  /** As `request`, with every option of a request. */
  send(path: string, sending: Partial<Sending> & { method: string }): Promise<Reply>;
}

/** A token is valid for five minutes; a longer command gets a new one before it expires. */
const RENEW_MS = 240_000;

/** Finds the server by `run.json`. Throws CommandError where none runs. */
export function findServer(dataDir: string | undefined): { baseUrl: string; directory: string } {
  const directory = loadConfig({ dataDir }).dataDir;
  const run = readRun(directory);
  if (!run) throw new CommandError(EXIT.noServer, `No exchange runs on ${directory}: start it with exchange start.`);
  return { baseUrl: run.baseUrl, directory };
}

/** Throws CommandError: no server, no key for the application, or a refused token. */
export async function connect(options: ClientOptions): Promise<Client> {
  const { baseUrl, directory } = findServer(options.dataDir);
  const { issuer, tokenEndpoint } = await discover(baseUrl);
  const asked = {
    clientId: options.application,
    privateJwk: options.key === undefined ? demoKey(directory, options.application) : readKey(options.key),
    issuer,
    tokenEndpoint,
    resource: `${issuer}/${options.resource === 'data' ? 'data' : 'api'}`,
  };
  const first = await accessToken(asked, systemClock);
  let held = { token: first, since: systemClock.now() };
  return clientOf(baseUrl, first, async () => {
    if (systemClock.now() - held.since > RENEW_MS)
      held = { token: await accessToken(asked, systemClock), since: systemClock.now() };
    return held.token;
  });
}

/** Calls a server with a token that is valid at each call. */
export function clientOf(baseUrl: string, token: string, current: () => Promise<string>): Client {
  const sendAs: Client['send'] = async (path, { headers, body = '', ...sending }) => {
    const all = { authorization: `Bearer ${await current()}`, ...headers };
    return send(`${baseUrl}${path}`, { ...sending, headers: all, body });
  };
  const request: Client['request'] = (method, path, headers = {}, body = '') => sendAs(path, { method, headers, body });
  return { baseUrl, token, request, send: sendAs };
}

/** The issuer may be a public name that this machine can't reach, so only the path of its token endpoint is used. */
export async function discover(baseUrl: string): Promise<{ issuer: string; tokenEndpoint: string }> {
  const path = '/.well-known/oauth-authorization-server';
  const reply = await send(`${baseUrl}${path}`, { method: 'GET', headers: {}, body: '' });
  if (reply.status !== 200) throw new CommandError(EXIT.noServer, `The server is not ready (${reply.status}).`);
  const metadata = expectSuccess(reply, Type.Object({ issuer: Type.String(), token_endpoint: Type.String() }));
  return { issuer: metadata.issuer, tokenEndpoint: baseUrl + new URL(metadata.token_endpoint).pathname };
}

function demoKey(directory: string, application: string): PrivateJwk {
  const text = readPrivateFile(demoFilePath(directory));
  if (text === undefined)
    throw new CommandError(EXIT.usage, "No demo is loaded here: give the application's key by --key.");
  const { applications } = JSON.parse(text) as DemoFile;
  const found = applications.find(({ clientId }) => clientId === application);
  if (found) return found.privateJwk;
  const names = applications.map(({ clientId }) => clientId).join(', ');
  throw new CommandError(EXIT.usage, `The demo has no application ${application}; it has ${names}.`);
}

function readKey(path: string): PrivateJwk {
  return parseKey(path, existsSync(path) ? readFileSync(path, 'utf8') : '');
}

/** The body of a success, where it has this shape. Throws CommandError with the problem's text and its faults, or where the shape is another. */
export function expectSuccess<S extends TSchema>(reply: Reply, shape: S): Static<S> {
  const body = parseObject(reply.text);
  if (reply.status >= 200 && reply.status < 300) {
    if (Check(shape, body)) return body;
    throw new CommandError(EXIT.refused, 'The reply is not in the form that this version of the command reads.');
  }
  const lines = Check(FAULTS, body) ? body.errors.map((fault) => `  ${faultText(fault)}`) : [];
  const head = `${reply.status} ${body.code ?? ''}: ${body.detail ?? body.title ?? 'refused'}`;
  throw new CommandError(reply.status === 503 ? EXIT.noServer : EXIT.refused, [head, ...lines].join('\n'));
}

const FAULTS = Type.Object({ errors: Type.Array(Type.Record(Type.String(), Type.String())) });

function faultText({ parameter, pointer = '', reason, expected, suggestion }: Record<string, string>): string {
  const wanted = expected === undefined ? '' : ` (expected ${expected})`;
  const meant = suggestion === undefined ? '' : `; did you mean ${suggestion}?`;
  return `${parameter ?? pointer}: ${reason}${wanted}${meant}`;
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}
