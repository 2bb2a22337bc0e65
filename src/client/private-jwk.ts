/** A private ES256 key (JWK with kid and alg). */
export type PrivateJwk = Readonly<Record<string, string>>;
