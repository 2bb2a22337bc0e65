import type { Catalog } from '../../catalog/catalog.js';
import { datasetPath } from '../../catalog/contract-id.js';
import type { DatasetOperation, DescribedDataset, Operation } from '../operation.js';
import { DATASET } from '../operation.js';
import { datasetOperations, elsewhereOperations, openOperations, platformOperations } from '../operations.js';
import { datasetSchemas } from './dataset/row-schemas.js';
import { codeListSchemas } from './dataset/value-schema.js';
import { headerParameters, RESPONSE_HEADERS } from './headers.js';
import { info, tagsOf } from './info.js';
import { componentNames } from './names.js';
import type { OpenapiDocument } from './openapi-document.js';
import { problemResponses } from './problems.js';
import { keepReachable } from './reachable.js';
import { securitySchemes } from './security.js';
import { membersOf, writeOperation } from './write-operation.js';

/**
 * The document of a catalog: every operation of every contract and of the platform. URLs are relative, so it is the
 * same on every server.
 */
export function renderOpenapi(catalog: Catalog): OpenapiDocument {
  const operations = operationsOf(catalog);
  const schemas: Record<string, Record<string, unknown>> = {};
  const paths: OpenapiDocument['paths'] = {};
  for (const operation of operations) {
    const path = operation.path.replaceAll('{+', '{');
    paths[path] = { ...paths[path], [operation.method.toLowerCase()]: writeOperation(operation, schemas) };
  }
  const generated = membersOf(schemasOf(catalog), schemas);
  const responses = membersOf(problemResponses(), schemas);
  return keepReachable({
    openapi: '3.1.1',
    info,
    servers: [{ url: '/', description: 'This exchange: production, or local in the demo', 'x-internal': true }],
    tags: tagsOf(catalog, operations),
    security: [{ oauth2: [] }, { accessToken: [] }],
    components: {
      schemas: { ...schemas, ...generated },
      parameters: { ...headerParameters(catalog) },
      headers: { ...RESPONSE_HEADERS },
      responses,
      securitySchemes,
    },
    paths,
  });
}

function operationsOf(catalog: Catalog): Operation[] {
  const names = componentNames(catalog);
  const ofContracts = [...catalog.contracts.values()].flatMap((contract) => {
    const title = `${contract.title.zh} ${contract.title.en}`;
    const dataset = { contract, catalog, name: names.get(contract.id) ?? contract.id, title };
    return datasetOperations.flatMap((operation) => operationOf(operation, dataset) ?? []);
  });
  return [...ofContracts, ...platformOperations, ...elsewhereOperations, ...openOperations];
}

/** An operation of all datasets, for this dataset. */
function operationOf(operation: DatasetOperation, dataset: DescribedDataset): Operation | undefined {
  const described = operation.of(dataset);
  if (described === undefined) return undefined;
  const path = `${datasetPath(dataset.contract.id)}${operation.path.slice(DATASET.length)}`;
  return { ...operation, ...described, path, tag: dataset.contract.publisher };
}

function schemasOf(catalog: Catalog): Record<string, unknown> {
  const names = componentNames(catalog);
  const contracts = [...catalog.contracts.values()];
  const types = contracts.flatMap(({ fields }) => [...fields.values()].map(({ type }) => type));
  return {
    ...codeListSchemas(types, catalog.standard),
    ...Object.assign({}, ...contracts.map((contract) => datasetSchemas(contract, { catalog, names }))),
  };
}
