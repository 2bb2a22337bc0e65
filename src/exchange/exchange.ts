import type { Policy } from '../access/policy/policy.js';
import type { HostLookup } from '../access/upstreams/resolve-upstream.js';
import type { AuditLog } from '../audit/log.js';
import type { Slots } from '../ingest/receive/slots.js';
import type { Clock } from '../platform/clock.js';
import type { Config } from '../platform/config.js';
import type { Jobs } from '../platform/jobs.js';
import type { Keys } from '../platform/keys.js';
import type { Database } from '../platform/postgres/database.js';
import type { Releases } from '../query/releases.js';
import type { Reading } from '../query/run.js';
import type { Etags } from './answering/etag.js';
import type { Interfaces } from './proxy/interfaces.js';

/** What a running node has in hand. Doors get this; lower layers get only the parts they need. */
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
  readonly etags: Etags;
  /** Departments' interfaces that are asked live. */
  readonly interfaces: Interfaces;
  /** Deliveries of this node take turns. */
  readonly slots: Slots;
  /** Work for later, on whichever node has a worker. */
  readonly jobs: Jobs;
  /** Addresses of departments' hosts; the system's where it is left out. */
  readonly lookup?: HostLookup;
}
