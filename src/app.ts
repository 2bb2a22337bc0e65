import { randomUUID } from 'node:crypto';
import helmet from '@fastify/helmet';
import fastify, { type FastifyInstance } from 'fastify';
import { type AuthorizationServer, createAuthorizationServer } from './access/identity/authorization-server.js';
import { openRateLimit } from './access/identity/rate-limit.js';
import { openRefusals } from './access/identity/refusals.js';
import { openIdentity } from './access/identity/verify.js';
import { openPolicy } from './access/policy/open-policy.js';
import { type Checkpoints, openCheckpoints } from './audit/checkpoint.js';
import { openLog } from './audit/log.js';
import { answer } from './exchange/answer.js';
import { etags } from './exchange/etag.js';
import type { Exchange } from './exchange/exchange.js';
import { graphqlRoutes } from './graphql/route.js';
import type { Clock } from './platform/clock.js';
import type { Config } from './platform/config.js';
import { openDatabase } from './platform/database.js';
import type { Keys } from './platform/keys.js';
import { openReleases } from './query/releases.js';
import { openReading } from './query/run.js';
import { applicationRoutes } from './rest/application-routes.js';
import { auditRoutes } from './rest/audit-routes.js';
import { mountAuthorizationServer } from './rest/authorization-server.js';
import { catalogRoutes } from './rest/catalog-routes.js';
import { dataRoutes } from './rest/data-routes.js';
import { deliveryRoutes } from './rest/delivery-routes.js';
import { grantRoutes } from './rest/grant-routes.js';
import { healthRoutes } from './rest/health-routes.js';
import { type Entrance, guardRequests, requireSubject } from './rest/hooks.js';
import { recordDenials } from './rest/platform-call.js';
import { installProblems } from './rest/problem.js';
import { publicPages } from './rest/public-pages.js';
import { standardRoutes } from './rest/standard-routes.js';

/** A node that is composed and not yet listening. */
export interface Node {
  exchange: Exchange;
  checkpoints: Checkpoints;
  app: FastifyInstance;
  /** Why it is not ready yet, beside what it can see itself: set by the start of a demo. */
  holdBack(reason: string | undefined): void;
  close(): Promise<void>;
}

const HANDLER_MS = 30_000;
const CONNECTION_MS = 120_000;
/** Whole uploads count against this one. */
const REQUEST_MS = 3_600_000;
const BODY_LIMIT_BYTES = 1_048_576;

/** The composition root: every domain is put together here and nowhere else. The database is migrated. */
export async function composeNode(parts: {
  config: Config;
  databaseUrl: string;
  keys: Keys;
  clock: Clock;
}): Promise<Node> {
  const { config, keys, clock } = parts;
  const node = clock.uuid();
  const database = await openDatabase(parts.databaseUrl, { statementTimeoutMs: config.statementTimeoutMs });
  const log = await openLog({ database, clock, keys, node });
  const checkpoints = await openCheckpoints({
    database,
    keys,
    origin: `${new URL(config.publicUrl).host}/civic-exchange`,
  });
  const policy = await openPolicy({ database, log, clock, node });
  const releases = await openReleases(database);
  const exchange: Exchange = {
    node,
    config,
    clock,
    keys,
    database,
    log,
    policy,
    releases,
    reading: openReading({ reader: database.reader, keys, clock }),
    etags: etags(keys.etag),
  };
  const refusals = openRefusals({ log, clock });
  const authorization = createAuthorizationServer({ config, keys, database, policy, clock, log, refusals });
  const entrance: Entrance = {
    config,
    identity: openIdentity({ config, keys, clock }),
    rateLimit: openRateLimit({ config, clock }),
    refusals,
  };
  let held: string | undefined;
  const notReady = async () => held ?? (log.writable() ? undefined : 'the audit log is not writable');
  const app = await composeApp({ exchange, checkpoints, entrance, notReady, authorization });
  return {
    exchange,
    checkpoints,
    app,
    holdBack: (reason) => {
      held = reason;
    },
    close: async () => {
      await app.close();
      authorization.close();
      await refusals.close();
      await Promise.allSettled([policy.close(), releases.close(), checkpoints.close()]);
      await log.close();
      await database.close();
    },
  };
}

interface AppParts {
  exchange: Exchange;
  checkpoints: Checkpoints;
  entrance: Entrance;
  notReady: () => Promise<string | undefined>;
  authorization: AuthorizationServer;
}

async function composeApp({
  exchange,
  checkpoints,
  entrance,
  notReady,
  authorization,
}: AppParts): Promise<FastifyInstance> {
  const { config } = exchange;
  const app = fastify({
    logger: false,
    genReqId: () => randomUUID(),
    bodyLimit: BODY_LIMIT_BYTES,
    handlerTimeout: HANDLER_MS,
    connectionTimeout: CONNECTION_MS,
    requestTimeout: REQUEST_MS,
    http: { maxHeaderSize: 16_384, headersTimeout: 15_000 },
    routerOptions: { maxParamLength: 200, caseSensitive: true, ignoreTrailingSlash: false },
    return503OnClosing: true,
  });
  installProblems(app, config.publicUrl);
  guardRequests(app, { config });
  await app.register(helmet, {
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
  mountAuthorizationServer(app, authorization);
  await app.register(publicPages, { exchange });
  await app.register(healthRoutes, { notReady, metrics: async () => ({ contentType: 'text/plain', text: '' }) });
  await app.register(async (data) => {
    requireSubject(data, 'data', entrance);
    await data.register(dataRoutes, { exchange });
    await data.register(deliveryRoutes, { exchange });
    await data.register(graphqlRoutes, { exchange, answer });
  });
  await app.register(async (platform) => {
    requireSubject(platform, 'platform', entrance);
    recordDenials(platform, { exchange });
    await platform.register(catalogRoutes, { exchange });
    await platform.register(standardRoutes, { exchange });
    await platform.register(applicationRoutes, { exchange });
    await platform.register(grantRoutes, { exchange });
    await platform.register(auditRoutes, { exchange, checkpoints });
  });
  return app;
}
