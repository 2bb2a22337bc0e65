import type { Receipt } from '../../audit/entry.js';
import { Problem } from '../../platform/errors.js';
import { known } from '../../platform/known.js';
import {
  type By,
  type ChangeDependencies,
  changePolicy,
  type MakeRecord,
  type NewChange,
} from '../policy/change-policy.js';
import type { PolicyIndex } from '../policy/policy.js';
import { type ApplicationDraft, algorithmOf, checkApplicationDraft } from './check-application.js';
import type { Application } from './subject.js';
import { keyIdentity } from './weak-key.js';

export interface Registered {
  application: Application;
  receipt: Receipt;
}

/** Throws Problem `unprocessable` naming every fault, or `conflict` where the client id was ever used. */
export async function registerApplication(
  dependencies: ChangeDependencies,
  draft: ApplicationDraft,
  by: By,
): Promise<Registered> {
  const changed = await changePolicy(dependencies, by, (index) => registration(draft, index));
  return { application: known(changed.index.applications, draft.clientId), receipt: changed.receipt };
}

/** The record of a new application. Throws as `registerApplication`. */
export function registration(draft: ApplicationDraft, index: PolicyIndex): NewChange {
  const faults = checkApplicationDraft(draft);
  if (faults.length > 0) throw new Problem('unprocessable', 'The application cannot be registered', { faults });
  const id = draft.clientId;
  if (index.applications.has(id)) throw new Problem('conflict', 'The client id is taken');
  if (hasKeyOf(index.applications.values(), draft)) {
    throw new Problem('conflict', 'Another application has this key: make one of its own');
  }
  const document: Application = {
    clientId: id,
    title: draft.title,
    department: draft.department,
    roles: draft.roles,
    jwks: { keys: draft.jwks.keys.map(publicMembers) },
    dpop: false,
    status: 'active',
    tokensNotBefore: 0,
  };
  return { kind: 'application', id, document, event: 'application.registered' };
}

/** One key of two applications would let either sign in as the other. */
function hasKeyOf(applications: Iterable<Application>, draft: ApplicationDraft): boolean {
  const own = new Set(draft.jwks.keys.map(keyIdentity));
  return [...applications].some(({ jwks }) => jwks.keys.some((key) => own.has(keyIdentity(key))));
}

/** Refuses every later call of the application, running tokens included. Throws Problem `not-found` or `conflict`. */
export async function disableApplication(
  dependencies: ChangeDependencies,
  clientId: string,
  by: By,
): Promise<Registered> {
  const make: MakeRecord = (index) => {
    const application = index.applications.get(clientId);
    if (application === undefined) throw new Problem('not-found', 'No such application');
    if (application.status === 'disabled') throw new Problem('conflict', 'The application is disabled already');
    const tokensNotBefore = Math.ceil(dependencies.clock.now() / 1_000);
    const document: Application = { ...application, status: 'disabled', tokensNotBefore };
    return { kind: 'application', id: clientId, document, event: 'application.disabled' };
  };
  const changed = await changePolicy(dependencies, by, make);
  return { application: known(changed.index.applications, clientId), receipt: changed.receipt };
}

/** The members of a public key that are kept, with its algorithm. */
export function publicMembers(key: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { kty, crv, x, y, kid } = key;
  return { kty, crv, x, ...(y === undefined ? {} : { y }), kid, alg: algorithmOf(key), use: 'sig' };
}
