import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Callers, requireCaller } from '../../access/people/caller.js';
import {
  type Called,
  contractIdOf,
  type DatasetParams,
  type OperationContext,
  type Served,
  type Who,
} from '../operation.js';
import { authoriseRequest } from './authorise-request.js';
import { checkBody, checkParams, checkQuery } from './check-request.js';

/** The texts of a path by parameter. */
interface PathTexts {
  Params: Readonly<Record<string, string>>;
}
type Requested = FastifyRequest<PathTexts>;

/** Registers each operation as a route: first its callers, then parameters, query and body, then its handler. */
export async function serveOperations(
  app: FastifyInstance,
  { operations, context }: { operations: readonly Served[]; context: OperationContext },
): Promise<void> {
  // A body is JSON or a stream that the operation accepts; any other media type is 415.
  app.removeContentTypeParser('text/plain');
  for (const operation of operations) {
    if (operation.handler === undefined) continue;
    if (operation.streams === undefined) serve(app, operation, context);
    else await app.register(async (streaming) => serveStream(streaming, operation, context));
  }
}

function serveStream(app: FastifyInstance, operation: Served, context: OperationContext): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(Object.keys(operation.streams ?? {}), (_request, payload, done) => done(null, payload));
  // Reads the rest of the body: otherwise the sender would never read the reply.
  app.addHook('onError', async (request, reply) => {
    reply.header('connection', 'close');
    request.raw.resume();
  });
  serve(app, operation, context);
}

function serve(app: FastifyInstance, operation: Served, context: OperationContext): void {
  const { method, path, who, bodyLimitBytes, timeoutMs } = operation;
  const read = readerOf(operation);
  const callers = new WeakMap<object, unknown>();
  app.route<PathTexts>({
    method,
    url: routeOf(path),
    config: {
      public: who === 'anyone',
      ...(isCallers(who) && { who }),
      bounded: operation.bounded === true,
      streams: operation.streams !== undefined,
    },
    ...(bodyLimitBytes === undefined ? {} : { bodyLimit: bodyLimitBytes }),
    ...(timeoutMs === undefined ? {} : { handlerTimeout: timeoutMs }),
    // Before the body is read. A reader is decided by its ask, which may be in the body.
    ...(isAdmitted(who) && {
      onRequest: async (request, reply) => {
        callers.set(request, await admit(operation, { context, request, reply }));
      },
    }),
    handler: async (request, reply) => operation.handler?.(context, read(request, reply, callers.get(request))),
  });
}

/** `/a/{b}/v{c}` → `/a/:b/v:c`, `{+rest}` → `*`. */
function routeOf(path: string): string {
  return path.replaceAll(/\{\+\w+\}/g, '*').replaceAll(/\{(\w+)\}/g, ':$1');
}

interface Admitting {
  context: OperationContext;
  request: FastifyRequest;
  reply: FastifyReply;
}

/** A `reader` is decided by its ask: the handler does that and records it. */
function isAdmitted(who: Who): who is Callers | readonly ['deliverer'] {
  return isCallers(who) || who[0] === 'deliverer';
}

function isCallers(who: Who): who is Callers {
  return typeof who !== 'string' && who[0] !== 'reader' && who[0] !== 'deliverer';
}

async function admit({ who, path }: Served, { context, request, reply }: Admitting): Promise<unknown> {
  const { exchange } = context;
  if (isCallers(who))
    return requireCaller(exchange, request.subject, who, path.startsWith('/data/') ? 'data' : 'platform');
  return authoriseRequest(exchange, contractIdOf(request.params as DatasetParams), { request, reply });
}

function readerOf(operation: Served): (request: Requested, reply: FastifyReply, caller: unknown) => Called {
  const { params, malformed, query, body, path, who } = operation;
  const rest = /\{\+(\w+)\}/.exec(path)?.[1];
  const paramsOf = params === undefined ? (given: unknown) => given : checkParams(params, malformed);
  const queryOf = query === 'by contract' ? () => undefined : checkQuery(query);
  const bodyOf = body === undefined ? (given: unknown) => given : checkBody(body);
  const given = ({ params }: Requested) =>
    rest === undefined
      ? params
      : Object.fromEntries(Object.entries(params).map(([name, text]) => [name === '*' ? rest : name, text]));
  // If the handler decides, it must check the query after its decision: it calls for the query itself.
  const isLater = who[0] === 'reader';
  return (request, reply, caller) => {
    const checked = { request, reply, caller, params: paramsOf(given(request)) };
    if (isLater) return { ...checked, query: () => queryOf(request), body: bodyOf(request.body) };
    const asked = queryOf(request);
    return { ...checked, query: () => asked, body: bodyOf(request.body) };
  };
}
