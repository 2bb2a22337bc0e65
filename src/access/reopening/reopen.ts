import type { Clock } from '../../platform/clock.js';
import { Problem } from '../../platform/errors.js';
import { refuseSecond } from '../grants/grant-record.js';
import { type By, type ChangeDependencies, changePolicy, type NewChange } from '../policy/change-policy.js';
import type { PolicyIndex } from '../policy/policy.js';
import type { ReopeningList } from './suspended.js';

/**
 * Reopens what the list has: each item by an entry, all together or none. An application or person keeps the roles (and keys) that the list
 * still has, and its earlier tokens stay refused. Throws Problem `unprocessable` for an item that is not suspended or listed twice, `conflict` for a grant that was agreed
 * anew meanwhile.
 */
export async function reopen(dependencies: ChangeDependencies, list: ReopeningList, by: By): Promise<number> {
  const all = [list.applications, list.people, list.grants, list.upstreams];
  const count = all.flat().length;
  if (count === 0) throw new Problem('unprocessable', 'The list has nothing to reopen.');
  if (all.some((items) => new Set(items.map(({ id }) => id)).size < items.length))
    throw new Problem('unprocessable', 'The list names an item twice.');
  await changePolicy(dependencies, by, (index) => [
    ...list.applications.map((item) => application(item, index, dependencies.clock)),
    ...list.people.map((item) => person(item, index, dependencies.clock)),
    ...list.upstreams.map(({ id }) => upstream(id, index)),
    ...list.grants.map(({ id }) => grant(id, index)),
  ]);
  return count;
}

function application(item: ReopeningList['applications'][number], index: PolicyIndex, clock: Clock): NewChange {
  const held = suspended(index.applications, item.id, 'application');
  const document = {
    ...held,
    roles: held.roles.filter((role) => item.roles.includes(role)),
    jwks: { keys: held.jwks.keys.filter(({ kid }) => item.keys.includes(String(kid))) },
    status: 'active',
    tokensNotBefore: Math.floor(clock.now() / 1_000), // none was issued while it was suspended
  };
  return { kind: 'application', id: item.id, document, event: 'application.reopened' };
}

function person(item: ReopeningList['people'][number], index: PolicyIndex, clock: Clock): NewChange {
  const held = suspended(index.people, item.id, 'person');
  const document = {
    ...held,
    roles: held.roles.filter((role) => item.roles.includes(role)),
    status: held.enrolment === 0 ? 'invited' : 'active',
    tokensNotBefore: Math.floor(clock.now() / 1_000),
  };
  return { kind: 'person', id: item.id, document, event: 'person.reopened' };
}

function upstream(id: string, index: PolicyIndex): NewChange {
  const document = { ...suspended(index.upstreams, id, 'upstream'), status: 'approved' };
  return { kind: 'upstream', id, document, event: 'upstream.reopened' };
}

function grant(id: string, index: PolicyIndex): NewChange {
  const { version: _, ...held } = suspended(index.grants, id, 'grant');
  if (held.held === true)
    throw new Problem('unprocessable', `The grant ${id} is suspended for misuse: it is rectified first.`);
  refuseSecond(held, index);
  return { kind: 'grant', id, document: { ...held, status: 'active' }, event: 'grant.reopened' };
}

function suspended<T extends { status: string }>(items: ReadonlyMap<string, T>, id: string, what: string): T {
  const held = items.get(id);
  if (held?.status === 'suspended') return held;
  throw new Problem('unprocessable', `The ${what} ${id} is not suspended.`);
}
