import { createPublicKey, hash, type KeyObject } from 'node:crypto';
import { type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../platform/clock.js';
import type { Config } from '../../platform/config.js';
import { Problem } from '../../platform/errors.js';
import type { Keys } from '../../platform/keys/keys.js';
import { loginOf } from '../people/person.js';
import { audienceUri } from './audience.js';
import type { Subject } from './subject.js';

export interface Identity {
  /**
   * The caller, from the value of `Authorization`. Synchronous for a token seen before; else after its signature is checked. Throws (or rejects with)
   * Problem `unauthenticated`. `decide` checks whether the application may still call.
   */
  identify(authorization: string | undefined, audience: Subject['audience']): Subject | Promise<Subject>;
}

const REMEMBERED_AT_MOST = 10_000;
const TOKEN_LENGTH_AT_MOST = 4_096;
/** RFC 6750 section 2.1: exactly one token; the scheme in any case. */
const BEARER = /^bearer +([A-Za-z0-9\-_.]+)$/i;
/** s */
const CLOCK_TOLERANCE = 5;
const TOKEN_AGE_AT_MOST = 300;

export function openIdentity(options: { config: Pick<Config, 'publicUrl'>; keys: Keys; clock: Clock }): Identity {
  const { config, keys, clock } = options;
  const check = verifier(config, keys, clock);
  const remembered = new LRUCache<string, Subject>({ max: REMEMBERED_AT_MOST });

  async function verify(token: string, audience: Subject['audience'], digest: string): Promise<Subject> {
    const subject = await check(token, audience);
    remembered.set(digest, subject);
    return subject;
  }
  return {
    identify(authorization, audience) {
      const token = bearerToken(authorization);
      const digest = hash('sha256', token, 'base64');
      const known = remembered.get(digest);
      if (known === undefined) return verify(token, audience, digest);
      if (known.audience !== audience) throw refused('The token is for another resource');
      if (known.expiresAt * 1_000 > clock.now()) return known;
      remembered.delete(digest);
      throw refused('The token has expired');
    },
  };
}

function bearerToken(authorization: string | undefined): string {
  if (authorization === undefined) throw refused('There is no access token');
  const token = BEARER.exec(authorization)?.[1];
  if (token === undefined || token.length > TOKEN_LENGTH_AT_MOST) throw refused('Authorization is not a bearer token');
  return token;
}

/** RFC 9068 with every check pinned: the library's defaults accept a token with no expiry, audience or type. */
function verifier(config: Pick<Config, 'publicUrl'>, keys: Keys, clock: Clock) {
  const { kid } = keys.tokenSigner;
  const key = publicKey(keys);
  const pinned: JWTVerifyOptions = {
    algorithms: ['ES256'],
    issuer: config.publicUrl,
    typ: 'at+jwt',
    requiredClaims: ['exp', 'iat', 'sub', 'client_id', 'jti'],
    clockTolerance: CLOCK_TOLERANCE,
    maxTokenAge: TOKEN_AGE_AT_MOST,
  };
  return async (token: string, audience: Subject['audience']): Promise<Subject> => {
    const aud = audienceUri(config, audience);
    const options = { ...pinned, audience: aud, currentDate: new Date(clock.now()) };
    const { payload, protectedHeader } = await jwtVerify(token, key, options).catch(() => {
      throw refused('The token is not valid here');
    });
    const { sub, iat = 0, exp = 0 } = payload;
    const odd = protectedHeader.kid !== kid || payload.aud !== aud || payload.cnf !== undefined;
    if (odd || sub === undefined || exp * 1_000 <= clock.now() || exp - iat > TOKEN_AGE_AT_MOST) {
      throw refused('The token is not valid here');
    }
    return subjectOf(payload, audience, { issuer: config.publicUrl, sub, issuedAt: iat, expiresAt: exp });
  };
}

/** Whom the token names: a person for the platform only, or the application that requested it. */
function subjectOf(
  { client_id: client, sid: session }: JWTPayload,
  audience: Subject['audience'],
  token: Pick<Subject, 'issuer' | 'sub' | 'issuedAt' | 'expiresAt'>,
): Subject {
  const person = loginOf(token.sub);
  if (person === undefined) {
    if (token.sub === client) return { ...token, audience };
  } else if (audience === 'platform' && typeof client === 'string' && typeof session === 'string') {
    return { ...token, audience, person, session, client };
  }
  throw refused('The token is not valid here');
}

function publicKey(keys: Keys): KeyObject {
  return createPublicKey({ key: keys.tokenSigner, format: 'jwk' });
}

function refused(detail: string): Problem {
  return new Problem('unauthenticated', detail);
}
