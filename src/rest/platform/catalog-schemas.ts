import type {} from '@fastify/swagger'; // operationId, tags, summary
import type { FastifySchema } from 'fastify';

/** What the catalog's routes say of themselves in OpenAPI. Bodies are checked by `planCatalog`, which names each fault, not by these. */
const published = {
  type: 'array',
  maxItems: 1500,
  items: {
    type: 'object',
    required: ['kind', 'id'],
    properties: {
      kind: { type: 'string', enum: ['publisher', 'purpose', 'contract'] },
      id: { type: 'string', maxLength: 200 },
      version: { type: 'integer', format: 'int32', minimum: 1, maximum: 2147483647 },
    },
  },
};

const unchanged = { type: 'array', maxItems: 1500, items: { type: 'string', maxLength: 200 } };
const open = { type: 'object', additionalProperties: true };

export const catalogSchemas: Record<'list' | 'one' | 'check' | 'publish', FastifySchema> = {
  list: {
    operationId: 'listContracts',
    tags: ['catalog'],
    summary: 'Every published contract',
    response: {
      200: {
        description: 'The catalog',
        type: 'object',
        required: ['data', 'hash'],
        properties: {
          data: { type: 'array', maxItems: 10000, items: open },
          hash: { type: 'string', maxLength: 64, pattern: '^[0-9a-f]{64}$' },
        },
      },
    },
  },
  one: {
    operationId: 'getContract',
    tags: ['catalog'],
    summary: 'One contract: compiled, and as declared',
    response: {
      200: { description: 'The contract', type: 'object', required: ['data'], properties: { data: open } },
    },
  },
  check: {
    operationId: 'checkCatalog',
    tags: ['catalog'],
    summary: 'What publishing these documents would do, without doing it (body: {contracts, publishers, purposes})',
    response: {
      200: {
        description: 'What would be published',
        type: 'object',
        required: ['published', 'unchanged'],
        properties: { published, unchanged },
      },
    },
  },
  publish: {
    operationId: 'publishCatalog',
    tags: ['catalog'],
    summary:
      'Publish contracts, publishers and purposes (body: {contracts, publishers, purposes}); Idempotency-Key required',
    response: {
      200: {
        description: 'What was published, and the policy epoch that carries it',
        type: 'object',
        required: ['published', 'unchanged', 'epoch', 'behind'],
        properties: {
          published,
          unchanged,
          epoch: { type: 'integer', format: 'int64', minimum: 0 },
          behind: { type: 'array', maxItems: 1000, items: { type: 'string', maxLength: 100 } },
        },
      },
    },
  },
};
