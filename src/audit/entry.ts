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
  'source.began',
  'source.failed',
  'proxy.asked',
  'application.registered',
  'application.disabled',
  'key.added',
  'key.revoked',
  'grant.issued',
  'grant.revoked',
  'token.issued',
  'login.failed',
  'access.refused',
  'audit.read',
  'platform.denied',
] as const;
export type AuditEvent = (typeof EVENTS)[number];

export interface Actor {
  issuer: string;
  subject: string;
  application: string;
  department: string;
}

/** One dataset touched by a request, as the open part of the entry tells it. */
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
  /** How many rows left; null where that itself would tell too much (an absent row and one out of scope look the same: both 0). */
  rows: number | null;
  /** An object that stays the same for every access alike in all but release and rows: what its text is remembered by. Not recorded. */
  template?: object;
}

/** What only auditors may open, with a reason. */
export interface Sealed {
  /** The ask with its values, as the door understood it. */
  ask: unknown;
  case?: string;
  operator?: string;
  address?: string;
  rule?: string;
  reason?: string;
  /** row_id (16 bytes each), concatenated, of the rows that left, per access in order. */
  rows?: readonly Buffer[];
}

/** What a writer hands to the log. The log adds v, time, node, digests and salt. */
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
  /** Extra open facts, event by event: `{ record: {kind, id, version, hash} }`, `{ delivery: … }`, `{ confirms: index }`. */
  detail?: Readonly<Record<string, unknown>>;
  /** The policy epoch under which this was decided; undefined where nothing was decided by policy. */
  epoch?: number;
  /** ms since the epoch: the commit refuses later than this by the database's clock. */
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
  /** `sentAt`: when the batch was sent, ms since the epoch by this node's clock; the commit was not earlier. */
  | { state: 'recorded'; receipt: Receipt; sentAt: number }
  /** The policy changed since it was decided: decide again under at least this epoch. */
  | { state: 'stale'; epoch: number }
  /** Token or grant ran out before the commit. */
  | { state: 'expired' };

/** The head as this node last saw it. */
export interface Head {
  /** Index that the next entry will get = number of entries. */
  next: number;
  epoch: number;
}
