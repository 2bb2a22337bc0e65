import type { Contract } from '../../catalog/contract.js';
import type { Exchange } from '../../exchange/exchange.js';
import { Problem } from '../../platform/errors.js';
import { jsonSchema, datasetPage as pageShape } from '../openapi/dataset/dataset-page-schemas.js';
import {
  contractIdOf,
  DATASET,
  type DatasetOperation,
  type DatasetParams,
  datasetOperation,
  json,
} from '../operation.js';
import { datasetPage, rowSchema } from './dataset-page.js';

/** A dataset's page, and what its caller may do. Open to every application, like the catalog. */
export const catalogOfDataset: readonly DatasetOperation[] = [
  datasetOperation({
    method: 'GET',
    path: DATASET,
    who: ['application'],
    of: ({ contract, name, title }) => ({
      id: `get${name}`,
      summary: `${title}: the dataset`,
      description: `${contract.summary.zh} ${contract.summary.en}`,
      replies: { 200: json('Release, fields, what this caller may do, links.', pageShape) },
      problems: [400, 404],
    }),
    handler: ({ exchange }, { request, params }) =>
      datasetPage(exchange, request.subject, publishedContract(exchange, params)),
  }),
  datasetOperation({
    method: 'GET',
    path: `${DATASET}/schema`,
    who: ['application'],
    of: ({ name, title }) => ({
      id: `get${name}Schema`,
      summary: `${title}: JSON Schema of the rows as this caller sees them`,
      replies: {
        200: { description: 'JSON Schema 2020-12.', content: { 'application/schema+json': jsonSchema } },
      },
      problems: [400, 404],
    }),
    handler: ({ exchange }, { request, reply, params }) =>
      reply
        .type('application/schema+json')
        .send(rowSchema(exchange, request.subject, publishedContract(exchange, params))),
  }),
];

function publishedContract(exchange: Exchange, params: DatasetParams): Contract {
  const contract = exchange.policy.current().catalog.contracts.get(contractIdOf(params));
  if (contract === undefined) throw new Problem('not-found', 'No such dataset is published.');
  return contract;
}
