import type { Policy } from '../access/policy/policy.js';
import type { HostLookup } from '../access/upstreams/resolve-upstream.js';
import type { AuditLog } from '../audit/log.js';
import type { Slots } from '../ingest/receive/slots.js';
import type { Clock } from '../platform/clock.js';
import type { Config } from '../platform/config.js';
import type { Jobs } from '../platform/jobs.js';
import type { Keys } from '../platform/keys/keys.js';
import type { Database } from '../platform/postgres/database.js';
import type { Releases } from '../query/releases.js';
import type { Reading } from '../query/run.js';
import type { Etags } from './answering/etag.js';
import type { Strangers } from './answering/strangers.js';
import type { FairQueue } from './in-flight/fair-queue.js';
import type { Interfaces } from './proxy/interfaces.js';

/** The parts of a running node. Doors get all of it; lower layers get only what they need. */
export interface Exchange {
  readonly node: string;
  readonly config: Config;
  readonly clock: Clock;
  readonly keys: Keys;
  readonly database: Database;
  readonly policy: Policy;
  readonly log: AuditLog;
  readonly releases: Releases;
  readonly reading: Reading;
  /** Before `reading`. */
  readonly queue: FairQueue;
  readonly etags: Etags;
  readonly strangers: Strangers;
  /** Departments' interfaces that are asked live. */
  readonly interfaces: Interfaces;
  /** Limits how many bodies of deliveries arrive at once on this node. */
  readonly arrivals: Slots;
  /** Limits how many deliveries run at once on this node. */
  readonly slots: Slots;
  /** Limits how many drafts of contracts are made at once on this node. */
  readonly drafts: Slots;
  /** Jobs for any node that has a worker. */
  readonly jobs: Jobs;
  /** Resolves names of departments' hosts. Default: the system's resolver. */
  readonly lookup?: HostLookup;
}
