import type { CompiledAccess } from '../compile-access.js';
import type { Access, Denial } from '../decision.js';
import { deny } from '../deny.js';
import type { Stated } from '../question.js';
import { checkField } from './check-field.js';
import { checkRequirements } from './check-requirements.js';
import { type ChosenGrant, chooseGrant, type GrantSearch } from './choose-grant.js';

export interface RelationSearch extends GrantSearch {
  purpose: string;
  stated: Stated;
}

/**
 * A relation exists for a caller only where its target is granted for the same purpose and both sides give all join fields unmasked. Every failure
 * looks the same to the caller, so that it does not reveal which grants exist on the target.
 */
export function checkRelation(
  from: Access,
  name: string,
  path: string,
  following: RelationSearch,
): CompiledAccess | Denial {
  const relation = from.contract.relations.get(name);
  if (relation === undefined) return refuse(from, path, `no relation ${name} in ${from.contract.id}`);
  const target = following.index.catalog.contracts.get(relation.to);
  if (target === undefined) return refuse(from, path, `${relation.to} is not published`);
  const stated = { ...following.stated, grant: undefined, purpose: following.purpose };
  const chosen: ChosenGrant | Denial = chooseGrant(following, target, stated);
  if ('outcome' in chosen) return refuse(from, path, `${relation.to}: ${chosen.reason}`);
  const { access } = chosen;
  for (const [own, theirs] of Object.entries(relation.on)) {
    const denial = checkField(from, own, 'join') ?? checkField(access, theirs, 'join');
    if (denial !== undefined) return refuse(from, path, `join on ${own}: ${denial.reason}`);
  }
  return checkRequirements(access, following.stated) ?? access;
}

function refuse(from: Access, path: string, reason: string): Denial {
  return deny('check-relation', 'relation-not-granted', {
    reason,
    faults: [{ parameter: path, reason: 'A dataset on this path is not granted for this purpose' }],
    grant: from.grant,
  });
}
