import type {} from '@fastify/swagger'; // operationId, tags, summary
import type { FastifyInstance, FastifySchema } from 'fastify';
import { requireApplication } from '../access/policy/require-role.js';
import type { Exchange } from '../exchange/exchange.js';
import { describeStandard } from '../standard/describe.js';
import { loadStandard } from '../standard/standard.js';

/** `GET /api/v1/standard`: the unified community data standard, for any authenticated application. It never changes while a process runs. */
export async function standardRoutes(app: FastifyInstance, { exchange }: { exchange: Exchange }): Promise<void> {
  const body = JSON.stringify(describeStandard(loadStandard()));
  app.get('/api/v1/standard', { schema: SCHEMA }, async (request, reply) => {
    requireApplication(exchange, request.subject);
    return reply.header('cache-control', 'no-store').type('application/json; charset=utf-8').send(body);
  });
}

const SCHEMA: FastifySchema = {
  operationId: 'getStandard',
  tags: ['standard'],
  summary: 'The unified community data standard: entities, elements, code lists',
};
