import { importJWK, SignJWT } from 'jose';
import type { Clock } from '../platform/clock.js';
import { send } from './http.js';
import type { PrivateJwk } from './private-jwk.js';

/** The caller, the server and the audience of a token. */
export interface TokenRequest {
  clientId: string;
  privateJwk: PrivateJwk;
  issuer: string;
  tokenEndpoint: string;
  /** RFC 8707: the audience of the token. */
  resource: string;
}

const ASSERTION_LIFE_S = 60;
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** An access token by `private_key_jwt` (RFC 7523). Throws Error with the server's message. */
export async function accessToken(request: TokenRequest, clock: Clock): Promise<string> {
  const now = Math.floor(clock.now() / 1000);
  const assertion = await new SignJWT({})
    .setProtectedHeader({ alg: 'ES256', kid: request.privateJwk.kid! })
    .setIssuer(request.clientId)
    .setSubject(request.clientId)
    .setAudience(request.issuer)
    .setJti(clock.uuid())
    .setIssuedAt(now)
    .setExpirationTime(now + ASSERTION_LIFE_S)
    .sign(await importJWK(request.privateJwk, 'ES256'));
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: request.clientId,
    client_assertion_type: ASSERTION_TYPE,
    client_assertion: assertion,
    resource: request.resource,
  });
  const reply = await send(request.tokenEndpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
  });
  const body = reply.json();
  if (reply.status === 200 && typeof body.access_token === 'string') return body.access_token;
  throw new Error(`No token for ${request.clientId}: ${reply.status} ${body.error_description ?? body.error ?? ''}`);
}
