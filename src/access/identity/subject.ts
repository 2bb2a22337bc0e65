interface Token {
  issuer: string;
  sub: string;
  /** When the token was issued, seconds since the epoch. */
  issuedAt: number;
  expiresAt: number;
}

/** An application, proven by a verified token. `sub` is its client id. */
interface ApplicationSubject extends Token {
  audience: 'data' | 'platform';
  person?: undefined;
}

/** A person, who calls the platform only: no token of a person reads data. `sub` is `person:<login>`. */
export interface PersonSubject extends Token {
  audience: 'platform';
  /** Login. */
  person: string;
  /** UUID of the session in which the token was issued. */
  session: string;
  /** The program in front of the person. */
  client: string;
}

/** The caller, proven by a verified token. Roles come from the record of the application or person, never from a claim. */
export type Subject = ApplicationSubject | PersonSubject;

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
