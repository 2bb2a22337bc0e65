/** How the exchange speaks to an upstream: the four databases of `catalog/source-terms.ts`, or an API. */
export const UPSTREAM_KINDS = ['postgres', 'mysql', 'sqlserver', 'oracle', 'http'] as const;
export type UpstreamKind = (typeof UPSTREAM_KINDS)[number];

/** What is asked for when an upstream is approved. */
export interface UpstreamDraft {
  kind: UpstreamKind;
  /** A name, or an address; never a path of a socket. */
  host: string;
  port: number;
  /** Databases: its name (Oracle: the service). */
  database?: string;
  /** `none` reaches loopback only: nothing that a department sends crosses a network in the clear. */
  tls: 'required' | 'none';
  /** PEM of the authority that signed its certificate, where the system does not know it. */
  ca?: string;
  /** APIs: what every path begins with, such as `/v2`. */
  pathPrefix?: string;
  /** Whoever approves states that it lies in a private network (RFC 1918, RFC 4193, RFC 6598). */
  private: boolean;
  /** It is called with a secret, which lies outside the database (`secret.ts`). */
  secret: boolean;
}

/** 上游系统: a system of one publisher that the exchange may call. A policy record: nothing is called that no entry of the log approved. */
export interface Upstream extends UpstreamDraft {
  /** Slug. Contracts of this publisher, and no others, name the upstream. */
  publisher: string;
  name: string;
  status: 'approved' | 'withdrawn';
}

/** `publisher/name`. */
export function upstreamId(publisher: string, name: string): string {
  return `${publisher}/${name}`;
}
