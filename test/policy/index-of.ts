import type { Grant } from '../../src/access/grants/grant.js';
import type { Application } from '../../src/access/identity/subject.js';
import { indexGrants } from '../../src/access/policy/grant-table.js';
import type { PolicyIndex } from '../../src/access/policy/policy.js';
import { suspendedGrants } from '../../src/access/policy/policy-state.js';
import { makeCatalog } from '../../src/catalog/catalog.js';
import type { Contract } from '../../src/catalog/contract.js';
import { contracts, publishers, purposes } from './contracts.js';

/** An index as the log would give it, without a log. */
export function indexOf(
  grants: readonly Grant[],
  applications: readonly Application[],
  of: Contract[] = contracts,
): PolicyIndex {
  const byId = new Map(grants.map((grant) => [grant.id, grant]));
  const table = indexGrants(new Map(), byId, new Set(grants.map((grant) => grant.application)));
  return {
    epoch: 1,
    catalog: makeCatalog(of, publishers, purposes),
    applications: new Map(applications.map((application) => [application.clientId, application])),
    people: new Map(),
    grants: byId,
    upstreams: new Map(),
    grantsOf: (clientId, contractId, mode) => table.get(clientId)?.get(contractId)?.get(mode) ?? [],
    holdsAny: (clientId, contractId) => table.get(clientId)?.has(contractId) ?? false,
    holdsSuspended: (clientId, contractId, nowMs) =>
      nowMs < (suspendedGrants(grants).get(`${clientId} ${contractId}`) ?? 0),
  };
}

export function grantOf(id: string, draft: Partial<Grant> & { fields: readonly string[] }): Grant {
  return {
    id,
    version: 1,
    application: 'reader',
    dataset: 'town/person',
    major: 1,
    mode: 'read',
    masks: {},
    rows: { all: true },
    purposes: ['care'],
    legalBasis: '测试',
    linkage: `linkage-${id}`,
    requires: {},
    validFrom: '2026-01-01T00:00:00Z',
    validUntil: '2027-01-01T00:00:00Z',
    status: 'active',
    ...draft,
  };
}

export function applicationOf(clientId: string, more: Partial<Application> = {}): Application {
  return {
    clientId,
    title: clientId,
    department: 'office',
    roles: [],
    jwks: { keys: [] },
    dpop: false,
    status: 'active',
    tokensNotBefore: 0,
    ...more,
  };
}
