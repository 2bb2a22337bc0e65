import type { PersonRole } from '../people/role.js';
import type { PolicyIndex } from '../policy/policy.js';

/** What a new origin closed, as a person reads and confirms it. Lines that are removed stay closed. */
export interface SuspendedList {
  applications: { id: string; title: string; department: string; roles: string[]; keys: string[] }[];
  people: { id: string; name: string; department: string; roles: PersonRole[] }[];
  grants: { id: string; application: string; dataset: string; mode: string; purposes: string[]; until: string }[];
  upstreams: { id: string; host: string }[];
}

export function suspendedList(index: PolicyIndex): SuspendedList {
  const closed = <T extends { status: string }>(items: Iterable<T>) =>
    [...items].filter(({ status }) => status === 'suspended');
  return {
    applications: closed(index.applications.values()).map(({ clientId, title, department, roles, jwks }) => ({
      id: clientId,
      title,
      department,
      roles: [...roles],
      keys: jwks.keys.map(({ kid }) => String(kid)),
    })),
    people: closed(index.people.values()).map(({ login, name, department, roles }) => ({
      id: login,
      name,
      department,
      roles: [...roles],
    })),
    grants: closed([...index.grants.values()].filter(({ held }) => held !== true)).map((grant) => ({
      id: grant.id,
      application: grant.application,
      dataset: `${grant.dataset}/v${grant.major}`,
      mode: grant.mode,
      purposes: [...grant.purposes],
      until: grant.validUntil,
    })),
    upstreams: closed(index.upstreams.values()).map(({ publisher, name, host }) => ({
      id: `${publisher}/${name}`,
      host,
    })),
  };
}

/** The part of the list that says what to reopen. */
export interface ReopeningList {
  applications: { id: string; roles: string[]; keys: string[] }[];
  people: { id: string; roles: string[] }[];
  grants: { id: string }[];
  upstreams: { id: string }[];
}
