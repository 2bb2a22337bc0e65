import type { FastifyInstance, FastifyRequest } from 'fastify';
import { requireApplication, requireRole } from '../../access/policy/require-role.js';
import type { Actor } from '../../audit/entry.js';
import { describeContract, summarizeContract } from '../../catalog/describe.js';
import type { Exchange } from '../../exchange/exchange.js';
import { type CatalogDocuments, planCatalog } from '../../exchange/publishing/plan-catalog.js';
import { publishCatalog } from '../../exchange/publishing/publish-contract.js';
import { type Fault, Problem } from '../../platform/errors.js';
import { nearMiss } from '../../platform/near-miss.js';
import { idempotent } from '../http/idempotency.js';
import { catalogSchemas } from './catalog-schemas.js';

const JSON_TYPE = 'application/json; charset=utf-8';
const BODY_LIMIT_BYTES = 4 * 1024 * 1024;
const LISTS = ['contracts', 'publishers', 'purposes'] as const;
const MOST_DOCUMENTS = 500;

interface ContractParams {
  publisher: string;
  dataset: string;
  major: string;
}

/** `/api/v1/catalog`: reading is for any authenticated application, checking and publishing for operators. */
export async function catalogRoutes(app: FastifyInstance, { exchange }: { exchange: Exchange }): Promise<void> {
  app.get('/api/v1/catalog', { schema: catalogSchemas.list }, async (request, reply) => {
    requireApplication(exchange, request.subject);
    const { catalog } = exchange.policy.current();
    const data = [...catalog.contracts.values()].map((contract) => summarizeContract(contract, catalog));
    return reply.send({ data, hash: catalog.hash });
  });

  const one = '/api/v1/catalog/:publisher/:dataset/v:major';
  app.get<{ Params: ContractParams }>(one, { schema: catalogSchemas.one }, async (request, reply) => {
    requireApplication(exchange, request.subject);
    const { publisher, dataset, major } = request.params;
    const { catalog } = exchange.policy.current();
    const contract = catalog.contracts.get(`${publisher}/${dataset}/v${major}`);
    if (contract === undefined) throw new Problem('not-found');
    return reply.send({ data: describeContract(contract, catalog) });
  });

  const taking = { bodyLimit: BODY_LIMIT_BYTES };
  app.post('/api/v1/catalog/check', { ...taking, schema: catalogSchemas.check }, async (request, reply) => {
    requireRole(exchange, request.subject, 'operator');
    const plan = planCatalog(documentsOf(request.body), exchange.policy.current().catalog);
    const published = [
      ...plan.publishers.map(({ slug }) => ({ kind: 'publisher', id: slug })),
      ...plan.purposes.map(({ code }) => ({ kind: 'purpose', id: code })),
      ...plan.contracts.map(({ contract }) => ({ kind: 'contract', id: contract.id })),
    ];
    return reply.send({ published, unchanged: plan.unchanged });
  });

  app.post('/api/v1/catalog', { ...taking, schema: catalogSchemas.publish }, async (request, reply) => {
    const authorise = () => requireRole(exchange, request.subject, 'operator');
    const actor = actorOf(request, authorise());
    const kept = await idempotent(exchange, request, undefined, async () => {
      const report = await publishCatalog(exchange, documentsOf(request.body), {
        actor,
        request: request.id,
        authorise,
      });
      return { status: 200, headers: { 'content-type': JSON_TYPE }, body: JSON.stringify(report) };
    });
    return reply.code(kept.status).headers(kept.headers).send(kept.body);
  });
}

function actorOf(request: FastifyRequest, application: { clientId: string; department: string }): Actor {
  const { issuer, sub } = request.subject;
  return { issuer, subject: sub, application: application.clientId, department: application.department };
}

/** `{contracts, publishers, purposes}`, each a list of documents, any of them absent. */
function documentsOf(body: unknown): CatalogDocuments {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new Problem('bad-body', undefined, { faults: [{ pointer: '', reason: 'not an object' }] });
  }
  const faults: Fault[] = [];
  for (const [name, value] of Object.entries(body)) {
    const pointer = `/${name}`;
    if (!(LISTS as readonly string[]).includes(name)) {
      const suggestion = nearMiss(name, LISTS);
      faults.push({ pointer, reason: 'not known here', ...(suggestion === undefined ? {} : { suggestion }) });
    } else if (!Array.isArray(value) || value.length > MOST_DOCUMENTS) {
      faults.push({ pointer, reason: 'not a list', expected: `a list of at most ${MOST_DOCUMENTS} documents` });
    }
  }
  if (faults.length > 0) throw new Problem('bad-body', undefined, { faults });
  return body as CatalogDocuments;
}
