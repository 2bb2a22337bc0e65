import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { requireApplication } from '../../access/policy/require-role.js';
import type { Catalog } from '../../catalog/catalog.js';
import { receiptHeader } from '../../exchange/answering/receipt-header.js';
import type { Exchange } from '../../exchange/exchange.js';
import { changeCodeList } from '../../exchange/publishing/change-code-list.js';
import { Problem } from '../../platform/errors.js';
import { refuse, suggestion } from '../../query/names.js';
import type { CodeListDraft } from '../../standard/check-code-list.js';
import {
  describeElement,
  describeList,
  elementsOf,
  PARENTS,
  summarizeEntity,
  summarizeList,
} from '../../standard/describe.js';
import { entitySchema } from '../../standard/entity-schema.js';
import { validateStrictly } from '../data/body-schema.js';
import { pairsOf } from '../data/parse-url.js';
import { noParameters } from '../deliveries/delivery-request.js';
import { idempotent, type Reply } from '../http/idempotency.js';
import { queryStringOf } from '../http/request.js';
import { byOperator } from './platform-call.js';
import { standardSchemas } from './standard-schemas.js';
import { conforming, contractsWithList } from './standard-uses.js';

const PATH = '/api/v1/standard';
const JSON_TYPE = 'application/json; charset=utf-8';
const BODY_LIMIT_BYTES = 4 * 1024 * 1024;

interface Named {
  Params: { name: string };
}

/** `/api/v1/standard`: reading is for any authenticated application, changing a code list for operators. What is told is what is in force. */
export async function standardRoutes(app: FastifyInstance, { exchange }: { exchange: Exchange }): Promise<void> {
  validateStrictly(app);
  const inForce = (request: FastifyRequest): Catalog => {
    requireApplication(exchange, request.subject);
    return exchange.policy.current().catalog;
  };

  app.get(PATH, { schema: standardSchemas.overview }, async (request, reply) => {
    noParameters(request);
    const catalog = inForce(request);
    const { major, version, codeLists } = catalog.standard;
    const lists = [...codeLists.values()].map(summarizeList);
    return send(reply, { major, version, parents: PARENTS, entities: summaries(catalog), codeLists: lists });
  });
  app.get(`${PATH}/entities`, { schema: standardSchemas.entities }, async (request, reply) => {
    noParameters(request);
    return send(reply, { data: summaries(inForce(request)) });
  });
  app.get<Named>(`${PATH}/entities/:name`, { schema: standardSchemas.entity }, async (request, reply) => {
    noParameters(request);
    const catalog = inForce(request);
    return send(reply, { data: entityOf(catalog, request.params.name) });
  });
  app.get(`${PATH}/elements`, { schema: standardSchemas.elements }, async (request, reply) => {
    const { standard } = inForce(request);
    const entity = entityParameter(request, standard.entities.keys());
    return send(reply, { data: elementsOf(standard, entity).map(describeElement) });
  });
  app.get(`${PATH}/code-lists`, { schema: standardSchemas.lists }, async (request, reply) => {
    noParameters(request);
    return send(reply, { data: [...inForce(request).standard.codeLists.values()].map(summarizeList) });
  });
  app.get<Named>(`${PATH}/code-lists/:name`, { schema: standardSchemas.list }, async (request, reply) => {
    noParameters(request);
    return send(reply, { data: listOf(inForce(request), request.params.name) });
  });

  const changing = { bodyLimit: BODY_LIMIT_BYTES, schema: standardSchemas.change };
  app.put<Named & { Body: CodeListDraft }>(`${PATH}/code-lists/:name`, changing, async (request, reply) => {
    noParameters(request);
    const by = byOperator(exchange, request);
    const kept = await idempotent(exchange, request, undefined, () => change(exchange, request, by));
    return reply.code(kept.status).headers(kept.headers).send(kept.body);
  });
}

async function change(
  exchange: Exchange,
  { params: { name }, body }: FastifyRequest<Named & { Body: CodeListDraft }>,
  by: ReturnType<typeof byOperator>,
): Promise<Reply> {
  const { created, receipt, epoch, behind } = await changeCodeList(exchange, { name, draft: body }, by);
  const data = listOf(exchange.policy.current().catalog, name);
  return {
    status: created ? 201 : 200,
    headers: {
      'content-type': JSON_TYPE,
      ...(created ? { location: `${PATH}/code-lists/${name}` } : {}),
      ...(receipt === undefined ? {} : { 'exchange-receipt': receiptHeader(receipt) }),
    },
    body: JSON.stringify({ data, epoch, behind }),
  };
}

function send(reply: FastifyReply, body: object): FastifyReply {
  return reply.type(JSON_TYPE).send(JSON.stringify(body));
}

function summaries(catalog: Catalog): Record<string, unknown>[] {
  return [...catalog.standard.entities.values()].map((one) => summarizeEntity(one, conforming(catalog, one.name)));
}

function entityOf(catalog: Catalog, name: string): Record<string, unknown> {
  const entity = catalog.standard.entities.get(name);
  if (entity === undefined) throw new Problem('not-found', 'The standard has no such entity');
  return {
    ...summarizeEntity(entity, conforming(catalog, name)),
    elements: elementsOf(catalog.standard, name).map(describeElement),
    schema: entitySchema(entity, catalog.standard),
  };
}

function listOf(catalog: Catalog, name: string): Record<string, unknown> {
  const list = catalog.standard.codeLists.get(name);
  if (list === undefined) throw new Problem('not-found', 'The standard has no such code list');
  return describeList(list, catalog.standard, contractsWithList(catalog, name));
}

/** `?entity=`: at most once, and one that there is. */
function entityParameter(request: FastifyRequest, known: Iterable<string>): string | undefined {
  const pairs = pairsOf(queryStringOf(request));
  const foreign = pairs.find(({ name }) => name !== 'entity')?.name.slice(0, 100);
  if (foreign !== undefined) {
    const fault = { parameter: foreign, reason: 'unknown parameter', expected: 'entity' };
    throw refuse('unknown-parameter', 'There is no such parameter.', fault);
  }
  const [first, second] = pairs;
  const fault = { parameter: 'entity' };
  if (second !== undefined) {
    throw refuse('repeated-parameter', 'One entity at most.', { ...fault, reason: 'repeated' });
  }
  const names = [...known];
  if (first === undefined || names.includes(first.value)) return first?.value;
  const hint = suggestion(first.value, names);
  throw refuse('bad-value', 'The standard has no such entity.', { ...fault, reason: 'no such entity', ...hint });
}
