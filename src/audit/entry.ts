/** The closed list of audit events. */
export const EVENTS = [
  'data.read',
  'data.denied',
  'data.failed',
  'graphql.read',
  'delivery.published',
  'delivery.rejected',
  'delivery.failed',
  'delivery.denied',
  'delivery.cancelled',
  'delivery.unchanged',
  'rejects.read',
  'quality.read',
  'derived.read',
  'contract.published',
  'publisher.registered',
  'purpose.registered',
  'code-list.changed',
  'upstream.approved',
  'upstream.withdrawn',
  'upstream.reopened',
  'source.began',
  'source.failed',
  'source.looked-at',
  'proxy.asked',
  'application.registered',
  'application.disabled',
  'application.reopened',
  'key.added',
  'key.revoked',
  'grant.issued',
  'grant.renewed',
  'grant.suspended',
  'grant.resumed',
  'grant.revoked',
  'grant.reopened',
  'origin.began',
  'person.registered',
  'person.proposed',
  'person.confirmed',
  'person.refused',
  'person.enrolled',
  'person.disabled',
  'person.recovered',
  'person.reopened',
  'token.issued',
  'login.failed',
  'access.refused',
  'audit.read',
  'platform.denied',
  'retention.applied',
  'calendar.imported',
  'request.drafted',
  'request.changed',
  'request.approved',
  'request.returned',
  'request.submitted',
  'request.accepted',
  'request.supplement-asked',
  'request.supplemented',
  'request.clock-stopped',
  'request.extension-asked',
  'request.extended',
  'request.extension-refused',
  'request.refused',
  'request.withdrawn',
  'request.provided',
  'request.rectified',
  'request.rectification-refused',
  'request.expired',
  'request.disposal-asked',
  'request.disposed',
] as const;
export type AuditEvent = (typeof EVENTS)[number];

export interface Actor {
  issuer: string;
  subject: string;
  application: string;
  department: string;
}

/** One dataset that a request touches, as in the open part of the entry. */
export interface EntryAccess {
  dataset: string;
  major: number;
  release: number | null;
  grant: string | null;
  version: number | null;
  purpose: string | null;
  decision: 'permit' | 'deny' | 'failed';
  fields: readonly string[];
  /** `field=mask` for each masked field. */
  masks: readonly string[];
  /** Number of rows that left; null where the number would reveal too much. An absent row and one out of scope look the same: both 0. */
  rows: number | null;
  /** An object shared by all accesses that differ only in release and rows: the key under which their text is cached. Not recorded. */
  template?: object;
}

/** What only auditors may open, stating a reason. */
export interface Sealed {
  /** The ask with its values, as the door parsed it. */
  ask: unknown;
  case?: string;
  operator?: string;
  address?: string;
  rule?: string;
  reason?: string;
  /** row_ids (16 bytes each) of the rows that left, concatenated per access, in order. */
  rows?: readonly Buffer[];
}

/** What a caller gives to the log. The log adds v, time, node, digests and salt. */
export interface Draft {
  /** UUID of the request. */
  request: string;
  event: AuditEvent;
  outcome: 'success' | 'denied' | 'failed';
  actor: Actor | null;
  accesses: readonly EntryAccess[];
  /** The uncompressed body that will leave. */
  answer?: Buffer | string;
  /** The canonical ask. */
  query?: string;
  sealed: Sealed;
  /** Open facts of the event: `{ record: {kind, id, version, hash} }`, `{ delivery: … }`, `{ confirms: index }`. */
  detail?: Readonly<Record<string, unknown>>;
  /** The policy epoch of the decision; undefined where policy decided nothing. */
  epoch?: number;
  /** ms since the epoch: the commit refuses after this time by the database's clock. */
  notAfter?: number;
}

export interface Receipt {
  index: number;
  /** Leaf hash, 32 bytes. */
  leaf: Buffer;
  /** 32 bytes. */
  blind: Buffer;
}

export type Appended =
  /** `sentAt`: when the batch was sent, ms since the epoch by this node's clock. The commit is not earlier. */
  | { state: 'recorded'; receipt: Receipt; sentAt: number }
  /** The policy changed since the decision: decide again under at least this epoch. */
  | { state: 'stale'; epoch: number }
  /** Token or grant expired before the commit. */
  | { state: 'expired' };

/** The head as this node last saw it. */
export interface Head {
  /** Index of the next entry = number of entries. */
  next: number;
  epoch: number;
}
