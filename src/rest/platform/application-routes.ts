import type { FastifyInstance } from 'fastify';
import type { ApplicationDraft } from '../../access/identity/check-application.js';
import { disableApplication, registerApplication } from '../../access/identity/register-application.js';
import type { Application } from '../../access/identity/subject.js';
import { requireApplication } from '../../access/policy/require-role.js';
import type { Exchange } from '../../exchange/exchange.js';
import { Problem } from '../../platform/errors.js';
import { validateStrictly } from '../data/body-schema.js';
import { idempotent } from '../http/idempotency.js';
import { withReceipt } from '../http/request.js';
import { applicationSchemas } from './access-schemas.js';
import { byOperator, created } from './platform-call.js';

const PATH = '/api/v1/applications';

/** Registering and disabling is for operators; an application sees itself, operators and auditors see all. */
export async function applicationRoutes(app: FastifyInstance, { exchange }: { exchange: Exchange }): Promise<void> {
  validateStrictly(app);

  app.get(PATH, { schema: applicationSchemas.list }, async (request, reply) => {
    const caller = requireApplication(exchange, request.subject);
    const all = [...exchange.policy.current().applications.values()];
    return reply.send({ data: all.filter((one) => maySee(caller, one)) });
  });

  app.get<{ Params: { clientId: string } }>(
    `${PATH}/:clientId`,
    { schema: applicationSchemas.one },
    async (request, reply) => {
      const caller = requireApplication(exchange, request.subject);
      const found = exchange.policy.current().applications.get(request.params.clientId);
      if (found === undefined || !maySee(caller, found)) throw new Problem('not-found');
      return reply.send({ data: found });
    },
  );

  app.post<{ Body: Omit<ApplicationDraft, 'roles'> & Partial<ApplicationDraft> }>(
    PATH,
    { schema: applicationSchemas.register },
    async (request, reply) => {
      const by = byOperator(exchange, request);
      const kept = await idempotent(exchange, request, undefined, async () => {
        const draft = { ...request.body, roles: request.body.roles ?? [] };
        const { application, receipt } = await registerApplication(exchange, draft, by);
        return created(application, receipt, `${PATH}/${application.clientId}`);
      });
      return reply.code(kept.status).headers(kept.headers).send(kept.body);
    },
  );

  app.post<{ Params: { clientId: string } }>(
    `${PATH}/:clientId/disable`,
    { schema: applicationSchemas.disable },
    async (request, reply) => {
      const by = byOperator(exchange, request);
      const { clientId } = request.params;
      const { application, receipt } = await disableApplication(exchange, clientId, by);
      return withReceipt(reply, receipt).send({ data: application });
    },
  );
}

function maySee(caller: Application, other: Application): boolean {
  return caller.clientId === other.clientId || caller.roles.some((role) => role === 'operator' || role === 'auditor');
}
