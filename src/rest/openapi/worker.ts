import { parentPort, workerData } from 'node:worker_threads';
import type { Catalog } from '../../catalog/catalog.js';
import { datasetDocument } from './dataset/dataset-document.js';
import { renderOpenapi } from './document.js';
import type { OpenapiTexts } from './openapi-document.js';
import { openapiText } from './write.js';

function renderTexts(catalog: Catalog): OpenapiTexts {
  const document = renderOpenapi(catalog);
  const contracts = new Map<string, string>();
  for (const contract of catalog.contracts.values()) {
    contracts.set(contract.id, openapiText(datasetDocument(document, contract), 'json'));
  }
  return { json: openapiText(document, 'json'), yaml: openapiText(document, 'yaml'), contracts };
}

/** A thread for one catalog: rendering takes a second of CPU, and no request may wait for it. */
parentPort!.postMessage(renderTexts(workerData));
