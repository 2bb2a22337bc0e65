import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { RateLimit } from '../../access/identity/rate-limit.js';
import { rateLimitHeaders } from '../../access/identity/rate-limit.js';
import type { Refusals } from '../../access/identity/refusals.js';
import type { Subject } from '../../access/identity/subject.js';
import type { Identity } from '../../access/identity/verify.js';
import type { Config } from '../../platform/config.js';
import { Problem } from '../../platform/errors.js';
import type { Readiness } from '../../platform/health/readiness.js';
import type { Drain } from '../entrance/drain.js';
import { type KnownHost, knownHosts } from '../entrance/hosts.js';
import type { Admit } from '../in-flight/in-flight.js';
import { programHeaders } from './program-headers.js';

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

export interface Entrance {
  config: Config;
  identity: Identity;
  rateLimit: RateLimit;
  refusals: Refusals;
  drain: Drain;
}

interface Guarding extends Pick<Entrance, 'config' | 'drain'> {
  readiness: Pick<Readiness, 'stopped'>;
}

/** The entrance of routes for applications. */
interface ApplicationEntrance extends Entrance {
  /** After the caller is known. */
  admit: Admit;
}

/**
 * Checks every request before its route: the path as sent, the host, no repeated header. No cache may keep a reply
 * unless its route sets another `Cache-Control`.
 */
export function guardRequests(app: FastifyInstance, { config, drain, readiness }: Guarding): void {
  const isKnown = knownHosts(config);
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('request-id', request.id).header('cache-control', 'no-store');
    if (drain.reason !== undefined) reply.header('connection', 'close');
    done(refusal(request, isKnown) ?? stopped(request, readiness));
  });
}

/** Served by a node that has stopped: its operators look here. */
const OPEN_WHEN_STOPPED = new Set(['/health/live', '/health/ready', '/metrics']);

function stopped(request: FastifyRequest, readiness: Guarding['readiness']): Problem | undefined {
  const reason = readiness.stopped();
  if (reason === undefined || OPEN_WHEN_STOPPED.has(request.routeOptions.url ?? '')) return undefined;
  return new Problem('audit-unavailable', reason.detail, { retryAfter: 5 });
}

function refusal(request: FastifyRequest, isKnown: KnownHost): Problem | undefined {
  if (!isKnown(request.raw)) return new Problem('bad-host');
  const { rawHeaders } = request.raw;
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
  const url = request.raw.url ?? '';
  const end = url.indexOf('?');
  const path = end < 0 ? url : url.slice(0, end);
  if (path.includes('%') && /%(2f|5c|2e|00)/i.test(path)) return new Problem('not-found');
  return undefined;
}

/** Authenticates the caller before the body is read, and counts the call against the application's rate. */
export function requireSubject(
  app: FastifyInstance,
  audience: Subject['audience'],
  entrance: ApplicationEntrance,
): void {
  app.decorateRequest('subject');
  const fixed = programHeaders(entrance.config.publicUrl);
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(fixed);
    if (request.routeOptions.config.public === true && request.headers.authorization === undefined) return done();
    const refuse = (error: Error) => {
      entrance.refusals.note('access.refused', request.ip, 'unauthenticated');
      done(error);
    };
    let subject: Subject | Promise<Subject>;
    try {
      subject = entrance.identity.identify(request.headers.authorization, audience);
    } catch (error) {
      return refuse(error as Error);
    }
    if (!(subject instanceof Promise)) return done(admit(request, reply, subject, entrance));
    subject.then((verified) => done(admit(request, reply, verified, entrance)), refuse);
  });
}

function admit(
  request: FastifyRequest,
  reply: FastifyReply,
  subject: Subject,
  { rateLimit, config, admit: enter }: ApplicationEntrance,
): Problem | undefined {
  request.subject = subject;
  const taken = rateLimit.take(subject.sub);
  reply.headers(rateLimitHeaders(taken, config.rate));
  if (taken.ok) return enter(request, subject.sub);
  return new Problem('rate-limited', undefined, { retryAfter: Math.max(1, taken.resetSeconds) });
}
