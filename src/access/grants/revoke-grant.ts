import type { Receipt } from '../../audit/entry.js';
import { Problem } from '../../platform/errors.js';
import { known } from '../../platform/known.js';
import { type By, type ChangeDependencies, changePolicy } from '../policy/change-policy.js';
import { statusRecord } from './change-status.js';
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
  const changed = await changePolicy(dependencies, by, (index) => statusRecord(index, id, 'grant.revoked'));
  return { grant: known(changed.index.grants, id), receipt: changed.receipt };
}
