import { Problem } from '../../platform/errors.js';
import {
  contractIdOf,
  DATASET,
  type DatasetOperation,
  datasetOperation,
  json,
  type Operation,
  operation,
} from '../operation.js';
import { text } from '../shapes.js';
import { openapiDocument } from './dataset/dataset-page-schemas.js';
import { textsOf } from './render-aside.js';
import { sendText } from './send-text.js';

const JSON_TYPE = 'application/json; charset=utf-8';

const UNCHANGED = { description: 'Unchanged.', headers: ['ETag'] };

/** The document itself, for anyone. */
export const documentOperations: readonly Operation[] = [
  operation({
    method: 'GET',
    path: '/openapi.json',
    id: 'getOpenapiJson',
    tag: 'operations',
    who: 'anyone',
    summary: 'This document',
    headers: ['IfNoneMatch'],
    replies: { 200: json('OpenAPI 3.1.', openapiDocument, ['ETag']), 304: UNCHANGED },
    handler: async ({ exchange }, { request, reply }) =>
      sendText(request, reply.type(JSON_TYPE), (await textsOf(exchange)).json),
  }),
  operation({
    method: 'GET',
    path: '/openapi.yaml',
    id: 'getOpenapiYaml',
    tag: 'operations',
    who: 'anyone',
    summary: 'This document as YAML',
    headers: ['IfNoneMatch'],
    replies: {
      200: { description: 'OpenAPI 3.1.', content: { 'application/yaml': text(16_777_216) }, headers: ['ETag'] },
      304: UNCHANGED,
    },
    handler: async ({ exchange }, { request, reply }) =>
      sendText(request, reply.type('application/yaml; charset=utf-8'), (await textsOf(exchange)).yaml),
  }),
];

/** One dataset's part of the document, for any application. */
export const datasetDocumentOperation: DatasetOperation = datasetOperation({
  method: 'GET',
  path: `${DATASET}/openapi.json`,
  who: ['application'],
  of: ({ name, title }) => ({
    id: `get${name}Openapi`,
    summary: `${title}: this dataset's part of this document`,
    replies: { 200: json('OpenAPI 3.1.', openapiDocument) },
    problems: [400, 404],
  }),
  async handler({ exchange }, { reply, params }) {
    const part = (await textsOf(exchange)).contracts.get(contractIdOf(params));
    if (part === undefined) throw new Problem('not-found', 'No such dataset is published.');
    return reply.type(JSON_TYPE).send(part);
  },
});
