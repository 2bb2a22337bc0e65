import type { FastifyInstance } from 'fastify';
import type { GrantDraft } from '../../access/grants/draft-grant.js';
import type { Grant } from '../../access/grants/grant.js';
import { issueGrant } from '../../access/grants/issue-grant.js';
import { revokeGrant } from '../../access/grants/revoke-grant.js';
import type { Application } from '../../access/identity/subject.js';
import { requireApplication } from '../../access/policy/require-role.js';
import type { Exchange } from '../../exchange/exchange.js';
import { Problem } from '../../platform/errors.js';
import { validateStrictly } from '../data/body-schema.js';
import { idempotent } from '../http/idempotency.js';
import { withReceipt } from '../http/request.js';
import { grantSchemas } from './access-schemas.js';
import { byOperator, created } from './platform-call.js';

const PATH = '/api/v1/grants';

/** Grants: issued directly in the demo only, revoked by operators; an application sees its own, operators and auditors see all. */
export async function grantRoutes(app: FastifyInstance, { exchange }: { exchange: Exchange }): Promise<void> {
  validateStrictly(app);

  app.get(PATH, { schema: grantSchemas.list }, async (request, reply) => {
    const caller = requireApplication(exchange, request.subject);
    const all = [...exchange.policy.current().grants.values()];
    const data = all.filter((grant) => maySee(caller, grant)).map(shown);
    return reply.send({ data });
  });

  app.get<{ Params: { id: string } }>(`${PATH}/:id`, { schema: grantSchemas.one }, async (request, reply) => {
    const caller = requireApplication(exchange, request.subject);
    const found = exchange.policy.current().grants.get(request.params.id);
    if (found === undefined || !maySee(caller, found)) throw new Problem('not-found');
    return reply.send({ data: shown(found) });
  });

  app.post<{ Body: GrantDraft }>(PATH, { schema: grantSchemas.issue }, async (request, reply) => {
    const by = byOperator(exchange, request);
    if (!exchange.config.demo) {
      throw new Problem(
        'forbidden',
        'A grant needs an access request and a decision by another person of the publisher',
      );
    }
    const kept = await idempotent(exchange, request, undefined, async () => {
      const { grant, receipt } = await issueGrant(exchange, request.body, by);
      return created(shown(grant), receipt, `${PATH}/${grant.id}`);
    });
    return reply.code(kept.status).headers(kept.headers).send(kept.body);
  });

  app.post<{ Params: { id: string } }>(
    `${PATH}/:id/revoke`,
    { schema: grantSchemas.revoke },
    async (request, reply) => {
      const by = byOperator(exchange, request);
      const { grant, receipt } = await revokeGrant(exchange, request.params.id, by);
      return withReceipt(reply, receipt).send({ data: shown(grant) });
    },
  );
}

function maySee(caller: Application, grant: Grant): boolean {
  return (
    caller.clientId === grant.application || caller.roles.some((role) => role === 'operator' || role === 'auditor')
  );
}

/** Without the name that the linkage key is derived from: nobody outside has a use for it. */
function shown({ linkage: _, ...grant }: Grant): Omit<Grant, 'linkage'> {
  return grant;
}
