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
}

const PREFIX = 'person:';

/** The subject of a person's tokens and entries. No client id has a colon, so none is equal to it. @internal */
export function subjectOf(login: string): string {
  return PREFIX + login;
}

/** Undefined for the subject of an application. */
export function loginOf(subject: string): string | undefined {
  return subject.startsWith(PREFIX) ? subject.slice(PREFIX.length) : undefined;
}
