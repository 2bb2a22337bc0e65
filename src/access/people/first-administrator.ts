import { Problem } from '../../platform/errors.js';
import { known } from '../../platform/known.js';
import { type By, type ChangeDependencies, changePolicy } from '../policy/change-policy.js';
import type { PolicyIndex } from '../policy/policy.js';
import { type ChangedPerson, invitedAgain, newPerson, type PersonDraft } from './change-person.js';
import type { Person } from './person.js';

/**
 * Registers the first security administrator: nobody can be asked, so only the machine itself calls this, once. Throws Problem `conflict` where there
 * is one, or the login was ever used.
 */
export async function registerFirstAdministrator(
  deps: ChangeDependencies,
  draft: Omit<PersonDraft, 'roles'>,
  by: By,
): Promise<ChangedPerson> {
  return change(deps, draft.login, by, (index) => {
    const one = administratorsOf(index)[0]?.login;
    if (one !== undefined)
      throw new Problem(
        'conflict',
        `There is a security administrator already: ${one}. If the last one is lost: exchange bootstrap --recover --person ${one}`,
      );
    const document = newPerson({ ...draft, roles: ['security-administrator'] }, index, deps.clock);
    return { document, event: 'person.registered' };
  });
}

/**
 * Invites a security administrator again who has lost password or device, where no other one can: on the machine itself. Throws Problem `conflict`
 * where another active one could, or the person is none.
 */
export async function recoverAdministrator(deps: ChangeDependencies, login: string, by: By): Promise<ChangedPerson> {
  return change(deps, login, by, (index) => {
    const all = administratorsOf(index);
    const found = all.find((each) => each.login === login);
    if (found === undefined) throw new Problem('conflict', `${login} is no security administrator`);
    const other = all.find((each) => each.status === 'active' && each.login !== login);
    if (other !== undefined)
      throw new Problem('conflict', `${other.login} is a security administrator too, who can invite ${login} again`);
    const { pending: _, ...person } = found;
    return { document: invitedAgain(person, deps.clock), event: 'person.recovered' };
  });
}

function administratorsOf({ people }: Pick<PolicyIndex, 'people'>): Person[] {
  return [...people.values()].filter(
    ({ status, roles }) => (status === 'active' || status === 'invited') && roles.includes('security-administrator'),
  );
}

async function change(
  deps: ChangeDependencies,
  login: string,
  by: By,
  make: (index: PolicyIndex) => { document: Person; event: 'person.registered' | 'person.recovered' },
): Promise<ChangedPerson> {
  const { index, receipt } = await changePolicy(deps, by, (at) => ({ kind: 'person', id: login, ...make(at) }));
  return { person: known(index.people, login), receipt };
}
