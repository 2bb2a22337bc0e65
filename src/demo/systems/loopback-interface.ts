import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { UpstreamDraft } from '../../access/upstreams/upstream.js';
import type { Clock } from '../../platform/clock.js';
import type { DepartmentSystem } from './department-system.js';

/** The reply to a request with the right token. */
export interface InterfaceAnswer {
  status: number;
  body: object;
}

const HOST = '127.0.0.1';
const REFUSED: InterfaceAnswer = { status: 401, body: { code: 401, data: null } };

/** A department's API on a free port of loopback, JSON only; it creates a bearer token (RFC 6750). */
export async function openInterface(
  of: Pick<DepartmentSystem, 'publisher' | 'name'>,
  clock: Clock,
  answer: (request: IncomingMessage) => Promise<InterfaceAnswer>,
): Promise<DepartmentSystem> {
  const token = clock.randomBytes(32).toString('base64url');
  const server = createServer(async (request, reply) => {
    say(reply, isAuthorised(request, token) ? await answer(request) : REFUSED);
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, HOST, resolve));
  const { port } = server.address() as AddressInfo;
  const draft: UpstreamDraft = { kind: 'http', host: HOST, port, tls: 'none', private: false, secret: true };
  return {
    ...of,
    draft,
    secret: { kind: 'bearer', token },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function isAuthorised({ headers }: IncomingMessage, token: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(headers.authorization ?? ''), digest(`Bearer ${token}`));
}

function say(reply: ServerResponse, { status, body }: InterfaceAnswer): void {
  reply.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
}
