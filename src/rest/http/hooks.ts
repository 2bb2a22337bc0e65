import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { RateLimit } from '../../access/identity/rate-limit.js';
import { rateLimitHeaders } from '../../access/identity/rate-limit.js';
import type { Refusals } from '../../access/identity/refusals.js';
import type { PersonSubject, Subject } from '../../access/identity/subject.js';
import type { Identity } from '../../access/identity/verify.js';
import type { Sessions } from '../../access/people/sessions.js';
import type { Config } from '../../platform/config.js';
import { Problem } from '../../platform/errors.js';
import type { ConnectionLimit } from '../entrance/connections.js';
import type { Drain } from '../entrance/drain.js';
import type { Admit } from '../in-flight/in-flight.js';
import { programHeaders } from './program-headers.js';

export interface Entrance {
  config: Config;
  identity: Identity;
  sessions: Sessions;
  rateLimit: RateLimit;
  refusals: Refusals;
  drain: Drain;
  connections: ConnectionLimit;
}

/** The entrance of routes for applications. */
interface ApplicationEntrance extends Entrance {
  /** After the caller is known. */
  admit: Admit;
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
    const enter = (subject: Subject) => done(admit(request, reply, subject, entrance));
    let subject: Subject | Promise<Subject>;
    try {
      subject = entrance.identity.identify(request.headers.authorization, audience);
    } catch (error) {
      return refuse(error as Error);
    }
    if (!(subject instanceof Promise) && subject.person === undefined) return enter(subject);
    Promise.resolve(subject)
      .then((verified) => (verified.person === undefined ? verified : inSession(verified, entrance.sessions)))
      .then(enter, refuse);
  });
}

/** A person who signed out, or whose session ran out, is unknown before the token expires. Throws Problem `unauthenticated`. */
async function inSession(subject: PersonSubject, sessions: Sessions): Promise<Subject> {
  if (await sessions.use(subject.session, subject.person)) return subject;
  throw new Problem('unauthenticated', 'The session has ended: sign in again');
}

function admit(
  request: FastifyRequest,
  reply: FastifyReply,
  subject: Subject,
  { rateLimit, config, connections, admit: enter }: ApplicationEntrance,
): Problem | undefined {
  request.subject = subject;
  connections.proven(request.raw.socket);
  const taken = rateLimit.take(subject.sub);
  reply.headers(rateLimitHeaders(taken, config.rate));
  if (taken.ok) return enter(request, subject.sub);
  return new Problem('rate-limited', undefined, { retryAfter: Math.max(1, taken.resetSeconds) });
}
