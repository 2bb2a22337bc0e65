/** The caller, proven by a verified token. Roles come from the registered application, never from a claim. */
export interface Subject {
  issuer: string;
  /** Client id of the application; later also the id of a person. */
  sub: string;
  audience: 'data' | 'platform';
  /** When the token was issued, seconds since the epoch. */
  issuedAt: number;
  expiresAt: number;
}

/** A registered client program. A policy record of kind `application`, id = clientId. */
export interface Application {
  clientId: string;
  title: string;
  /** Slug of a publisher, or of another department. */
  department: string;
  roles: readonly ('publisher' | 'operator' | 'auditor')[];
  /** Public keys only. */
  jwks: { keys: readonly Record<string, unknown>[] };
  dpop: boolean;
  /** `suspended` by a new origin of the log, until it is reopened. */
  status: 'active' | 'disabled' | 'suspended';
  /** Seconds since the epoch: tokens issued earlier are refused. */
  tokensNotBefore: number;
}
