import type { Person } from '../../access/people/person.js';
import { isPersonRole, PERSON_ROLES } from '../../access/people/role.js';
import { operationsOf } from '../../access/people/role-operations.js';
import { known } from '../../platform/known.js';
import { json, type Operation, operation } from '../operation.js';
import { choice, closed, instant, list, pattern, slug, text, title } from '../shapes.js';

const ROLES = Object.keys(PERSON_ROLES).filter(isPersonRole);

const login = pattern('^[a-z][a-z0-9.-]{1,62}$', 63);
const role = choice(ROLES);
const person = {
  login,
  name: text(100),
  department: slug,
  roles: list(role, ROLES.length),
  status: choice(['proposed', 'invited', 'active', 'disabled', 'suspended']),
  since: instant,
};
const own = closed(
  {
    ...person,
    titles: list(title, ROLES.length),
    operations: list(text(64), 500, { description: 'The operations of this document that the roles allow.' }),
  },
  { $id: 'OwnAccount' },
);

/** Accounts of people. */
export const peopleOperations: readonly Operation[] = [
  operation({
    method: 'GET',
    path: '/api/v1/me',
    id: 'getOwnAccount',
    tag: 'access',
    who: ['person'],
    summary: 'The account of the person who calls, and what its roles allow',
    replies: { 200: json('The account.', closed({ data: own })) },
    problems: [400, 403],
    handler({ exchange }, { caller: { id } }) {
      const found = known(exchange.policy.current().people, id);
      const titles = found.roles.map((each) => PERSON_ROLES[each]);
      return { data: { ...shown(found), titles, operations: operationsOf(found.roles) } };
    },
  }),
];

function shown({ login, name, department, roles, status, since }: Person) {
  return { login, name, department, roles, status, since };
}
