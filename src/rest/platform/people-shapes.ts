import Type from 'typebox';
import type { Person } from '../../access/people/person.js';
import { isPersonRole, PERSON_ROLES } from '../../access/people/role.js';
import { choice, closed, instant, list, orNull, pattern, slug, text, title, uuid } from '../shapes.js';

const ROLES = Object.keys(PERSON_ROLES).filter(isPersonRole);

export const login = pattern('^[a-z][a-z0-9.-]{1,62}$', 63);
export const roles = list(choice(ROLES), ROLES.length);
const pending = closed({
  change: choice(['invite', 'invite-again', 'roles']),
  roles: Type.Optional(roles),
  by: text(100, { description: 'Who proposed it: somebody else decides.' }),
  at: instant,
});
const members = {
  login,
  name: text(100),
  department: slug,
  roles,
  status: choice(['proposed', 'invited', 'active', 'disabled', 'suspended']),
  since: instant,
};
export const person = closed({ ...members, pending: orNull(pending) }, { $id: 'Person' });
export const personDraft = closed(
  { login, name: text(100, { minLength: 1 }), department: slug, roles },
  { $id: 'PersonDraft' },
);
export const personDrafts = closed(
  { people: list(personDraft, 1_000, { minItems: 1 }), dryRun: Type.Optional(Type.Boolean()) },
  { $id: 'PersonDrafts' },
);
export const ownAccount = closed(
  {
    ...members,
    titles: list(title, ROLES.length),
    operations: list(text(64), 500, { description: 'The operations of this document that the roles allow.' }),
  },
  { $id: 'OwnAccount' },
);
export const session = closed(
  { id: uuid, client: text(64), address: text(64), beganAt: instant, usedAt: instant },
  { $id: 'Session' },
);
export const decided = closed(
  {
    data: person,
    invitation: Type.Optional(
      closed({ link: text(500), expiresAt: instant }, { description: 'Shown once: give it to the person yourself.' }),
    ),
  },
  { $id: 'DecidedPerson' },
);

/** An account as others see it. */
export function shownPerson({ login, name, department, roles, status, since, pending }: Person) {
  return { login, name, department, roles, status, since, pending: pending ?? null };
}
