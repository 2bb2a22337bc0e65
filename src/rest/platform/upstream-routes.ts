import type { FastifyInstance } from 'fastify';
import type { Application } from '../../access/identity/subject.js';
import { requireApplication } from '../../access/policy/require-role.js';
import { approveUpstream, withdrawUpstream } from '../../access/upstreams/change-upstream.js';
import { type Upstream, type UpstreamDraft, upstreamId } from '../../access/upstreams/upstream.js';
import type { Exchange } from '../../exchange/exchange.js';
import { Problem } from '../../platform/errors.js';
import { bodySchema, validateStrictly } from '../data/body-schema.js';
import { withReceipt } from '../http/request.js';
import { byOperator } from './platform-call.js';

const PATH = '/api/v1/upstreams';
const ONE = `${PATH}/:publisher/:name`;
const slug = { type: 'string', maxLength: 63, pattern: '^[a-z][a-z0-9-]{0,62}$' };
const params = { type: 'object', required: ['publisher', 'name'], properties: { publisher: slug, name: slug } };

interface Named {
  Params: { publisher: string; name: string };
}
type Body = Omit<UpstreamDraft, 'private' | 'secret'> & Partial<UpstreamDraft>;

/** Approving and withdrawing is for operators; a department sees its own upstreams, operators and auditors see all. Secrets are never here. */
export async function upstreamRoutes(app: FastifyInstance, { exchange }: { exchange: Exchange }): Promise<void> {
  validateStrictly(app);

  app.get(PATH, async (request, reply) => {
    const caller = requireApplication(exchange, request.subject);
    const all = [...exchange.policy.current().upstreams.values()];
    return reply.send({ data: all.filter((one) => maySee(caller, one)) });
  });

  app.get<Named>(ONE, { schema: { params } }, async (request, reply) => {
    const caller = requireApplication(exchange, request.subject);
    const { publisher, name } = request.params;
    const found = exchange.policy.current().upstreams.get(upstreamId(publisher, name));
    if (found === undefined || !maySee(caller, found)) throw new Problem('not-found');
    return reply.send({ data: found });
  });

  app.put<Named & { Body: Body }>(ONE, { schema: { params, body: bodySchema('upstream') } }, async (request, reply) => {
    const by = byOperator(exchange, request);
    const draft: UpstreamDraft = { private: false, secret: true, ...request.body };
    const { upstream, receipt } = await approveUpstream(exchange, { ...request.params, draft }, by);
    return withReceipt(reply, receipt).send({ data: upstream });
  });

  app.delete<Named>(ONE, { schema: { params } }, async (request, reply) => {
    const by = byOperator(exchange, request);
    const { upstream, receipt } = await withdrawUpstream(exchange, request.params, by);
    return withReceipt(reply, receipt).send({ data: upstream });
  });
}

function maySee(caller: Application, upstream: Upstream): boolean {
  return (
    caller.department === upstream.publisher || caller.roles.some((role) => role === 'operator' || role === 'auditor')
  );
}
