import type { FastifyInstance } from 'fastify';
import type { AuthorizationServer } from '../../access/identity/authorization-server.js';
import { continueBody } from '../entrance/continue.js';
import type { Entrance } from '../http/hooks.js';
import { programHeaders } from '../http/program-headers.js';

const TOKEN = '/oauth2/token';

/**
 * The authorization server's paths. It reads the request and its body itself, so it gets the raw request before fastify
 * reads anything. The path keeps its prefix, because discovery builds its links from it.
 */
export function mountAuthorizationServer(
  app: FastifyInstance,
  server: AuthorizationServer,
  { config: { publicUrl }, connections }: Pick<Entrance, 'config' | 'connections'>,
): void {
  for (const url of server.paths) {
    app.route({
      method: ['GET', 'POST'],
      url,
      exposeHeadRoute: false,
      onRequest: (request, reply) => {
        reply.headers(programHeaders(publicUrl)).hijack();
        for (const [name, value] of Object.entries(reply.getHeaders()))
          if (value !== undefined) reply.raw.setHeader(name, value);
        reply.raw.once('finish', () => {
          if (url === TOKEN && reply.raw.statusCode === 200) connections.proven(request.raw.socket);
        });
        continueBody(request.raw, reply.raw);
        server.handler(request.raw, reply.raw, request.ip);
      },
      handler: () => {},
    });
  }
}
