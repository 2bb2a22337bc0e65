import type { Clock } from '../../platform/clock.js';
import { Problem } from '../../platform/errors.js';
import type { Application, Subject } from '../identity/subject.js';
import type { Policy } from './policy.js';
import { checkApplication } from './rules/check-application.js';

/** The active application that makes a call. Throws Problem `unauthenticated` or `suspended`. */
export function requireApplication(
  deps: { policy: Pick<Policy, 'current'>; clock: Clock },
  subject: Subject | null,
  audience: Subject['audience'] = 'platform',
): Application {
  // A route open to anyone may have no subject.
  if (!subject) throw new Problem('unauthenticated');
  const application = deps.policy.current().applications.get(subject.sub);
  const denial = checkApplication(subject, application, deps.clock.now());
  if (denial !== undefined || application === undefined) throw new Problem(denial?.code ?? 'unauthenticated');
  if (subject.audience !== audience) throw new Problem('unauthenticated', `The token is not for the ${audience}`);
  return application;
}
