import type { Fault } from '../../platform/errors.js';
import { peopleClient } from './people-clients.js';
import type { Application } from './subject.js';
import { keyIdentity, weakness } from './weak-key.js';

export interface ApplicationDraft {
  clientId: string;
  title: string;
  /** Slug of a publisher, or of another department. */
  department: string;
  roles: Application['roles'];
  jwks: Application['jwks'];
}

type Key = Readonly<Record<string, unknown>>;

const NAME = /^[a-z][a-z0-9-]{1,62}$/;
const ROLES: readonly string[] = ['publisher', 'operator', 'auditor'];
const KEYS_AT_MOST = 8;

/** Every fault in a registration. */
export function checkApplicationDraft(draft: ApplicationDraft): Fault[] {
  const faults: Fault[] = [];
  const expected = 'lower case letters, digits and hyphens, 2 to 63';
  if (!NAME.test(draft.clientId)) faults.push({ pointer: '/clientId', reason: 'Not a client id', expected });
  if (peopleClient(draft.clientId) !== undefined)
    faults.push({ pointer: '/clientId', reason: 'This is a program of the exchange itself' });
  if (!NAME.test(draft.department)) faults.push({ pointer: '/department', reason: 'Not a department', expected });
  if (draft.title.trim() === '') faults.push({ pointer: '/title', reason: 'The title is missing' });
  draft.roles.forEach((role, i) => {
    if (!ROLES.includes(role))
      faults.push({ pointer: `/roles/${i}`, reason: 'No such role', expected: ROLES.join(', ') });
  });
  const { keys } = draft.jwks;
  if (keys.length === 0 || keys.length > KEYS_AT_MOST) {
    faults.push({ pointer: '/jwks/keys', reason: 'Wrong number of keys', expected: `1 to ${KEYS_AT_MOST}` });
  }
  keys.forEach((key, i) => {
    const reason = keyFault(key) ?? repetition(key, keys.slice(0, i));
    if (reason !== undefined) faults.push({ pointer: `/jwks/keys/${i}`, reason });
  });
  return faults;
}

/** Members that only private or secret keys have (RFC 7518 section 6). */
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

function repetition(key: Key, before: readonly Key[]): string | undefined {
  if (before.some(({ kid }) => kid === key.kid)) return 'The kid appears twice';
  return before.some((each) => keyIdentity(each) === keyIdentity(key)) ? 'The key appears twice' : undefined;
}

/** Why nobody may sign in with the key. */
export function keyFault(key: Key): string | undefined {
  if (PRIVATE.some((member) => member in key)) return 'This is a private key: keep it, and register the public one';
  if (typeof key.kid !== 'string' || key.kid === '') return 'The kid is missing';
  if (algorithmOf(key) === undefined) return 'Only EC P-256 (ES256) and OKP Ed25519 (EdDSA) keys are accepted';
  if (key.alg !== undefined && key.alg !== algorithmOf(key)) return 'The alg does not fit the key';
  if (key.use !== undefined && key.use !== 'sig') return 'The key is not for signatures';
  const identity = keyIdentity(key);
  return identity === undefined ? 'The key is not a point on its curve' : weakness(identity);
}

export function algorithmOf(key: Readonly<Record<string, unknown>>): 'ES256' | 'EdDSA' | undefined {
  if (key.kty === 'EC' && key.crv === 'P-256') return 'ES256';
  if (key.kty === 'OKP' && key.crv === 'Ed25519') return 'EdDSA';
  return undefined;
}
