import type { Contract } from '../../catalog/contract.js';
import { MODES, type Mode } from '../grants/grant.js';
import type { Application, Subject } from '../identity/subject.js';
import type { CompiledAccess } from './compile-access.js';
import type { Access, Decision, Denial, Permit } from './decision.js';
import { deny } from './deny.js';
import type { PolicyIndex } from './policy.js';
import type { Question, Stated } from './question.js';
import { checkApplication } from './rules/check-application.js';
import { checkFilters } from './rules/check-filters.js';
import { checkKey } from './rules/check-key.js';
import { checkRelation } from './rules/check-relation.js';
import { checkRequirements } from './rules/check-requirements.js';
import { checkSelection } from './rules/check-selection.js';
import { checkSort } from './rules/check-sort.js';
import { type ChosenGrant, chooseGrant } from './rules/choose-grant.js';

export interface Case {
  subject: Subject;
  /** From the index. */
  application: Application | undefined;
  call: Stated;
  index: PolicyIndex;
  /** ms since the epoch. */
  now: number;
}

const NOTHING: ReadonlySet<string> = new Set();
const NO_RELATIONS: ReadonlyMap<string, CompiledAccess> = new Map();

/**
 * Decides one ask. Pure, deny by default: a permit is made only at the end, after every rule passes. The contract comes from the index, not from the
 * ask, so that a stricter contract applies at once.
 */
export function decide(asked: Case & { ask: Question; mode: Mode }): Decision {
  const { ask, call } = asked;
  const chosen = enter(asked, ask.contract.id, asked.mode);
  if ('outcome' in chosen) return chosen;
  const { access: root } = chosen;
  const { target, selection } = ask;
  if (target.kind === 'keys') {
    const denial = checkKey(root);
    if (denial !== undefined) return denial;
  }
  const where = target.kind === 'page' ? target.where : undefined;
  const sort = target.kind === 'page' ? target.sort : undefined;
  if (sort !== undefined) {
    const denial = checkSort(root, sort.field);
    if (denial !== undefined) return denial;
  }
  if (where === undefined && selection.fields === undefined && selection.relations.size === 0) {
    return permit(asked, chosen, NO_RELATIONS, NOTHING);
  }
  const tree = new Map<string, CompiledAccess>();
  const withheld = new Set<string>();
  const follow = (path: string): CompiledAccess | Denial => {
    const known = path === '' ? root : tree.get(path);
    if (known !== undefined) return known;
    const dot = path.lastIndexOf('.');
    const from = follow(path.slice(0, Math.max(dot, 0)));
    if ('outcome' in from) return from;
    const following = {
      ...asked,
      clientId: asked.subject.sub,
      nowMs: asked.now,
      purpose: chosen.purpose,
      stated: call,
    };
    const found = checkRelation(from, path.slice(dot + 1), path, following);
    if (!('outcome' in found)) tree.set(path, found);
    return found;
  };
  const denial =
    (where === undefined ? undefined : checkFilters(root, where, follow)) ??
    checkSelection(root, selection, { withheld, partial: ask.partial, follow });
  return denial ?? permit(asked, chosen, tree, withheld);
}

/**
 * Decides whether an application may deliver into the contract: only one of the owning department, with role publisher, under a grant of mode
 * deliver.
 */
export function decideDelivery(asked: Case & { contract: Pick<Contract, 'id'> }): Decision {
  const chosen = enter(asked, asked.contract.id, 'deliver');
  if ('outcome' in chosen) return chosen;
  const { contract, grant } = chosen.access;
  const { application } = asked;
  if (application?.department !== contract.publisher || !application.roles.includes('publisher')) {
    return deny('check-publisher', 'forbidden', { reason: 'not an application of the publisher', grant });
  }
  return permit(asked, chosen, new Map(), new Set());
}

/**
 * Decides whether an application may read the dataset's quality: under its deliver grant, else under any other grant on it. The mode of the permit's
 * grant says which.
 */
export function decideQuality(asked: Case & { contract: Pick<Contract, 'id'> }): Decision {
  const delivering = decideDelivery(asked);
  if (delivering.outcome === 'permit') return delivering;
  let denial = delivering;
  for (const mode of MODES) {
    if (mode === 'deliver') continue;
    const chosen = enter(asked, asked.contract.id, mode);
    if (!('outcome' in chosen)) return permit(asked, chosen, new Map(), new Set());
    // A fault in a grant that it holds is a better reason than a missing mode.
    if (denial.code === 'mode-not-granted') denial = chosen;
  }
  return denial;
}

/** Rules that precede every ask: the caller, then its grant and purpose, then what the grant requires the caller to state. */
function enter(asked: Case, contractId: string, mode: Mode): ChosenGrant | Denial {
  const refused = checkApplication(asked.subject, asked.application, asked.now);
  if (refused !== undefined) return refused;
  const contract = asked.index.catalog.contracts.get(contractId);
  if (contract === undefined) return deny('check-grant', 'not-found', { reason: 'no such dataset is published' });
  const choosing = { index: asked.index, clientId: asked.subject.sub, mode, nowMs: asked.now };
  const chosen = chooseGrant(choosing, contract, asked.call);
  if ('outcome' in chosen) return chosen;
  return checkRequirements(chosen.access, asked.call) ?? chosen;
}

function permit(
  asked: Case,
  chosen: ChosenGrant,
  joined: ReadonlyMap<string, CompiledAccess>,
  withheld: ReadonlySet<string>,
): Permit {
  let notAfter = Math.min(asked.subject.expiresAt * 1_000, chosen.access.validUntilMs);
  for (const access of joined.values()) notAfter = Math.min(notAfter, access.validUntilMs);
  return {
    outcome: 'permit',
    rule: 'granted',
    reason: 'granted',
    purpose: chosen.purpose,
    root: chosen.access,
    access: joined.size === 0 ? chosen.access.alone : new Map<string, Access>([['', chosen.access], ...joined]),
    withheld: withheld.size === 0 ? NOTHING : withheld,
    notAfter,
  };
}
