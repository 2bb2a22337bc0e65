import { slug } from './dataset/dataset-page-schemas.js';
import type { Operation, Reply } from './operation.js';
import { integer, list, object, refTo, type Schema, text } from './schema.js';

const JSON_TYPE = 'application/json';
const application = { caller: 'application' as const };
const RECEIPT = ['Exchange-Receipt'];

function json(description: string, schema: Schema, headers: readonly string[] = []): Reply {
  return { description, content: { [JSON_TYPE]: schema }, headers };
}

const documents = { [JSON_TYPE]: refTo('CatalogDocuments') };
const contractParameters = { publisher: slug, dataset: slug, major: integer(1, 999) };

const catalogOperations: Operation[] = [
  {
    ...application,
    method: 'GET',
    path: '/api/v1/catalog',
    id: 'listContracts',
    tag: 'catalog',
    summary: 'Every published contract',
    replies: {
      200: json('The catalog.', object({ data: list(refTo('ContractSummary'), 10_000), hash: text(64) })),
    },
    problems: [400],
  },
  {
    ...application,
    method: 'GET',
    path: '/api/v1/catalog/{publisher}/{dataset}/v{major}',
    id: 'getContract',
    tag: 'catalog',
    summary: 'One contract: compiled, and as declared',
    pathParameters: contractParameters,
    replies: { 200: json('The contract.', object({ data: refTo('Contract') })) },
    problems: [400, 404],
  },
  {
    ...application,
    method: 'POST',
    path: '/api/v1/catalog/check',
    id: 'checkCatalog',
    tag: 'catalog',
    summary: 'What publishing these documents would do, without doing it',
    description: 'For operators.',
    body: documents,
    replies: { 200: json('What would be published.', refTo('CatalogPlan')) },
    problems: [400, 403, 413, 415, 422],
  },
  {
    ...application,
    method: 'POST',
    path: '/api/v1/catalog',
    id: 'publishCatalog',
    tag: 'catalog',
    summary: 'Publish contracts, publishers and purposes',
    description: 'For operators. Additive changes within a major; a breaking one is refused and named.',
    headers: ['IdempotencyKey'],
    body: documents,
    replies: { 200: json('What was published, and the policy epoch that carries it.', refTo('PublishReport')) },
    problems: [400, 403, 409, 413, 415, 422],
  },
];

const graphqlReply: Reply = {
  description: 'The result, with errors at the paths that are not granted.',
  content: {
    'application/graphql-response+json': refTo('GraphqlReply'),
    [JSON_TYPE]: refTo('GraphqlReply'),
  },
  headers: RECEIPT,
};
const graphqlRefusal = (description: string): Reply => ({ ...graphqlReply, description });
/** In the words of GraphQL over HTTP where the client takes its media type; as `application/json` they come with 200. */
const refusals = {
  400: graphqlRefusal('The document is malformed, not valid, or beyond a limit.'),
  403: graphqlRefusal('Not granted, or the purpose is missing or another.'),
  404: graphqlRefusal('No grant at all.'),
  410: graphqlRefusal('The cursor has ended.'),
};
const graphql = {
  ...application,
  path: '/graphql/v1',
  tag: 'graphql',
  headers: ['ExchangePurpose', 'ExchangeGrant', 'ExchangeCase', 'ExchangeOperator'] as const,
};

const graphqlOperations: Operation[] = [
  {
    ...graphql,
    method: 'POST',
    id: 'executeGraphql',
    summary: 'GraphQL over HTTP: every published dataset and its relations',
    body: { [JSON_TYPE]: refTo('GraphqlRequest') },
    replies: { 200: graphqlReply, ...refusals },
    problems: [406, 413, 415],
  },
  {
    ...graphql,
    method: 'GET',
    id: 'queryGraphql',
    summary: 'A GraphQL query in the URL',
    description: 'Without personal values: those belong in a body.',
    query: {
      query: text(16_384),
      operationName: text(200),
      variables: text(16_384, { description: 'JSON.' }),
      extensions: text(16_384, { description: 'JSON.' }),
    },
    requiredQuery: ['query'],
    replies: { 200: graphqlReply, ...refusals, 405: graphqlRefusal('A mutation or a subscription.') },
    problems: [406],
  },
];

/** The platform API beside applications, grants and the log; and the GraphQL door. */
export const platformOperations: readonly Operation[] = [...catalogOperations, ...graphqlOperations];
