import type { Access, Denial } from '../decision.js';
import { deny } from '../deny.js';
import { checkField } from './check-field.js';

/** The contract makes the field sortable, and the grant gives it unmasked. */
export function checkSort(access: Access, field: string): Denial | undefined {
  const denial = checkField(access, field, 'sort');
  if (denial !== undefined) return denial;
  if (access.contract.sortable.has(field)) return undefined;
  return deny('check-sort', 'not-filterable', {
    reason: `${access.contract.id} does not let ${field} sort`,
    faults: [{ parameter: field, reason: 'The contract does not allow this sort' }],
    grant: access.grant,
  });
}
