import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Policy } from '../../access/policy/policy.js';
import type { FairQueue } from '../../exchange/in-flight/fair-queue.js';
import type { Recipient } from '../../exchange/in-flight/recipient.js';
import type { Clock } from '../../platform/clock.js';
import type { Config } from '../../platform/config.js';
import { Problem } from '../../platform/errors.js';
import type { Telemetry } from '../../platform/telemetry.js';
import { type Accounts, openAccounts } from './accounts.js';
import { CallerConnection, type Pipeline } from './connection.js';
import { openTakingLeave } from './taking-leave.js';
import { cutWithdrawn } from './withdrawn.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** The connection that the reply goes to. */
    recipient: Recipient | undefined;
  }
  interface FastifyContextConfig {
    /** The body is streamed to the handler, so it takes no memory. */
    streams?: boolean;
  }
}

/** Counts an ask of the application, and its body, until its reply has left. Returns the refusal, if it is beyond a bound. */
export type Admit = (request: FastifyRequest, application: string) => Problem | undefined;

interface InFlightOptions {
  config: Pick<Config, 'asksAtOnce'>;
  clock: Clock;
  policy: Policy;
  queue: FairQueue;
  telemetry: Telemetry;
}

/** Bodies that are parsed in memory, in bytes as sent. */
const BODIES = { each: 16 << 20, all: 64 << 20 };
/** Requests after a refused one that a connection may still carry in: they came in one read of the socket. */
const REFUSED_AT_MOST = 128;
/**
 * A recorded answer that has not reached the socket after two seconds is dropped (access.md, to the wire). It is looked
 * at every tenth of a second, so it ends a little earlier.
 */
const RECORDED_MS = 1_800;
/** Any other reply may be read slowly, but not so slowly that nothing leaves in this time. */
const SILENT_MS = 10_000;
const LOOK_MS = 100;
/** How long ago an answer was sent that every ordinary peer has taken. */
const TAKEN_MS = 30_000;

/** Bounds what is in flight over HTTP, by the first hook of every request: install it before all others. */
export function limitInFlight(app: FastifyInstance, options: InFlightOptions): Admit {
  const { config, clock, policy, queue, telemetry } = options;
  const connections = new Map<Socket, CallerConnection>();
  const pipeline = { waiting: 0 };
  const accounts = openAccounts(queue);
  const refused = telemetry.counter('exchange_in_flight_refused_total', 'Requests refused, by bound.', 'bound');
  const dropped = telemetry.counter('exchange_connections_dropped_total', 'Connections cut, by reason.', 'reason');
  const takingLeave = openTakingLeave({
    hasTaken: (socket) => clock.now() - (connections.get(socket)?.answeredAt ?? 0) > TAKEN_MS,
    onLeave: (socket) => connections.get(socket)?.close(),
  });
  const cut = ({ socket }: CallerConnection, reason: string): void => {
    dropped(reason);
    socket.resetAndDestroy(); // a reset also discards what the system still holds for the peer
  };
  const withdrawn = cutWithdrawn({ policy, clock }, connections, (connection) => cut(connection, 'withdrawn'));
  const open = (socket: Socket): CallerConnection => {
    const connection = new CallerConnection(socket, pipeline);
    connections.set(socket, connection);
    takingLeave.watch(socket);
    socket.once('close', () => {
      connections.delete(socket);
      connection.close();
    });
    return connection;
  };

  app.decorateRequest('recipient');
  app.addHook('onRequest', (request, reply, done) => {
    const { socket } = request.raw;
    const connection = connections.get(socket) ?? open(socket);
    request.recipient = connection;
    if (connection.take(reply, done)) return;
    if (connection.refused > REFUSED_AT_MOST) cut(connection, 'pipelined');
    if (connection.refused > 1) return; // no reply: the connection closes after the refusal
    refused('connection');
    reply.header('connection', 'close');
    done(tooMany('Too many requests wait on this connection: read the replies first.'));
  });
  app.addHook('onResponse', (request, reply, done) => {
    connections.get(request.raw.socket)?.end(reply);
    done();
  });
  const look = setInterval(() => {
    const now = clock.now();
    for (const connection of connections.values()) {
      const reason = overdue(connection, now);
      if (reason !== undefined) cut(connection, reason);
    }
  }, LOOK_MS);
  look.unref();
  app.addHook('preClose', async () => takingLeave.stop());
  app.addHook('onClose', async () => {
    clearInterval(look);
    withdrawn.close();
  });
  watch(telemetry, { accounts, pipeline, queue });

  return admission({ asksAtOnce: config.asksAtOnce, accounts, connections, refused });
}

interface Admission {
  asksAtOnce: number;
  accounts: Accounts;
  connections: ReadonlyMap<Socket, CallerConnection>;
  refused(bound: string): void;
}

function admission({ asksAtOnce, accounts, connections, refused }: Admission): Admit {
  return (request, application) => {
    const account = accounts.of(application);
    const bytes = bodyBytes(request);
    if (account.asks >= asksAtOnce || (bytes > 0 && account.bodyBytes + bytes > BODIES.each)) {
      refused('application');
      return tooMany('Too many asks of this application are in flight.');
    }
    if (bytes > 0 && accounts.bodyBytes + bytes > BODIES.all) {
      refused('node');
      return new Problem('unavailable', 'Too many bodies are arriving. Try again.', { retryAfter: 1 });
    }
    account.enter(bytes);
    connections.get(request.raw.socket)?.charge(account, bytes);
    return undefined;
  };
}

/** Why the connection must be cut, if it must. */
function overdue(connection: CallerConnection, now: number): 'recorded' | 'silent' | undefined {
  const { unread, recordedAt, socket } = connection;
  if (unread === 0) {
    connection.leftAt = 0;
    return undefined;
  }
  if (recordedAt > 0) return now - recordedAt > RECORDED_MS ? 'recorded' : undefined;
  const left = socket.bytesWritten - unread;
  if (connection.leftAt === 0 || left !== connection.left) {
    connection.left = left;
    connection.leftAt = now;
    return undefined;
  }
  return now - connection.leftAt > SILENT_MS ? 'silent' : undefined;
}

/** Bytes of the body that the request announces; the route's limit if it does not say. A streamed body is never in memory. */
function bodyBytes({ headers, routeOptions: { config, bodyLimit } }: FastifyRequest): number {
  const length = headers['content-length'];
  if (length === undefined && headers['transfer-encoding'] === undefined) return 0;
  if (config.streams === true) return 0;
  return Math.min(bodyLimit ?? BODIES.each, length === undefined ? Number.POSITIVE_INFINITY : Number(length));
}

function tooMany(detail: string): Problem {
  return new Problem('rate-limited', detail, { retryAfter: 1 });
}

function watch(
  { gauge }: Telemetry,
  { accounts, pipeline, queue }: { accounts: Accounts; pipeline: Pipeline; queue: FairQueue },
): void {
  gauge('exchange_asks_in_flight', 'Asks of applications that are being answered.', () => accounts.asks);
  gauge(
    'exchange_requests_pipelined',
    'Requests that wait behind others on their connections.',
    () => pipeline.waiting,
  );
  gauge('exchange_asks_waiting', 'Asks that wait for their turn to read.', () => queue.waiting);
  gauge('exchange_rows_in_flight', 'Rows that asks in flight may read.', () => queue.rows);
  gauge('exchange_bytes_unread', 'Bytes of answers that wait to be read by their callers.', () => queue.bytes);
}
