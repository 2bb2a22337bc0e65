import type { FastifyInstance } from 'fastify';
import type { AuthorizationServer } from '../../access/identity/authorization-server.js';
import { programHeaders } from '../http/program-headers.js';

/**
 * The authorization server's paths. It reads the request and its body itself, so it gets the raw request before fastify
 * reads anything. The path keeps its prefix, because discovery builds its links from it.
 */
export function mountAuthorizationServer(app: FastifyInstance, server: AuthorizationServer, publicUrl: string): void {
  for (const url of server.paths) {
    app.route({
      method: ['GET', 'POST', 'OPTIONS'],
      url,
      exposeHeadRoute: false,
      onRequest: (request, reply) => {
        reply.headers(programHeaders(publicUrl)).hijack();
        for (const [name, value] of Object.entries(reply.getHeaders()))
          if (value !== undefined) reply.raw.setHeader(name, value);
        server.handler(request.raw, reply.raw, request.ip);
      },
      handler: () => {},
    });
  }
}
