import type { Secret } from '../../access/upstreams/secret.js';
import type { UpstreamDraft } from '../../access/upstreams/upstream.js';

/** A department's own system, which the demo plays on loopback while the node runs: its port and its secret are new at every start. */
export interface DepartmentSystem {
  /** Slug, and what the publisher's contracts call it. */
  publisher: string;
  name: string;
  draft: UpstreamDraft;
  secret: Secret;
  close(): Promise<void>;
}
