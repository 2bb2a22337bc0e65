import { randomUUID } from 'node:crypto';
import helmet from '@fastify/helmet';
import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import type { AuthorizationServer } from './access/identity/authorization-server.js';
import type { Secrets } from './access/sign-in/secrets.js';
import type { Checkpoints } from './audit/checkpoint.js';
import { answer } from './exchange/answer.js';
import type { Exchange } from './exchange/exchange.js';
import { graphqlRoutes } from './graphql/route.js';
import type { Readiness } from './platform/health/readiness.js';
import type { Telemetry } from './platform/telemetry.js';
import { continueWhenRead, holdContinue } from './rest/entrance/continue.js';
import { openGuard } from './rest/entrance/guard.js';
import { refuseMalformed, refuseOddRequests } from './rest/entrance/malformed.js';
import { originForm } from './rest/entrance/target.js';
import { type Entrance, requireSubject } from './rest/http/hooks.js';
import { parseJsonBodies } from './rest/http/json-bodies.js';
import { asProblem, installProblems, sendProblem } from './rest/http/problem.js';
import { serveOperations } from './rest/http/serve-operations.js';
import { type Admit, limitInFlight } from './rest/in-flight/in-flight.js';
import type { OperationContext } from './rest/operation.js';
import { datasetOperations, openOperations, platformOperations } from './rest/operations.js';
import { publicPages } from './rest/pages/public-pages.js';
import { referencePages } from './rest/pages/reference-pages.js';
import { standardPages } from './rest/pages/standard-pages.js';
import { mountAuthorizationServer } from './rest/platform/authorization-server.js';
import { recordDenials } from './rest/platform/platform-call.js';
import { signInPages } from './rest/sign-in/sign-in-pages.js';

export interface Doors {
  exchange: Exchange;
  checkpoints: Checkpoints;
  entrance: Entrance;
  readiness: Readiness;
  authorization: AuthorizationServer;
  secrets: Secrets;
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
  mountAuthorizationServer(app, doors.authorization, entrance);
  await app.register((pages) => openPages(pages, context, doors));
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

function contextOf({
  exchange,
  checkpoints,
  readiness,
  secrets,
  entrance,
  telemetry: { registry },
}: Doors): OperationContext {
  const metrics = async () => ({ contentType: registry.contentType, text: await registry.metrics() });
  return { exchange, checkpoints, sessions: entrance.sessions, secrets, running: new Set(), readiness, metrics };
}

/** What surrounds every route: limits, problems, headers, logs and counters. */
function openApp(doors: Doors): { app: FastifyInstance; admit: Admit } {
  const { exchange, entrance, readiness, telemetry, logger } = doors;
  const { config, clock, policy, queue } = exchange;
  const { publicUrl } = config;
  const guard = openGuard({ ...entrance, readiness });
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
    http: {
      maxHeaderSize: 16_384,
      headersTimeout: 15_000,
      connectionsCheckingInterval: 5_000,
      requireHostHeader: false, // the guard refuses, with a problem
    },
    routerOptions: { maxParamLength: 200, caseSensitive: true, ignoreTrailingSlash: false },
    // What is on its way while the doors close is still answered.
    return503OnClosing: false,
    rewriteUrl: originForm,
    frameworkErrors: (error, request, reply) =>
      void sendProblem(reply, guard.enter(request, reply) ?? asProblem(error, request), publicUrl),
    clientErrorHandler: (error, socket) => refuseMalformed(error, socket, publicUrl),
  });
  refuseOddRequests(app.server, publicUrl);
  holdContinue(app.server);
  installProblems(app, publicUrl);
  parseJsonBodies(app);
  app.addHook('onRoute', continueWhenRead);
  // A timer per request is expensive: the statement timeout and the log bound reads, and deliveries may take long.
  app.addHook('onRoute', (route) => {
    if (route.config?.bounded !== true) route.handlerTimeout ??= HANDLER_MS;
  });
  const admit = limitInFlight(app, { config, clock, policy, queue, telemetry });
  guard.install(app);
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
async function openPages(app: FastifyInstance, context: OperationContext, doors: Doors): Promise<void> {
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
  const { authorization, secrets, entrance } = doors;
  await app.register(signInPages, { exchange, authorization, secrets, refusals: entrance.refusals });
  await app.register(serveOperations, { operations: openOperations, context });
}
