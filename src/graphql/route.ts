import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import mercurius from 'mercurius';
import { requireApplication } from '../access/policy/require-application.js';
import type { AnswerFunction } from '../exchange/answer.js';
import { receiptHeader } from '../exchange/answering/receipt-header.js';
import { callOf } from '../exchange/call.js';
import type { Exchange } from '../exchange/exchange.js';
import { negotiate } from '../platform/accept.js';
import { Problem } from '../platform/errors.js';
import { loadStandard } from '../standard/standard.js';
import { Documents } from './document.js';
import { errorOfProblem, Refusal } from './error.js';
import { LIMITS } from './limits.js';
import { type GraphqlRequest, type Parsed, parseRequest } from './parse.js';
import { type Execute, present, presentErrors } from './present.js';
import { requestOfBody, requestOfQuery } from './request.js';
import { buildSchema } from './schema.js';

export interface GraphqlOptions {
  exchange: Exchange;
  answer: AnswerFunction;
}

/** `POST` and `GET /graphql/v{major of the standard}`. mercurius holds the schema and executes; the route is ours. */
export async function graphqlRoutes(app: FastifyInstance, { exchange, answer }: GraphqlOptions): Promise<void> {
  const { major } = loadStandard();
  const current = await followCatalog(app, exchange, major);
  const serve = (request: FastifyRequest, reply: FastifyReply, read: () => GraphqlRequest) =>
    respond(app, { exchange, answer, documents: current, request, reply, read });
  // We parse the text: errors of fastify's JSON parser quote the body.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  const path = `/graphql/v${major}`;
  app.post(path, { bodyLimit: LIMITS.bodyBytes }, (request, reply) =>
    serve(request, reply, () => requestOfBody(request.body)),
  );
  app.get(path, { exposeHeadRoute: false }, (request, reply) =>
    serve(request, reply, () => requestOfQuery(request.query)),
  );
}

/** Returns the documents of the catalog in force. The schema is rebuilt at the first request after a change, never during a request. */
async function followCatalog(app: FastifyInstance, exchange: Exchange, major: number): Promise<() => Documents> {
  const { introspection } = exchange.config;
  let documents = new Documents(buildSchema(exchange.policy.current().catalog, major), introspection);
  await app.register(mercurius, {
    schema: documents.index.schema,
    routes: false,
    graphiql: false,
    cache: 256,
    graphql: { parseOptions: { maxTokens: LIMITS.tokens } },
    errorFormatter: (execution) => ({ statusCode: 200, response: execution }),
  });
  return () => {
    const { catalog } = exchange.policy.current();
    if (catalog.hash !== documents.index.hash) {
      documents = new Documents(buildSchema(catalog, major), introspection);
      app.graphql.replaceSchema(documents.index.schema);
    }
    return documents;
  };
}

/** GraphQL over HTTP, "Legacy watershed": the new type is for those who name it, `application/json` for the rest. */
const RESPONSE_TYPES = ['application/json', 'application/graphql-response+json'] as const;
type ResponseType = (typeof RESPONSE_TYPES)[number];

interface Serving extends GraphqlOptions {
  documents: () => Documents;
  request: FastifyRequest;
  reply: FastifyReply;
  read: () => GraphqlRequest;
}

async function respond(app: FastifyInstance, serving: Serving): Promise<FastifyReply> {
  const { exchange, answer, documents, request, reply, read } = serving;
  const { introspection, sensitiveInUrl } = exchange.config;
  const mediaType = negotiate(request.headers.accept, RESPONSE_TYPES);
  try {
    const asked = read();
    const parsed = parseRequest(asked, {
      documents: documents(),
      catalog: exchange.policy.current().catalog,
      suggestions: introspection,
      refusePersonal: request.method === 'GET' && sensitiveInUrl === 'refuse',
    });
    const execute = executor(app, asked, parsed);
    if (parsed.asks.length === 0) {
      // No dataset is decided on, so nothing else asks whether the application is still active.
      requireApplication(exchange, request.subject, 'data');
      const { status, body } = await present(parsed, [], execute);
      return send(reply, mediaType, status, body);
    }
    const { subject, id, ip, recipient } = request;
    const call = callOf(request.headers, { subject, request: id, address: ip, recipient });
    const { status, body, receipt } = await answer(exchange, call, parsed.asks, {
      event: 'graphql.read',
      present: (outcomes) => present(parsed, outcomes, execute),
    });
    return send(reply.header('exchange-receipt', receiptHeader(receipt)), mediaType, status, body);
  } catch (error) {
    return sendError(reply, error, { mediaType, method: request.method });
  }
}

function executor(app: FastifyInstance, { variables, operationName }: GraphqlRequest, parsed: Parsed): Execute {
  return async (context) => {
    const values = parsed.hasVariables ? { ...variables } : undefined;
    try {
      return await app.graphql(parsed.prepared.text, { ...context }, values, operationName);
    } catch (cause) {
      // The document was just valid: the catalog changed in between.
      throw new Problem('unavailable', 'The catalog has just changed.', { retryAfter: 1, cause });
    }
  };
}

function send(reply: FastifyReply, mediaType: ResponseType, status: number, body: Buffer | string): FastifyReply {
  reply.header('vary', 'Accept');
  return reply.code(status).type(`${mediaType}; charset=utf-8`).send(body);
}

/**
 * A refusal of a well-formed request is 200 under application/json (a client can't distinguish our 4xx from a proxy's there); under the new type it
 * has its own status. Under both, these keep their status: a body that is no GraphQL request, a mutation by GET, and what may be tried again. Errors
 * that the app handles itself (401 with its challenge, failures) are rethrown.
 */
function sendError(
  reply: FastifyReply,
  error: unknown,
  { mediaType, method }: { mediaType: ResponseType; method: string },
): FastifyReply {
  const json = mediaType === 'application/json';
  if (error instanceof Refusal) {
    const byGet = error.status === 405 && method === 'GET';
    if (byGet) reply.header('allow', 'POST');
    const status = error.status === 405 && !byGet ? 400 : error.status;
    return send(reply, mediaType, json && !error.malformed && !byGet ? 200 : status, presentErrors(error.errors));
  }
  if (!(error instanceof Problem) || error.code === 'unauthenticated' || error.code === 'internal') throw error;
  if (error.retryAfter !== undefined) reply.header('retry-after', String(error.retryAfter));
  const status = json && error.status < 429 && error.code !== 'bad-header' ? 200 : error.status;
  return send(reply, mediaType, status, presentErrors([errorOfProblem(error)]));
}
