import type { Receipt } from '../../audit/entry.js';
import { Problem } from '../../platform/errors.js';
import { known } from '../../platform/known.js';
import { type By, type ChangeDependencies, changePolicy, type MakeRecord } from '../policy/change-policy.js';
import type { Grant } from './grant.js';

/**
 * Once this returns, no entry under the grant can commit on any node (the audit commit checks the epoch). Throws Problem `not-found`, or `conflict`
 * where it is already revoked.
 */
export async function revokeGrant(
  dependencies: ChangeDependencies,
  id: string,
  by: By,
): Promise<{ grant: Grant; receipt: Receipt }> {
  if (!dependencies.policy.current().grants.has(id)) throw new Problem('not-found', 'No such grant');
  const make: MakeRecord = (index) => {
    const grant = index.grants.get(id);
    if (grant === undefined) throw new Problem('not-found', 'No such grant');
    if (grant.status === 'revoked') throw new Problem('conflict', 'The grant is revoked already');
    const { version: _, ...document } = grant;
    return { kind: 'grant', id, document: { ...document, status: 'revoked' }, event: 'grant.revoked' };
  };
  const changed = await changePolicy(dependencies, by, make);
  return { grant: known(changed.index.grants, id), receipt: changed.receipt };
}
