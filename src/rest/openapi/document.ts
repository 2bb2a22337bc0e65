import swagger from '@fastify/swagger';
import fastify from 'fastify';
import type { Catalog } from '../../catalog/catalog.js';
import type { Contract } from '../../catalog/contract.js';
import { accessOperations } from './access-operations.js';
import { auditOperations } from './audit-operations.js';
import { datasetOperations } from './dataset/dataset-operations.js';
import { sharedDatasetSchemas } from './dataset/dataset-page-schemas.js';
import { datasetSchemas } from './dataset/row-schemas.js';
import { codeListSchemas } from './dataset/value-schema.js';
import { complete, declare } from './declare.js';
import { headerParameters, RESPONSE_HEADERS } from './headers.js';
import { info, tagsOf } from './info.js';
import { componentNames } from './names.js';
import type { OpenapiDocument } from './openapi-document.js';
import type { Operation } from './operation.js';
import { packageOperations } from './package-operations.js';
import { platformOperations } from './platform-operations.js';
import { platformSchemas } from './platform-schemas.js';
import { problemResponses, problemSchemas } from './problems.js';
import { publicOperations } from './public-operations.js';
import { qualitySchemas } from './quality-operations.js';
import { keepReachable } from './reachable.js';
import type { Schema } from './schema.js';
import { securitySchemes } from './security.js';
import { sourceSchemas, upstreamOperations } from './source-operations.js';
import { standardComponents, standardOperations } from './standard-operations.js';

/**
 * The document of a catalog: typed routes are declared on an instance that never listens, and
 * @fastify/swagger writes what it sees. Every URL in it is relative, so it is the same wherever it is served.
 */
export async function renderOpenapi(catalog: Catalog): Promise<OpenapiDocument> {
  const operations = operationsOf(catalog);
  const app = fastify({ logger: false });
  // Nothing is ever served here: schemas are read, not compiled.
  app.setValidatorCompiler(() => () => true);
  app.setSerializerCompiler(() => () => '');
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.1',
      info,
      servers: [{ url: '/', description: 'This exchange: production, or local in the demo', 'x-internal': true }],
      tags: tagsOf(catalog, operations),
      security: [{ oauth2: [] }, { accessToken: [] }],
      components: {
        schemas: schemasOf(catalog),
        parameters: headerParameters(catalog),
        headers: RESPONSE_HEADERS,
        responses: problemResponses(),
        securitySchemes,
      },
    } as never,
  });
  await app.register(async (routes) => {
    for (const operation of operations) declare(routes, operation);
  });
  await app.ready();
  const document = app.swagger() as unknown as OpenapiDocument;
  await app.close();
  for (const operation of operations) {
    complete(document.paths[operation.path]![operation.method.toLowerCase()]!, operation);
  }
  return keepReachable(document);
}

function operationsOf(catalog: Catalog): Operation[] {
  const names = componentNames(catalog);
  const ofContract = (contract: Contract) => datasetOperations(contract, catalog, names.get(contract.id)!);
  const contracts = [...catalog.contracts.values()];
  return [
    ...contracts.flatMap(ofContract),
    ...platformOperations,
    ...standardOperations,
    ...accessOperations,
    ...packageOperations,
    ...upstreamOperations,
    ...auditOperations,
    ...publicOperations,
  ];
}

function schemasOf(catalog: Catalog): Record<string, Schema> {
  const names = componentNames(catalog);
  const contracts = [...catalog.contracts.values()];
  const types = contracts.flatMap(({ fields }) => [...fields.values()].map(({ type }) => type));
  return {
    ...problemSchemas,
    ...sharedDatasetSchemas,
    ...qualitySchemas,
    ...sourceSchemas,
    ...platformSchemas,
    ...standardComponents,
    ...codeListSchemas(types, catalog.standard),
    ...Object.assign({}, ...contracts.map((contract) => datasetSchemas(contract, { catalog, names }))),
  };
}
