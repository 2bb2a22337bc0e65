import type {} from '@fastify/swagger'; // operationId, tags, summary
import type { FastifySchema } from 'fastify';
import { bodySchema } from '../data/body-schema.js';

const open = { type: 'object', additionalProperties: true };
const one = (description: string) => ({ description, type: 'object', required: ['data'], properties: { data: open } });
const list = (description: string) => ({
  description,
  type: 'object',
  required: ['data'],
  properties: { data: { type: 'array', maxItems: 100000, items: open } },
});
const clientId = { type: 'string', maxLength: 63, pattern: '^[a-z][a-z0-9-]{1,62}$' };
const grantId = { type: 'string', maxLength: 36, format: 'uuid' };
const params = (properties: Record<string, object>) => ({
  type: 'object',
  required: Object.keys(properties),
  properties,
});

/** What the routes on applications and grants say of themselves in OpenAPI, and what checks their requests. */
export const applicationSchemas: Record<'list' | 'one' | 'register' | 'disable', FastifySchema> = {
  list: {
    operationId: 'listApplications',
    tags: ['access'],
    summary: 'Own application; all of them for operators and auditors',
    response: { 200: list('Applications') },
  },
  one: {
    operationId: 'getApplication',
    tags: ['access'],
    summary: 'One application',
    params: params({ clientId }),
    response: { 200: one('The application') },
  },
  register: {
    operationId: 'registerApplication',
    tags: ['access'],
    summary: 'Register an application with its public keys',
    body: bodySchema('application'),
    response: { 201: one('The application') },
  },
  disable: {
    operationId: 'disableApplication',
    tags: ['access'],
    summary: 'Disable an application: its tokens and assertions end at once',
    params: params({ clientId }),
    response: { 200: one('The application') },
  },
};

export const grantSchemas: Record<'list' | 'one' | 'issue' | 'revoke', FastifySchema> = {
  list: {
    operationId: 'listGrants',
    tags: ['access'],
    summary: 'Own grants; all of them for operators and auditors',
    response: { 200: list('Grants, newest version each') },
  },
  one: {
    operationId: 'getGrant',
    tags: ['access'],
    summary: 'One grant',
    params: params({ id: grantId }),
    response: { 200: one('The grant') },
  },
  issue: {
    operationId: 'issueGrant',
    tags: ['access'],
    summary: 'Issue a grant directly: in the demo only, elsewhere a grant follows an access request',
    body: bodySchema('grant'),
    response: { 201: one('The grant') },
  },
  revoke: {
    operationId: 'revokeGrant',
    tags: ['access'],
    summary: 'Revoke a grant: once this has returned, nothing leaves under it',
    params: params({ id: grantId }),
    response: { 200: one('The grant') },
  },
};
