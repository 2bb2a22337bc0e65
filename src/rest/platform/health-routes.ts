import type { FastifyInstance } from 'fastify';

export interface HealthOptions {
  /** Undefined when ready, else why not, in a word or two. */
  notReady(): Promise<string | undefined>;
  metrics(): Promise<{ contentType: string; text: string }>;
}

/** For operators and their probes. Ready includes the audit log: what can't be recorded can't be answered. */
export async function healthRoutes(app: FastifyInstance, { notReady, metrics }: HealthOptions): Promise<void> {
  app.get('/health/live', async (_request, reply) => reply.send({ status: 'live' }));
  app.get('/health/ready', async (_request, reply) => {
    const reason = await notReady();
    if (reason === undefined) return reply.send({ status: 'ready' });
    return reply.code(503).header('retry-after', '1').send({ status: 'not ready', reason });
  });
  app.get('/metrics', async (_request, reply) => {
    const { contentType, text } = await metrics();
    return reply.type(contentType).send(text);
  });
}
