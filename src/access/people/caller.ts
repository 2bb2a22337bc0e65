import type { Actor } from '../../audit/entry.js';
import type { Clock } from '../../platform/clock.js';
import { Problem } from '../../platform/errors.js';
import type { Application, PersonSubject, Subject } from '../identity/subject.js';
import type { Policy, PolicyIndex } from '../policy/policy.js';
import { requireApplication } from '../policy/require-application.js';
import type { Person } from './person.js';
import { isPersonRole, type PersonRole } from './role.js';
import { titlesOf } from './role-operations.js';

/** Who calls the platform API: an application, or a person by a program in front of it. Roles come from the record, never from a claim. */
export interface Caller {
  kind: 'application' | 'person';
  /** Client id, or login. */
  id: string;
  department: string;
  roles: readonly (Application['roles'][number] | PersonRole)[];
}

/** Who may call: any application, any person, or one with the role. */
export type CallerRole = 'application' | 'person' | Application['roles'][number] | PersonRole;

export type Callers = readonly [CallerRole, ...CallerRole[]];

interface Deciding {
  policy: Pick<Policy, 'current'>;
  clock: Clock;
}

/** The caller, where it is one of `who`. Throws Problem `unauthenticated`, `suspended` or `forbidden`. */
export function requireCaller(
  deps: Deciding,
  subject: Subject | null,
  who: readonly CallerRole[],
  audience: Subject['audience'] = 'platform',
): Caller {
  const caller = subject?.person === undefined ? application(deps, subject, audience) : person(deps, subject);
  if (who.includes(caller.kind) || caller.roles.some((role) => who.includes(role))) return caller;
  throw new Problem('forbidden', needed(caller.kind, who));
}

function application(deps: Deciding, subject: Subject | null, audience: Subject['audience']): Caller {
  const { clientId, department, roles } = requireApplication(deps, subject, audience);
  return { kind: 'application', id: clientId, department, roles };
}

/** Throws as `requireCaller`. */
function person({ policy, clock }: Deciding, subject: PersonSubject): Caller {
  const found = policy.current().people.get(subject.person);
  if (found?.status === 'suspended') throw new Problem('suspended');
  const holds =
    found?.status === 'active' && subject.issuedAt >= found.tokensNotBefore && subject.expiresAt * 1_000 > clock.now();
  if (!holds) throw new Problem('unauthenticated', 'The account is closed, or the token is older than its last change');
  return callerOf(found);
}

function callerOf({ login, department, roles }: Person): Caller {
  return { kind: 'person', id: login, department, roles };
}

function needed(kind: Caller['kind'], who: readonly CallerRole[]): string {
  const roles = who.filter(isPersonRole);
  if (kind === 'person')
    return roles.length > 0 ? `This needs the role ${titlesOf(roles)}` : 'Only applications may do this';
  const own = who.filter((role) => role !== 'person' && !isPersonRole(role));
  return own.length > 0 ? `This needs the role ${own.join(' or ')}` : 'Only people may do this: exchange login';
}

/** The caller in an entry. `application` is the program through which a person acts. Null where nobody of that name is registered. */
export function actorOf(
  subject: Subject,
  { applications, people }: Pick<PolicyIndex, 'applications' | 'people'>,
): Actor | null {
  const { issuer, sub } = subject;
  const who = subject.person === undefined ? applications.get(sub) : people.get(subject.person);
  if (who === undefined) return null;
  return {
    issuer,
    subject: sub,
    application: subject.person === undefined ? sub : subject.client,
    department: who.department,
  };
}
