import type { Receipt } from '../../audit/entry.js';
import type { Clock } from '../../platform/clock.js';
import { type Fault, Problem } from '../../platform/errors.js';
import { known } from '../../platform/known.js';
import { type By, type ChangeDependencies, changePolicy, type NewChange } from '../policy/change-policy.js';
import type { PolicyIndex } from '../policy/policy.js';
import type { Pending, Person } from './person.js';
import { mayCombine, type PersonRole } from './role.js';

export interface PersonDraft {
  login: string;
  name: string;
  department: string;
  roles: readonly PersonRole[];
}

/** What is asked for somebody who has an account. */
export type Proposed = { change: 'invite-again' } | { change: 'roles'; roles: readonly PersonRole[] };

export interface ChangedPerson {
  person: Person;
  receipt: Receipt;
}

const LOGIN = /^[a-z][a-z0-9.-]{1,62}$/;
const DEPARTMENT = /^[a-z][a-z0-9-]{1,62}$/;

type People = Pick<PolicyIndex, 'people'>;

/** Every fault of a new account. */
function checkPersonDraft({ login, name, department, roles }: PersonDraft): Fault[] {
  const faults: Fault[] = [];
  const expected = 'lower case letters, digits, points and hyphens, 2 to 63';
  if (!LOGIN.test(login)) faults.push({ pointer: '/login', reason: 'Not a login', expected });
  if (!DEPARTMENT.test(department)) faults.push({ pointer: '/department', reason: 'Not a department' });
  if (name.trim() === '') faults.push({ pointer: '/name', reason: 'The name is missing' });
  return [...faults, ...roleFaults(roles)];
}

function roleFaults(roles: readonly PersonRole[]): Fault[] {
  if (mayCombine(roles)) return [];
  const reason =
    roles.length === 0
      ? 'There is no role'
      : 'The security administrator, system administrator and auditor are three people without another role';
  return [{ pointer: '/roles', reason }];
}

/**
 * Proposes an account: nobody can sign in with it before a second person has confirmed it. Throws Problem `unprocessable` naming every fault,
 * `conflict` where the login was ever used.
 */
export async function proposePerson(
  deps: ChangeDependencies,
  draft: PersonDraft,
  by: By & { proposer: string },
): Promise<ChangedPerson> {
  return change(deps, draft.login, by, (index) => {
    const person = newPerson(draft, index, deps.clock);
    return [
      'person.proposed',
      { ...person, status: 'proposed', pending: pendingOf('invite', by.proposer, deps.clock) },
    ];
  });
}

/** The faults of a list of new accounts: each of its own, one that is there, one that is listed twice. */
export function checkPeople(drafts: readonly PersonDraft[], { people }: People): Fault[] {
  const seen = new Set<string>();
  return drafts.flatMap((draft, i) => {
    const faults = checkPersonDraft(draft);
    if (people.has(draft.login)) faults.push({ pointer: '/login', reason: 'The login is taken' });
    if (seen.has(draft.login)) faults.push({ pointer: '/login', reason: 'The login is listed twice' });
    seen.add(draft.login);
    return faults.map((fault) => ({ ...fault, pointer: `/people/${i}${fault.pointer ?? ''}` }));
  });
}

/** Proposes all of a list, or none. Throws Problem `unprocessable` naming every fault. */
export async function proposePeople(
  deps: ChangeDependencies,
  drafts: readonly PersonDraft[],
  by: By & { proposer: string },
): Promise<Receipt> {
  const { receipt } = await changePolicy(deps, by, (index) => {
    const faults = checkPeople(drafts, index);
    if (faults.length > 0) throw new Problem('unprocessable', 'The accounts cannot be made', { faults });
    return drafts.map((draft) => {
      const person = newPerson(draft, index, deps.clock);
      const document: Person = {
        ...person,
        status: 'proposed',
        pending: pendingOf('invite', by.proposer, deps.clock),
      };
      return { kind: 'person', id: draft.login, document, event: 'person.proposed' };
    });
  });
  return receipt;
}

/** The record of a new account, which is invited. Throws as `proposePerson`. */
export function newPerson(draft: PersonDraft, { people }: People, clock: Clock): Person {
  const faults = checkPersonDraft(draft);
  if (faults.length > 0) throw new Problem('unprocessable', 'The account cannot be made', { faults });
  if (people.has(draft.login)) throw new Problem('conflict', 'The login is taken');
  const { login, name, department, roles } = draft;
  const since = new Date(clock.now()).toISOString();
  return { login, name, department, roles, status: 'invited', since, tokensNotBefore: 0, enrolment: 0 };
}

/**
 * Proposes other roles, or another invitation after a lost password or device. Throws Problem `not-found`, `conflict` where something waits already
 * or the account is closed, `forbidden` for one's own account, `unprocessable` for roles that do not go together.
 */
