import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../../platform/config.js';
import { Problem } from '../../platform/errors.js';
import type { Readiness } from '../../platform/health/readiness.js';
import { hasBody, openBodyDeadlines } from './body-deadlines.js';
import type { ConnectionLimit } from './connections.js';
import type { Drain } from './drain.js';
import { HEALTH, type KnownHost, knownHosts } from './hosts.js';
import { isForeignPath } from './target.js';

/**
 * Access or the log depends on these headers. A repeated one is refused, because two readers could use different
 * values.
 */
const SINGLE = new Set([
  'authorization',
  'host',
  'exchange-purpose',
  'exchange-grant',
  'exchange-case',
  'exchange-operator',
  'idempotency-key',
  'dpop',
]);

interface Guarding {
  config: Config;
  drain: Drain;
  connections: ConnectionLimit;
  readiness: Pick<Readiness, 'stopped'>;
}

interface Guard {
  /** The first check of a request; undefined where it may go on to its caller's check, and only then to its body. */
  enter(request: FastifyRequest, reply: FastifyReply): Problem | undefined;
  install(app: FastifyInstance): void;
}

/**
 * Checks every request before its route: the host, the path as sent, no repeated header, a path of ours. No cache may
 * keep a reply unless its route sets another `Cache-Control`.
 */
export function openGuard({ config, drain, connections, readiness }: Guarding): Guard {
  const isKnown = knownHosts(config);
  const deadlines = openBodyDeadlines(config);

  function enter(request: FastifyRequest, reply: FastifyReply): Problem | undefined {
    const { raw } = request;
    reply.header('request-id', request.id).header('cache-control', 'no-store');
    connections.asked(reply.raw);
    if (hasBody(raw)) deadlines.watch(request, reply);
    if (drain.reason !== undefined) reply.header('connection', 'close');
    if (connections.isSurplus(raw.socket) && !HEALTH.test(raw.url ?? '')) {
      reply.header('connection', 'close');
      return new Problem('unavailable', 'Too many connections are open.', { retryAfter: 2 });
    }
    return refusal(raw, isKnown) ?? (request.is404 ? new Problem('not-found') : stopped(request, readiness));
  }
  return {
    enter,
    install(app) {
      app.addHook('onRequest', (request, reply, done) => done(enter(request, reply)));
      app.addHook('onResponse', (request, _reply, done) => {
        deadlines.done(request.raw);
        done();
      });
      app.addHook('onClose', async () => {
        deadlines.close();
        connections.close();
      });
      connections.attach(app.server);
    },
  };
}

/** Served by a node that has stopped: its operators look here. */
const OPEN_WHEN_STOPPED = new Set(['/health/live', '/health/ready', '/metrics']);

function stopped(request: FastifyRequest, readiness: Guarding['readiness']): Problem | undefined {
  const reason = readiness.stopped();
  if (reason === undefined || OPEN_WHEN_STOPPED.has(request.routeOptions.url ?? '')) return undefined;
  return new Problem('audit-unavailable', reason.detail, { retryAfter: 5 });
}

function refusal(raw: IncomingMessage, isKnown: KnownHost): Problem | undefined {
  if (!isKnown(raw)) return new Problem('bad-host');
  const { rawHeaders } = raw;
  const seen = new Set<string>();
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? '').toLowerCase();
    if (!SINGLE.has(name)) continue;
    if (seen.has(name))
      return new Problem('bad-header', `The header ${name} appears more than once.`, {
        faults: [{ parameter: name, reason: 'repeated' }],
      });
    seen.add(name);
  }
  // The path is matched after one decoding; none of our paths decodes to a separator or a dot segment.
  return isForeignPath(raw.url ?? '') ? new Problem('not-found') : undefined;
}
