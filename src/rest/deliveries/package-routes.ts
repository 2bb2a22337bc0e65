import type { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { requireRole } from '../../access/policy/require-role.js';
import type { Exchange } from '../../exchange/exchange.js';
import { packageRecipient, receivePackage } from '../../exchange/packages/receive-package.js';
import { noParameters, parseType } from './delivery-request.js';
import { patient, UPLOAD_MS } from './route-dataset.js';

export const PACKAGE_TYPE = 'application/vnd.civic-exchange.package';
const PATH = '/api/v1/packages';

/** Packages that crossed a gap, brought by an operator who can neither read nor change them. */
export async function packageRoutes(app: FastifyInstance, { exchange }: { exchange: Exchange }): Promise<void> {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(PACKAGE_TYPE, (_request, payload, done) => done(null, payload));

  app.get(`${PATH}/key`, { config: { public: true } }, async (request, reply) => {
    noParameters(request);
    return reply.type('text/plain; charset=utf-8').send(`${await packageRecipient(exchange)}\n`);
  });
  app.post(PATH, { handlerTimeout: UPLOAD_MS }, async (request, reply) => {
    try {
      const carrier = requireRole(exchange, request.subject, 'operator');
      noParameters(request);
      patient(request);
      const type = (contentType: string) => parseType(contentType);
      const outcome = await receivePackage(exchange, { carrier, body: request.body as Readable, parseType: type });
      return reply.code(outcome.state === 'waiting' ? 202 : 200).send({ data: outcome });
    } catch (error) {
      // What is left of the body is read away, or the carrier would never come to read the reply.
      reply.header('connection', 'close');
      request.raw.resume();
      throw error;
    }
  });
}
