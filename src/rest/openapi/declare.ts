import type { FastifyInstance, FastifySchema } from 'fastify';
import { COMMA_SEPARATED } from './dataset/dataset-parameters.js';
import { ALWAYS } from './headers.js';
import type { WrittenOperation } from './openapi-document.js';
import type { Caller, Operation } from './operation.js';
import { headerRefs, problemRef } from './problems.js';
import type { Schema } from './schema.js';

const SECURITY: Readonly<Record<Caller, Record<string, string[]>[]>> = {
  application: [{ oauth2: [] }, { accessToken: [] }],
  anyone: [{}],
  client: [{ clientAssertion: [] }],
};

/** What an operation can end in beside its own replies. */
const ENDINGS: Readonly<Record<Caller, readonly number[]>> = {
  application: [400, 401, 429, 500, 503, 504],
  anyone: [400, 500, 503, 504],
  client: [500, 503],
};

/** Declares one operation as a typed route, from which @fastify/swagger writes its part of the document. */
export function declare(app: FastifyInstance, operation: Operation): void {
  const { method, path, pathParameters, query, requiredQuery = [], body } = operation;
  const schema: FastifySchema = {
    operationId: operation.id,
    tags: [operation.tag],
    summary: operation.summary,
    description: operation.description ?? Object.values(operation.replies)[0]!.description,
    security: SECURITY[operation.caller],
    ...(pathParameters === undefined ? {} : { params: parameters(pathParameters, Object.keys(pathParameters)) }),
    ...(query === undefined ? {} : { querystring: parameters(query, requiredQuery) }),
    ...(body === undefined ? {} : { body: { content: contents(body) } }),
    response: Object.fromEntries(
      Object.entries(operation.replies).map(([status, { description, content }]) => [
        status,
        content === undefined ? { type: 'null', description } : { description, content: contents(content) },
      ]),
    ),
  };
  app.route({ method, url: path, schema, exposeHeadRoute: false, handler: () => undefined });
}

function parameters(properties: Record<string, Schema>, required: readonly string[]): Schema {
  return { type: 'object', properties, required };
}

function contents(content: Record<string, Schema>): Record<string, { schema: Schema }> {
  return Object.fromEntries(Object.entries(content).map(([type, schema]) => [type, { schema }]));
}

/** Adds what the generator has no words for: references to headers and problems, what stands beside a reference, and how lists are written in a URL. */
export function complete(
  written: WrittenOperation,
  { query = {}, replies, problems = [], headers = [], caller }: Operation,
): void {
  for (const parameter of written.parameters ?? []) {
    const { description } = query[String(parameter.name)] ?? {};
    if (description !== undefined) parameter.description = description;
    if (COMMA_SEPARATED.has(String(parameter.name))) Object.assign(parameter, { style: 'form', explode: false });
  }
  const references = headers.map((name) => ({ $ref: `#/components/parameters/${name}` }));
  if (references.length > 0) written.parameters = [...(written.parameters ?? []), ...references];
  for (const [status, reply] of Object.entries(replies)) {
    written.responses[status]!.headers = headerRefs([...ALWAYS, ...(reply.headers ?? [])]);
  }
  for (const status of [...problems, ...ENDINGS[caller]]) written.responses[status] ??= problemRef(status);
}
