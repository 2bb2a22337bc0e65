import type { FastifyInstance } from 'fastify';
import { type Logger, pino } from 'pino';
import { createAuthorizationServer } from './access/identity/authorization-server.js';
import { openRateLimit } from './access/identity/rate-limit.js';
import { openRefusals, type Refusals } from './access/identity/refusals.js';
import { openIdentity } from './access/identity/verify.js';
import { openSessions } from './access/people/sessions.js';
import { openPolicy } from './access/policy/open-policy.js';
import { signInSecrets } from './access/sign-in/secrets.js';
import { keepSecrets } from './access/upstreams/keep-secrets.js';
import { type Checkpoints, openCheckpoints } from './audit/checkpoint.js';
import { openLog } from './audit/log.js';
import { originOf } from './audit/origin/origin-of.js';
import { originName, readOrigin } from './audit/origin/origins.js';
import { openStanding, type Standing } from './audit/origin/standing.js';
import { openDoors } from './doors.js';
import { etags } from './exchange/answering/etag.js';
import { openStrangers } from './exchange/answering/strangers.js';
import type { Exchange } from './exchange/exchange.js';
import { FairQueue, type QueueBounds } from './exchange/in-flight/fair-queue.js';
import { openInterfaces } from './exchange/proxy/interfaces.js';
import { keepOrders } from './exchange/publishing/keep-orders.js';
import { planRetention, retentionTask } from './exchange/retention/retention-job.js';
import { tableSizes } from './exchange/retention/table-sizes.js';
import { openSourceJobs } from './exchange/sources/source-jobs.js';
import { openSlots } from './ingest/receive/slots.js';
import type { Clock } from './platform/clock.js';
import type { Config } from './platform/config.js';
import { openPulse, type Pulse } from './platform/health/pulse.js';
import { openReadiness, type Readiness } from './platform/health/readiness.js';
import { openJobs } from './platform/jobs.js';
import { keepMonthKeys } from './platform/keys/keep-month-keys.js';
import type { Keys } from './platform/keys/keys.js';
import { type OpenedParts, openedParts } from './platform/lifecycle/opened.js';
import { openDatabase } from './platform/postgres/database.js';
import { loggerOptions, openTelemetry, type Telemetry } from './platform/telemetry.js';
import { openReleases } from './query/releases.js';
import { openReading } from './query/run.js';
import { openConnections } from './rest/entrance/connections.js';
import { openDrain } from './rest/entrance/drain.js';
import type { Entrance } from './rest/http/hooks.js';
import { planSettling, settleTask } from './workflow/access-request/settle-job.js';

/** A composed node that does not listen yet. */
export interface Node {
  exchange: Exchange;
  checkpoints: Checkpoints;
  app: FastifyInstance;
  /** A part that can keep the node from being ready adds its watch here. */
  readiness: Readiness;
  /** Is no longer ready, and serves on until its proxies have noticed. */
  drain(): Promise<void>;
  /** Safe to call twice. */
  close(): Promise<void>;
}

/** The parts of a node. The database is migrated. */
export interface NodeParts {
  config: Config;
  databaseUrl: string;
  keys: Keys;
  clock: Clock;
}

/** The composition root: the only place that puts the domains together. What is open is closed where a later part throws. */
export async function composeNode(parts: NodeParts): Promise<Node> {
  const opened = openedParts();
  try {
    return await compose(parts, opened);
  } catch (error) {
    await opened.close();
    throw error;
  }
}

async function compose(parts: NodeParts, opened: OpenedParts): Promise<Node> {
  const { config, keys, clock } = parts;
  const telemetry = openTelemetry();
  const logger = pino({ ...loggerOptions(config), enabled: config.logLevel !== 'silent' }, pino.destination(2));
  const standing = openStanding(logger);
  const pulse = openPulse(clock);
  const { exchange, checkpoints, refusals } = await openExchange(parts, { telemetry, logger, opened, standing, pulse });
  const { database, log, policy } = exchange;
  const sessions = openSessions(database);
  const secrets = signInSecrets({ keys, clock });
  const authorization = opened.keep(
    createAuthorizationServer({ config, keys, database, policy, clock, log, refusals, sessions, secrets }),
  );
  const entrance: Entrance = {
    config,
    identity: openIdentity({ config, keys, clock }),
    sessions,
    rateLimit: openRateLimit({ config, clock }),
    refusals,
    drain: openDrain(config),
    connections: openConnections(config),
  };
  const readiness = openReadiness();
  for (const watch of [standing.reason, pulse.clock, pulse.commit]) readiness.add(watch);
  readiness.add(() =>
    log.writable() || standing.fault() ? undefined : { name: 'log', detail: 'The audit log is not writable.' },
  );
  readiness.add(() => entrance.drain.reason);
  readiness.add(() => {
    const detail = policy.fault();
    return detail === undefined ? undefined : { name: 'policy', detail, stops: true };
  });
  const monthKeys = opened.keep(keepMonthKeys({ keys, pool: database.app, logger }));
  readiness.add(monthKeys.lacking);
  readiness.add(() => {
    const detail = database.fault();
    return detail === undefined ? undefined : { name: 'durability', detail, stops: true };
  });
  opened.keep(await openSourceJobs(exchange, { ...retentionTask(exchange), ...settleTask(exchange) }));
  opened.keep(keepOrders(exchange, (err) => logger.warn({ err }, 'an index of an order was not made')));
  await planRetention(exchange);
  await planSettling(exchange);
  telemetry.gauges(
    { name: 'exchange_table_bytes', help: 'Bytes on disk of the tables with their indexes.', label: 'table' },
    tableSizes(database, clock),
  );
  const app = await openDoors({
    exchange,
    checkpoints,
    entrance,
    readiness,
    authorization,
    secrets,
    telemetry,
    logger,
  });
  opened.keep({ close: () => closeDoors(app) });
  return { exchange, checkpoints, app, readiness, drain: () => entrance.drain.begin(), close: opened.close };
}

