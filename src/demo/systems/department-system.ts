import type { Secret } from '../../access/upstreams/secret.js';
import type { UpstreamDraft } from '../../access/upstreams/upstream.js';

/** A department's own system, which the demo runs on loopback: its port and secret are new at every start. */
export interface DepartmentSystem {
  /** Slug, and the name of the system in the publisher's contracts. */
  publisher: string;
  name: string;
  draft: UpstreamDraft;
  secret: Secret;
  close(): Promise<void>;
}
