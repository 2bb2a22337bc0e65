import type { Receipt } from '../../audit/entry.js';
import { known } from '../../platform/known.js';
import { type By, type ChangeDependencies, changePolicy } from '../policy/change-policy.js';
import type { GrantDraft } from './draft-grant.js';
import type { Grant } from './grant.js';
import { grantRecord } from './grant-record.js';

/** Writes a grant and its entry, and puts it in force. The caller checks who may issue. Throws as `grantRecord`. */
export async function issueGrant(
  dependencies: ChangeDependencies,
  draft: GrantDraft,
  by: By,
): Promise<{ grant: Grant; receipt: Receipt }> {
  const { clock } = dependencies;
  const id = clock.uuid();
  const linkage = clock.uuid();
  const changed = await changePolicy(dependencies, by, (index) =>
    grantRecord(draft, index, { id, linkage, now: clock.now() }),
  );
  return { grant: known(changed.index.grants, id), receipt: changed.receipt };
}
