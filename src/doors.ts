import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import helmet from '@fastify/helmet';
import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import type { AuthorizationServer } from './access/identity/authorization-server.js';
import type { Checkpoints } from './audit/checkpoint.js';
import { answer } from './exchange/answer.js';
import type { Exchange } from './exchange/exchange.js';
import { graphqlRoutes } from './graphql/route.js';
import type { Readiness } from './platform/health/readiness.js';
import type { Telemetry } from './platform/telemetry.js';
import { type Entrance, guardRequests, requireSubject } from './rest/http/hooks.js';
import { installProblems, PROBLEM_TYPE, problemBody } from './rest/http/problem.js';
import { serveOperations } from './rest/http/serve-operations.js';
import { type Admit, limitInFlight } from './rest/in-flight/in-flight.js';
import type { OperationContext } from './rest/operation.js';
import { datasetOperations, openOperations, platformOperations } from './rest/operations.js';
import { publicPages } from './rest/pages/public-pages.js';
import { referencePages } from './rest/pages/reference-pages.js';
import { standardPages } from './rest/pages/standard-pages.js';
import { mountAuthorizationServer } from './rest/platform/authorization-server.js';
import { recordDenials } from './rest/platform/platform-call.js';

export interface Doors {
  exchange: Exchange;
  checkpoints: Checkpoints;
  entrance: Entrance;
  readiness: Readiness;
  authorization: AuthorizationServer;
  telemetry: Telemetry;
  logger: FastifyBaseLogger;
}

const HANDLER_MS = 30_000;
const CONNECTION_MS = 120_000;
/** The limit for a whole upload too. */
const REQUEST_MS = 3_600_000;
const BODY_LIMIT_BYTES = 1_048_576;

/** Every route of the exchange on one fastify instance, not listening yet. */
export async function openDoors(doors: Doors): Promise<FastifyInstance> {
  const { exchange } = doors;
  const context = contextOf(doors);
  const { app, admit } = openApp(doors);
  const entrance = { ...doors.entrance, admit };
  app.addHook('onClose', () => Promise.allSettled(context.running));
  mountAuthorizationServer(app, doors.authorization, exchange.config.publicUrl);
  await app.register((pages) => openPages(pages, context));
  await app.register(async (data) => {
    requireSubject(data, 'data', entrance);
    await data.register(serveOperations, { operations: datasetOperations, context });
    await data.register(graphqlRoutes, { exchange, answer });
  });
  await app.register(async (platform) => {
    requireSubject(platform, 'platform', entrance);
    recordDenials(platform, { exchange });
    await platform.register(serveOperations, { operations: platformOperations, context });
  });
  return app;
}

function contextOf({ exchange, checkpoints, readiness, telemetry: { registry } }: Doors): OperationContext {
  const metrics = async () => ({ contentType: registry.contentType, text: await registry.metrics() });
  return { exchange, checkpoints, running: new Set(), readiness, metrics };
}

/** What surrounds every route: limits, problems, headers, logs and counters. */
function openApp(doors: Doors): { app: FastifyInstance; admit: Admit } {
  const { exchange, entrance, readiness, telemetry, logger } = doors;
  const { config, clock, queue } = exchange;
  const app = fastify({
    loggerInstance: logger,
    // The audit log has every access; this log has only failures.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    // The caller's address, as entries and rates have it.
    trustProxy: config.trustedProxies.length > 0 && [...config.trustedProxies],
    bodyLimit: BODY_LIMIT_BYTES,
    connectionTimeout: CONNECTION_MS,
    requestTimeout: REQUEST_MS,
    http: { maxHeaderSize: 16_384, headersTimeout: 15_000 },
    routerOptions: { maxParamLength: 200, caseSensitive: true, ignoreTrailingSlash: false },
    return503OnClosing: true,
    clientErrorHandler: (error, socket) => refuseMalformed(error, socket, config.publicUrl),
  });
  installProblems(app, config.publicUrl);
  // A timer per request is expensive: the statement timeout and the log bound reads, and deliveries may take long.
  app.addHook('onRoute', (route) => {
    if (route.config?.bounded !== true) route.handlerTimeout ??= HANDLER_MS;
  });
  const admit = limitInFlight(app, { config, clock, queue, telemetry });
  guardRequests(app, { ...entrance, readiness });
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'unknown';
    telemetry.observeRequest({ route, method: request.method, status: reply.statusCode }, reply.elapsedTime / 1_000);
    done();
  });
  return { app, admit };
}

/**
 * Pages for people, under helmet. The data and platform doors send fixed headers instead (programHeaders): helmet computes its own for each reply.
 */
async function openPages(app: FastifyInstance, context: OperationContext): Promise<void> {
  const { exchange } = context;
  await app.register(helmet, {
    // Over plain HTTP (the demo on loopback) the reply must not ask a browser to insist on TLS.
    strictTransportSecurity: exchange.config.publicUrl.startsWith('https:'),
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
      },
    },
  });
  await app.register(publicPages, { exchange });
  await app.register(standardPages, { exchange });
  await app.register(referencePages);
  await app.register(serveOperations, { operations: openOperations, context });
}

const MALFORMED: Readonly<Record<string, string>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'The request took too long to arrive.',
  HPE_HEADER_OVERFLOW: 'The path and the headers are too large: 16 KiB at most. Put a long ask in a body.',
};

/** Input that is not HTTP (raw bytes in the path, headers too large) never becomes a request; the reply is a problem all the same. */
function refuseMalformed(error: Error & { code?: string }, socket: Socket, publicUrl: string): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return;
  const detail = MALFORMED[error.code ?? ''] ?? 'The request is not valid HTTP: percent-encode what is not ASCII.';
  const body = JSON.stringify(problemBody('bad-header', { detail, request: randomUUID(), publicUrl }));
  const head = [
    'HTTP/1.1 400 Bad Request',
    `Content-Type: ${PROBLEM_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
