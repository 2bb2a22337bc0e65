import type {} from '@fastify/swagger'; // operationId, tags, summary
import type { FastifySchema } from 'fastify';
import { bodySchema } from '../data/body-schema.js';

const tags = ['standard'];
const params = {
  type: 'object',
  required: ['name'],
  properties: { name: { type: 'string', maxLength: 100, pattern: '^[A-Za-z][A-Za-z0-9._-]*$' } },
};

type Operation = 'overview' | 'entities' | 'entity' | 'elements' | 'lists' | 'list' | 'change';

/** What the routes on the standard say of themselves, and what checks their requests. */
export const standardSchemas: Record<Operation, FastifySchema> = {
  overview: { operationId: 'getStandard', tags, summary: 'The unified community data standard in force' },
  entities: { operationId: 'listEntities', tags, summary: 'Every entity of the standard' },
  entity: { operationId: 'getEntity', tags, summary: 'One entity: elements, JSON Schema, contracts', params },
  elements: { operationId: 'listElements', tags, summary: 'Every data element, of all entities or of one' },
  lists: { operationId: 'listCodeLists', tags, summary: 'Every code list in force' },
  list: { operationId: 'getCodeList', tags, summary: 'One code list: codes and history', params },
  change: {
    operationId: 'changeCodeList',
    tags,
    summary: 'Make a code list become like this',
    params,
    body: bodySchema('code-list'),
  },
};
