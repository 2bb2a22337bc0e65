import type { Catalog } from '../../catalog/catalog.js';
import type { Grant, Mode } from '../grants/grant.js';
import type { Application } from '../identity/subject.js';
import type { Upstream } from '../upstreams/upstream.js';

/** Everything that decides, in memory, as of one policy epoch. Only records whose hash stands in a log entry are in it. */
export interface PolicyIndex {
  readonly epoch: number;
  readonly catalog: Catalog;
  /** By clientId. */
  readonly applications: ReadonlyMap<string, Application>;
  /** Newest version of every grant, by id. */
  readonly grants: ReadonlyMap<string, Grant>;
  /** Systems of publishers that may be called, and those withdrawn, by `publisher/name`. */
  readonly upstreams: ReadonlyMap<string, Upstream>;
  /** Active grants (validity not yet looked at) of one application on one dataset major in one mode. O(1), no allocation. */
  grantsOf(clientId: string, contractId: string, mode: Mode): readonly Grant[];
  /** True where the application holds any active grant, of any mode, on the dataset major. */
  holdsAny(clientId: string, contractId: string): boolean;
}

/** The living index of a node: reloaded when the log says that the policy moved. */
export interface Policy {
  current(): PolicyIndex;
  /** Reads new records until the index is at least at this epoch. */
  reach(epoch: number): Promise<PolicyIndex>;
  /** Called after each swap, in order, with the new index. */
  onChange(listener: (index: PolicyIndex) => void): void;
  close(): Promise<void>;
}
