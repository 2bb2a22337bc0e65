/** How the exchange speaks to an upstream: a database of `catalog/source-terms.ts`, or an API. */
export const UPSTREAM_KINDS = ['postgres', 'mysql', 'http'] as const;
export type UpstreamKind = (typeof UPSTREAM_KINDS)[number];

/** What an operator states when it approves an upstream. */
export interface UpstreamDraft {
  kind: UpstreamKind;
  /** A host name or an address, never the path of a socket. */
  host: string;
  port: number;
  /** Databases: the name. */
  database?: string;
  /** `none` is for loopback only: data of a department never crosses a network unencrypted. */
  tls: 'required' | 'none';
  /** PEM of the authority that signed its certificate, where the system does not trust it already. */
  ca?: string;
  /** APIs: the start of every path, such as `/v2`. */
  pathPrefix?: string;
  /** The approver states that it is in a private network (RFC 1918, RFC 4193, RFC 6598). */
  private: boolean;
  /** Whether calls need a secret, kept outside the database (`secret.ts`). */
  secret: boolean;
}

/** 上游系统: a system of one publisher that the exchange may call. A policy record: the exchange calls nothing without an approval in the log. */
export interface Upstream extends UpstreamDraft {
  /** Slug. Only contracts of this publisher can name the upstream. */
  publisher: string;
  name: string;
  /** `suspended` by a new origin of the log, until it is reopened. */
  status: 'approved' | 'withdrawn' | 'suspended';
}

/** `publisher/name`. */
export function upstreamId(publisher: string, name: string): string {
  return `${publisher}/${name}`;
}
