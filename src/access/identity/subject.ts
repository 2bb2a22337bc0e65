/** Who calls, as proven by a verified token. Roles come from the registered application, never from a claim. */
export interface Subject {
  issuer: string;
  /** The application's client id, or (later) a person's id. */
  sub: string;
  audience: 'data' | 'platform';
  /** Seconds since the epoch, of the token. */
  issuedAt: number;
  expiresAt: number;
}

/** A registered client program. A policy record of kind `application`, id = clientId. */
export interface Application {
  clientId: string;
  title: string;
  /** A publisher's slug, or another department's. */
  department: string;
  roles: readonly ('publisher' | 'operator' | 'auditor')[];
  /** Public keys only. */
  jwks: { keys: readonly Record<string, unknown>[] };
  dpop: boolean;
  status: 'active' | 'disabled';
  /** Seconds since the epoch: tokens issued before are refused. */
  tokensNotBefore: number;
}
