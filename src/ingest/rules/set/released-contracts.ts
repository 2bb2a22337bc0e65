import type { Contract } from '../../../catalog/contract.js';
import type { Places } from '../rule.js';

/** The newest contract of each dataset of an entity that has a release; none for what is asked live and never landed. */
export function releasedContracts(
  { catalog, released }: Pick<Places, 'catalog' | 'released'>,
  entity: string,
): Contract[] {
  const found = new Map<string, Contract>();
  for (const contract of catalog.contracts.values()) {
    const known = found.get(contract.name)?.major ?? 0;
    if (contract.entity !== entity || contract.delivery.source.kind === 'proxy') continue;
    if (released.has(contract.name) && contract.major > known) found.set(contract.name, contract);
  }
  return [...found.values()];
}
