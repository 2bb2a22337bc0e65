import { setTimeout } from 'node:timers/promises';
import { Problem } from '../../platform/errors.js';
import { known } from '../../platform/known.js';
import { type By, type ChangeDependencies, changePolicy, type NewChange } from '../policy/change-policy.js';
import type { PolicyIndex } from '../policy/policy.js';
import { type ApplicationDraft, checkApplicationDraft } from './check-application.js';
import { publicMembers, type Registered, registration } from './register-application.js';
import type { Application } from './subject.js';

/**
 * Registers the first operator: nobody can be asked, so only the machine itself calls this. Of two calls at once one succeeds. Throws Problem
 * `conflict` where an active operator exists or the client id was ever used, `unprocessable` naming every fault.
 */
export async function registerFirstOperator(
  dependencies: ChangeDependencies,
  draft: Omit<ApplicationDraft, 'roles'>,
  by: By,
): Promise<Registered> {
  return change(dependencies, draft.clientId, by, (index) => {
    refuseSecondOperator(index);
    return registration({ ...draft, roles: ['operator'] }, index);
  });
}

/** Throws Problem `conflict` where an active operator exists. */
export function refuseSecondOperator({ applications }: Pick<PolicyIndex, 'applications'>): void {
  const operator = [...applications.values()].find(isOperator);
  if (operator === undefined) return;
  throw new Problem(
    'conflict',
    `An operator exists already: ${operator.clientId}. If its key is lost, replace it: exchange bootstrap --again --client-id ${operator.clientId}`,
  );
}

/**
 * Replaces the lost key of an operator: revokes all that it has and adds the new one, in one commit. Running tokens end. Throws Problem `conflict`
 * where the application is no active operator, `unprocessable` naming every fault of the key. Resolves once the new key's tokens hold, up to a second
 * later: `iat` counts whole seconds, so a token of the second that ends the old ones ends with them.
 */
export async function replaceOperatorKey(
  dependencies: ChangeDependencies,
  { clientId, jwks }: Pick<ApplicationDraft, 'clientId' | 'jwks'>,
  by: By,
): Promise<Registered> {
  const replaced = await change(dependencies, clientId, by, ({ applications }) => {
    const operator = applications.get(clientId);
    if (operator === undefined || !isOperator(operator)) {
      throw new Problem('conflict', `${clientId} is not an active operator, so there is no key to replace`);
    }
    const faults = checkApplicationDraft({ ...operator, jwks });
    if (faults.length > 0) throw new Problem('unprocessable', 'The key cannot be registered', { faults });
    const tokensNotBefore = Math.ceil(dependencies.clock.now() / 1_000);
    const revoked: Application = { ...operator, jwks: { keys: [] }, tokensNotBefore };
    const renewed: Application = { ...revoked, jwks: { keys: jwks.keys.map(publicMembers) } };
    return [
      { kind: 'application', id: clientId, document: revoked, event: 'key.revoked' },
      { kind: 'application', id: clientId, document: renewed, event: 'key.added' },
    ];
  });
  await setTimeout(1_000 * (replaced.application.tokensNotBefore ?? 0) - dependencies.clock.now());
  return replaced;
}

function isOperator({ roles, status }: Application): boolean {
  return status === 'active' && roles.includes('operator');
}

async function change(
  dependencies: ChangeDependencies,
  clientId: string,
  by: By,
  make: (index: PolicyIndex) => NewChange | NewChange[],
): Promise<Registered> {
  const { index, receipt } = await changePolicy(dependencies, by, make);
  return { application: known(index.applications, clientId), receipt };
}
