import { isIPv6 } from 'node:net';
import { parse } from 'content-type';
import { type buildConnector, Pool } from 'undici';
import type { ReachedUpstream } from '../../../access/upstreams/resolve-upstream.js';
import { isBelow } from '../../../catalog/upstream-path.js';
import { errorCode, Problem } from '../../../platform/errors.js';
import { parseExactly } from '../exact-json.js';
import { Unreadable } from '../source.js';

const SLOW = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'UND_ERR_CONNECT_TIMEOUT', 'ETIMEDOUT']);
const UNREACHABLE = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH']);
const UNTRUSTED = /^(CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|ERR_TLS|ERR_SSL|EPROTO)/;

export interface ApiLimits {
  /** ms for a whole call, from the connection to the last byte. */
  timeoutMs: number;
  bytesAtMost: number;
  connections: number;
}

/** A department's API, at the one address that was checked. */
export interface Api {
  call(request: ApiRequest): Promise<ApiReply>;
  close(): Promise<void>;
}

interface ApiRequest {
  /** Whole, with its query. Must be below the upstream's prefix. */
  path: string;
  /** Sent as JSON by POST. */
  body?: unknown;
  /** Added to the headers of every call. */
  headers?: Readonly<Record<string, string>>;
  /** Stricter than the limits of all calls. */
  limits?: Pick<ApiLimits, 'timeoutMs' | 'bytesAtMost'>;
}

interface ApiReply {
  value: unknown;
  bytes: Buffer;
}

/**
 * Opens a pool of connections to the pinned address; it connects later. Redirects are not followed. A reply must have
 * status 200 and be JSON in UTF-8 without content encoding; anything else is a failure with one reason.
 */
export function openApi(reached: ReachedUpstream, limits: ApiLimits): Api {
  const { upstream, address, tls } = reached;
  const host = isIPv6(address) ? `[${address}]` : address;
  const pool = new Pool(`${tls === undefined ? 'http' : 'https'}://${host}:${upstream.port}`, {
    connections: limits.connections,
    connect: { ...(tls as buildConnector.BuildOptions), timeout: limits.timeoutMs }, // node:tls accepts them unchanged
    headersTimeout: limits.timeoutMs,
    bodyTimeout: limits.timeoutMs,
    maxHeaderSize: 16_384,
  });
  const headers = headersOf(reached);
  return {
    call: async (request) => {
      if (!isBelow(request.path, upstream.pathPrefix)) throw leaves();
      return call(pool, { ...request, headers: { ...request.headers, ...headers } }, request.limits ?? limits).catch(
        (error) => Promise.reject(apiProblem(error)),
      );
    },
    close: () => pool.destroy(),
  };
}

/** `/v2` + `/people?page=1` */
export function apiPath({ upstream }: ReachedUpstream, path: string): string {
  return `${upstream.pathPrefix ?? ''}${path}`;
}

function headersOf({ upstream, secret, tls }: ReachedUpstream): Record<string, string> {
  const standard = upstream.port === (tls === undefined ? 80 : 443);
  return {
    host: standard ? upstream.host : `${upstream.host}:${upstream.port}`,
    accept: 'application/json',
    'accept-encoding': 'identity',
    ...secretHeader(secret),
  };
}

function secretHeader(secret: ReachedUpstream['secret']): Record<string, string> {
  if (secret === undefined) return {};
  switch (secret.kind) {
    case 'bearer':
      return { authorization: `Bearer ${secret.token}` };
    case 'header':
      return { [secret.header]: secret.value };
    case 'password': {
      const pair = Buffer.from(`${secret.user}:${secret.password}`).toString('base64');
      return { authorization: `Basic ${pair}` };
    }
  }
}

async function call(
  pool: Pool,
  { path, body, headers }: { path: string; body?: unknown; headers: Record<string, string> },
  { timeoutMs, bytesAtMost }: Pick<ApiLimits, 'timeoutMs' | 'bytesAtMost'>,
): Promise<ApiReply> {
  const reply = await pool.request({
    path,
    method: body === undefined ? 'GET' : 'POST',
    headers: body === undefined ? headers : { ...headers, 'content-type': 'application/json' },
    body: body === undefined ? null : JSON.stringify(body),
    signal: AbortSignal.timeout(timeoutMs),
  });
  const refused = refusedReply(reply.statusCode, reply.headers, bytesAtMost);
  if (refused !== undefined) {
    reply.body.on('error', () => {}).destroy();
    throw refused;
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of reply.body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bytesAtMost) throw tooLarge(bytesAtMost);
    chunks.push(chunk);
  }
  const bytes = Buffer.concat(chunks);
  return { value: parsed(bytes), bytes };
}

function refusedReply(
  status: number,
  headers: Record<string, string | string[] | undefined>,
  bytesAtMost: number,
): Problem | undefined {
  if (status === 401 || status === 403)
    return new Problem('upstream-refused', 'The interface refuses our credentials.');
  if (status >= 300 && status < 400) return failed('answered with a redirect, which is not followed');
  if (status !== 200) return failed(`answered with status ${status}`);
  const { type } = parse(String(headers['content-type'] ?? ''));
  if (!/^application\/([a-z0-9.+-]+\+)?json$/.test(type)) return failed('answered something that is not JSON');
  if (headers['content-encoding'] !== undefined && headers['content-encoding'] !== 'identity') {
    return failed('answered with an encoding that was not asked for');
  }
  return Number(headers['content-length'] ?? 0) > bytesAtMost ? tooLarge(bytesAtMost) : undefined;
}

function parsed(bytes: Buffer): unknown {
  try {
    return parseExactly(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw failed('answered something that is not JSON'); // the parser's text quotes the reply
  }
}

/** The secret goes nowhere else. */
function leaves(): Problem {
  return new Problem('upstream-refused', 'The path leaves what was approved of the upstream.');
}

function failed(what: string): Problem {
  return new Problem('upstream-failed', `The interface ${what}.`);
}

function tooLarge(bytesAtMost: number): Problem {
  return failed(`answered with more than ${bytesAtMost} bytes`);
}

/** The error that is reported for a failed call: one clear reason, never the API's own text. */
function apiProblem(error: unknown): Problem | Unreadable {
  if (error instanceof Problem || error instanceof Unreadable) return error;
  const known = errorCode(error) ?? '';
  if ((error instanceof Error && error.name === 'TimeoutError') || SLOW.has(known)) {
    return new Problem('upstream-failed', 'The interface took too long to answer.', { cause: error });
  }
  if (UNREACHABLE.has(known)) {
    return new Problem('upstream-failed', 'The interface is not reachable.', { cause: error });
  }
  if (UNTRUSTED.test(known)) {
    return new Problem('upstream-refused', "The interface's TLS certificate does not hold.", { cause: error });
  }
  return new Problem('upstream-failed', 'The interface broke off.', { cause: error });
}