export async function proposeChange(
  deps: ChangeDependencies,
  { login, ...asked }: Proposed & { login: string },
  by: By & { proposer: string },
): Promise<ChangedPerson> {
  return change(deps, login, by, ({ people }) => {
    const person = existing(people, login);
    if (login === by.proposer) throw new Problem('forbidden', 'Nobody changes the own account');
    if (person.status !== 'active' && person.status !== 'invited')
      throw new Problem('conflict', `The account is ${person.status}`);
    if (person.pending !== undefined)
      throw new Problem('conflict', `A change by ${person.pending.by} waits: confirm or refuse it first`);
    const faults = asked.change === 'roles' ? roleFaults(asked.roles) : [];
    if (faults.length > 0) throw new Problem('unprocessable', 'The roles do not go together', { faults });
    const roles = asked.change === 'roles' ? { roles: asked.roles } : {};
    return [
      'person.proposed',
      { ...person, pending: { ...pendingOf(asked.change, by.proposer, deps.clock), ...roles } },
    ];
  });
}

/**
 * The second person of a proposal: the manager of the department; where it has none, another security administrator; where there is none either, the
 * machine itself (`undefined`). Never who proposed it, nor whom it is about. Throws Problem `forbidden` that says who may.
 */
function requireSecond({ login, department, pending }: Person, { people }: People, second: string | undefined): void {
  const others = [...people.values()].filter(
    (each) => each.status === 'active' && each.login !== login && each.login !== pending?.by,
  );
  const managers = others.filter((each) => each.department === department && each.roles.includes('department-manager'));
  const administrators = others.filter(({ roles }) => roles.includes('security-administrator'));
  const eligible = managers.length > 0 ? managers : administrators;
  if (eligible.length === 0 ? second === undefined : eligible.some((each) => each.login === second)) return;
  const who =
    eligible.length === 0
      ? 'the machine itself: exchange bootstrap --confirm'
      : eligible.map((each) => each.login).join(' or ');
  throw new Problem('forbidden', `A second person decides this: ${who}`);
}

/** Confirms or refuses what was proposed. Throws Problem `not-found`, `conflict` where nothing waits, `forbidden`. */
export async function decideProposal(
  deps: ChangeDependencies,
  { login, confirm, second }: { login: string; confirm: boolean; second: string | undefined },
  by: By,
): Promise<ChangedPerson & { isInvited: boolean }> {
  let isInvited = false;
  const changed = await change(deps, login, by, (index) => {
    const { pending, ...person } = existing(index.people, login);
    if (pending === undefined) throw new Problem('conflict', 'Nothing waits for a decision');
    requireSecond({ ...person, pending }, index, second);
    isInvited = confirm && pending.change !== 'roles';
    if (!confirm) return ['person.refused', pending.change === 'invite' ? { ...person, status: 'disabled' } : person];
    if (pending.change === 'roles') return ['person.confirmed', { ...person, roles: pending.roles ?? person.roles }];
    return ['person.confirmed', invitedAgain(person, deps.clock)];
  });
  return { ...changed, isInvited };
}

/** Nothing that the person has opens the account until it is enrolled again. */
export function invitedAgain(person: Person, clock: Clock): Person {
  const { enrolment, tokensNotBefore } = person;
  return {
    ...person,
    status: 'invited',
    tokensNotBefore: enrolment === 0 ? tokensNotBefore : Math.ceil(clock.now() / 1_000),
  };
}

/** Closes an account at once, tokens and sessions included. Throws Problem `not-found`, `conflict` for the last security administrator, `forbidden`. */
export async function disablePerson(
  deps: ChangeDependencies,
  login: string,
  by: By & { proposer: string },
): Promise<ChangedPerson> {
  return change(deps, login, by, ({ people }) => {
    const { pending: _, ...person } = existing(people, login);
    if (login === by.proposer) throw new Problem('forbidden', 'Nobody changes the own account');
    if (person.status === 'disabled') throw new Problem('conflict', 'The account is closed already');
    return ['person.disabled', { ...person, status: 'disabled', tokensNotBefore: Math.ceil(deps.clock.now() / 1_000) }];
  });
}

function pendingOf(change: Pending['change'], by: string, clock: Clock): Pending {
  return { change, by, at: new Date(clock.now()).toISOString() };
}

function existing(people: PolicyIndex['people'], login: string): Person {
  const person = people.get(login);
  if (person === undefined) throw new Problem('not-found', 'No such account');
  return person;
}

type Made = [event: NewChange['event'], person: Person];

async function change(
  deps: ChangeDependencies,
  login: string,
  by: By,
  make: (index: PolicyIndex) => Made,
): Promise<ChangedPerson> {
  const { index, receipt } = await changePolicy(deps, by, (at) => {
    const [event, document] = make(at);
    return { kind: 'person', id: login, document, event };
  });
  return { person: known(index.people, login), receipt };
}
