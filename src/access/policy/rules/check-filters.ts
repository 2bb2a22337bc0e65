import type { Access, Denial } from '../decision.js';
import { deny } from '../deny.js';
import type { AskedCondition } from '../question.js';
import { checkField } from './check-field.js';

/** Finds the access behind a relation path, or the denial. */
export type Follow = (relation: string) => Access | Denial;

/** Every filter uses a field that the contract makes filterable and the grant gives unmasked; behind a relation, the same holds on its dataset. */
export function checkFilters(root: Access, condition: AskedCondition, follow: Follow): Denial | undefined {
  if ('path' in condition) return checkLeaf(root, condition.path, follow);
  if ('not' in condition) return checkFilters(root, condition.not, follow);
  for (const part of 'and' in condition ? condition.and : condition.or) {
    const denial = checkFilters(root, part, follow);
    if (denial !== undefined) return denial;
  }
  return undefined;
}

function checkLeaf(root: Access, path: string, follow: Follow): Denial | undefined {
  const dot = path.lastIndexOf('.');
  const field = path.slice(dot + 1);
  const access = dot === -1 ? root : follow(path.slice(0, dot));
  if ('outcome' in access) return access;
  const denial = checkField(access, field, 'filter', path);
  if (denial !== undefined) return denial;
  if (access.contract.filterable.has(field)) return undefined;
  return deny('check-filters', 'not-filterable', {
    reason: `${access.contract.id} does not let ${field} filter`,
    faults: [{ parameter: path, reason: 'The contract does not allow this filter' }],
    grant: access.grant,
  });
}
