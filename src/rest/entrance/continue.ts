import type { IncomingMessage, Server } from 'node:http';
import type { RouteOptions } from 'fastify';

const waiting = new WeakSet<IncomingMessage>();

/** `Expect: 100-continue` (RFC 9110, 10.1.1): the sender is asked for its body only when a route is about to read it. */
export function holdContinue(server: Server): void {
  server.on('checkContinue', (request, response) => {
    waiting.add(request);
    server.emit('request', request, response);
  });
}

export function continueBody(raw: IncomingMessage, response: { writeContinue(): void }): void {
  if (waiting.delete(raw)) response.writeContinue();
}

const BODILESS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** For the hook `onRoute`. */
export function continueWhenRead(route: RouteOptions): void {
  const methods = [route.method].flat();
  if (methods.every((method) => BODILESS.has(method))) return;
  route.preParsing = [
    (request, reply, payload, done) => {
      continueBody(request.raw, reply.raw);
      done(null, payload);
    },
    ...[route.preParsing ?? []].flat(),
  ];
}
