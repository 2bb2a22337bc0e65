import { contractId } from '../../catalog/contract-id.js';
import type { Grant, Mode } from '../grants/grant.js';

type ByMode = ReadonlyMap<Mode, readonly Grant[]>;
type ByContract = ReadonlyMap<string, ByMode>;
/** Active grants by clientId, contract id and mode: three lookups, no key to build. */
export type GrantTable = ReadonlyMap<string, ByContract>;

/** The table after a change. Only applications that the change touches are grouped again. */
export function indexGrants(
  table: GrantTable,
  grants: ReadonlyMap<string, Grant>,
  touched: ReadonlySet<string>,
): GrantTable {
  if (touched.size === 0) return table;
  const own = new Map<string, Grant[]>();
  for (const clientId of touched) own.set(clientId, []);
  for (const grant of grants.values()) {
    if (grant.status === 'active') own.get(grant.application)?.push(grant);
  }
  const next = new Map(table);
  for (const [clientId, list] of own) {
    if (list.length === 0) next.delete(clientId);
    else next.set(clientId, group(list));
  }
  return next;
}

function group(grants: readonly Grant[]): ByContract {
  const byContract = new Map<string, Map<Mode, Grant[]>>();
  for (const grant of grants) {
    const id = contractId(grant.dataset, grant.major);
    const byMode = byContract.get(id) ?? new Map<Mode, Grant[]>();
    byContract.set(id, byMode);
    byMode.set(grant.mode, [...(byMode.get(grant.mode) ?? []), grant]);
  }
  return byContract;
}