/** A body that arrives holds a file and no place of those below. */
const ARRIVALS = { atOnce: 64, eachAtOnce: 8, waitingAtMost: 20, waitMs: 30_000 };
/** Deliveries share the owner's six connections: three remain for catalogs and recovery. One of the three is always for another application. */
const DELIVERIES = { atOnce: 3, eachAtOnce: 2, waitingAtMost: 20, waitMs: 30_000 };
/** A draft is computed in this process: readers wait behind two of them, not behind twenty. */
const DRAFTS = {
  atOnce: 2,
  eachAtOnce: 1,
  waitingAtMost: 8,
  waitMs: 30_000,
  told: 'Other drafts are being made. Ask again.',
};

/** An application has one page of a thousand rows at a time, on one of the four connections of the reading pool, and smaller asks beside it. */
const READING: QueueBounds = {
  rows: 4_000,
  rowsEach: 1_500,
  bytes: 96 << 20,
  bytesEach: 24 << 20,
  waiting: 2_048,
  waitingEach: 512,
  waitMs: 2_000,
};

interface Observers {
  telemetry: Telemetry;
  logger: Logger;
  opened: OpenedParts;
  standing: Standing;
  pulse: Pulse;
}

async function openExchange(
  { config, databaseUrl, keys, clock }: NodeParts,
  { telemetry, logger, opened, standing, pulse }: Observers,
): Promise<{ exchange: Exchange; checkpoints: Checkpoints; refusals: Refusals }> {
  const node = clock.uuid();
  const options = { statementTimeoutMs: config.statementTimeoutMs, loginKey: keys.database };
  const database = opened.keep(await openDatabase(databaseUrl, options));
  const log = opened.keep(
    await openLog({
      database,
      clock,
      keys,
      node,
      logger,
      standing,
      refusal: () => pulse.clock()?.detail,
      onCommitted: (entries) => {
        pulse.committed();
        telemetry.observeAuditBatch(entries);
      },
    }),
  );
  const origin = originName(originOf(config), await readOrigin(database.app));
  const checkpoints = opened.keep(await openCheckpoints({ database, keys, origin, logger, standing }));
  const onClosed = (kind: string, id: string, reason: string) =>
    logger.error({ kind, id, reason }, 'a policy record does not match the log');
  const policy = opened.keep(await openPolicy({ database, log, clock, node, onClosed, pulse, keys, origin }));
  keepSecrets({ policy, keys }, (err) => logger.warn({ err }, 'secrets of withdrawn upstreams were not removed'));
  const releases = opened.keep(await openReleases(database));
  const reading = openReading({ reader: database.reader, keys, clock });
  const slots = openSlots(DELIVERIES);
  const refusals = opened.keep(openRefusals({ log, clock }));
  const exchange = {
    node,
    config,
    clock,
    keys,
    database,
    log,
    policy,
    releases,
    reading,
    queue: new FairQueue(READING),
    etags: etags(keys.etag),
    strangers: openStrangers({ refusals, clock }),
    interfaces: opened.keep(openInterfaces({ policy, config, keys, clock })),
    arrivals: openSlots(ARRIVALS),
    slots,
    drafts: openSlots(DRAFTS),
    jobs: opened.keep(openJobs(database.jobs, logger)),
  };
  return { exchange, checkpoints, refusals };
}

const CUT_MS = 10_000;

/** Sends the answers in flight, then closes connections that still send. */
async function closeDoors(app: FastifyInstance): Promise<void> {
  const cut = setTimeout(() => app.server.closeAllConnections(), CUT_MS);
  await app.close().finally(() => clearTimeout(cut));
}
