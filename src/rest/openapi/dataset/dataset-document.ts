import type { Contract } from '../../../catalog/contract.js';
import { datasetPath } from '../../../catalog/contract-id.js';
import type { OpenapiDocument } from '../openapi-document.js';
import { keepReachable } from '../reachable.js';

/** One dataset's part of the document: its paths, and the components that they use. */
export function datasetDocument(document: OpenapiDocument, contract: Contract): OpenapiDocument {
  const base = datasetPath(contract.id);
  const paths = Object.entries(document.paths).filter(([path]) => path === base || path.startsWith(`${base}/`));
  const tags = document.tags.filter(({ name }) => name === contract.publisher);
  return keepReachable({ ...document, tags, paths: Object.fromEntries(paths) });
}
