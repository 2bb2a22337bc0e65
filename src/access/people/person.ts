import type { PersonRole } from './role.js';

/**
 * An account of one person, who acts for one department. A policy record of kind `person`, id = login. What the person signs in with is not part of
 * it: secrets are never in the log.
 */
export interface Person {
  login: string;
  name: string;
  /** Slug of a publisher, or of another department. */
  department: string;
  roles: readonly PersonRole[];
  /** `suspended` by a new origin of the log, until it is reopened. */
  status: 'proposed' | 'invited' | 'active' | 'disabled' | 'suspended';
  /** When the account was made, RFC 3339. */
  since: string;
  /** Seconds since the epoch: tokens issued earlier are refused. */
  tokensNotBefore: number;
  /** Counts what the person signs in with: an older password and device no longer fit. */
  enrolment: number;
  /** Made by the demo: signs in by one click where the demo is on loopback alone. */
  demo?: true;
  /** A change that waits for a second person. */
  pending?: Pending;
}

export interface Pending {
  change: 'invite' | 'invite-again' | 'roles';
  /** The roles to have then. */
  roles?: readonly PersonRole[];
  /** Who proposed it: a login, or a command on the machine. */
  by: string;
  /** RFC 3339. */
  at: string;
}

const PREFIX = 'person:';

/** The subject of a person's tokens and entries. No client id has a colon, so none is equal to it. */
export function subjectOf(login: string): string {
  return PREFIX + login;
}

/** Undefined for the subject of an application. */
export function loginOf(subject: string): string | undefined {
  return subject.startsWith(PREFIX) ? subject.slice(PREFIX.length) : undefined;
}
