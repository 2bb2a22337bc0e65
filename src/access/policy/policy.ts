import type { Catalog } from '../../catalog/catalog.js';
import type { Grant, Mode } from '../grants/grant.js';
import type { Application } from '../identity/subject.js';
import type { Person } from '../people/person.js';
import type { Upstream } from '../upstreams/upstream.js';

/** Everything that decisions use, in memory, at one policy epoch. Holds only records whose hash is in a log entry. */
export interface PolicyIndex {
  readonly epoch: number;
  readonly catalog: Catalog;
  /** By clientId. */
  readonly applications: ReadonlyMap<string, Application>;
  /** By login. */
  readonly people: ReadonlyMap<string, Person>;
  /** Newest version of each grant, by id. */
  readonly grants: ReadonlyMap<string, Grant>;
  /** Systems of publishers, approved or withdrawn, by `publisher/name`. */
  readonly upstreams: ReadonlyMap<string, Upstream>;
  /** Active grants of one application on one dataset major in one mode; validity is not checked. O(1), no allocation. */
  grantsOf(clientId: string, contractId: string, mode: Mode): readonly Grant[];
  /** Whether the application holds an active grant of any mode on the dataset major. */
  holdsAny(clientId: string, contractId: string): boolean;
  /** Whether a grant of the application on the dataset major was suspended by a new origin of the log, and would still be valid. */
  holdsSuspended(clientId: string, contractId: string, nowMs: number): boolean;
}

/** The current index of a node, reloaded when the log says that the policy changed. */
export interface Policy {
  current(): PolicyIndex;
  /** Reads new records until the index is at least at this epoch. */
  reach(epoch: number): Promise<PolicyIndex>;
  /** Called after each swap, in order, with the new index. */
  onChange(listener: (index: PolicyIndex) => void): void;
  /** One line, where the log was altered while the node runs: nothing may be decided any more. */
  fault(): string | undefined;
  close(): Promise<void>;
}
