import { join } from 'node:path';
import { stringify } from 'yaml';
import { makeCatalog } from '../../catalog/catalog.js';
import { checkCatalog } from '../../catalog/check/check-catalog.js';
import { Problem } from '../../platform/errors.js';
import { packageRoot } from '../../platform/paths.js';
import { renderOpenapi } from './document.js';
import type { OpenapiDocument } from './openapi-document.js';

export type OpenapiFormat = 'yaml' | 'json';

export function openapiText(document: OpenapiDocument, format: OpenapiFormat): string {
  if (format === 'json') return `${JSON.stringify(document)}\n`;
  return stringify(document, { lineWidth: 0, aliasDuplicateObjects: false });
}

/** The document of a catalog's folder, without a database. Throws Problem `unprocessable` if the catalog has faults. */
export async function renderCatalogOpenapi(directory: string, format: OpenapiFormat): Promise<string> {
  const { faults, contracts, publishers, purposes } = await checkCatalog(directory);
  if (faults.length > 0)
    throw new Problem('unprocessable', 'The catalog has faults: exchange catalog check names them.');
  return openapiText(renderOpenapi(makeCatalog(contracts, publishers, purposes)), format);
}

/** The content of this repository's `openapi.yaml`. */
export function writeOpenapi(): Promise<string> {
  return renderCatalogOpenapi(join(packageRoot, 'catalog'), 'yaml');
}
