import type { Catalog } from '../../catalog/catalog.js';
import { datasetDocument } from './dataset/dataset-document.js';
import { renderOpenapi } from './document.js';
import { openapiText } from './write.js';

/** A catalog's document as it is served. */
export interface OpenapiTexts {
  json: string;
  yaml: string;
  /** JSON of each contract's part, by id. */
  contracts: ReadonlyMap<string, string>;
}

export async function renderTexts(catalog: Catalog): Promise<OpenapiTexts> {
  const document = await renderOpenapi(catalog);
  const contracts = new Map<string, string>();
  for (const contract of catalog.contracts.values()) {
    contracts.set(contract.id, openapiText(datasetDocument(document, contract), 'json'));
  }
  return { json: openapiText(document, 'json'), yaml: openapiText(document, 'yaml'), contracts };
}
