import type { Catalog } from '../../catalog/catalog.js';
import { fieldsOfList } from '../../exchange/publishing/code-list-uses.js';

/** Ids of the contracts that claim to conform to the entity. */
export function conforming(catalog: Catalog, entity: string): string[] {
  return [...catalog.contracts.values()].filter((contract) => contract.entity === entity).map(({ id }) => id);
}

/** Ids of the contracts with a field of the list. */
export function contractsWithList(catalog: Catalog, list: string): string[] {
  return [...new Set(fieldsOfList(catalog, list).map(({ contract }) => contract.id))];
}
