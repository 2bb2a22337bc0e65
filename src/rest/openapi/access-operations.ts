import { slug } from './dataset/dataset-page-schemas.js';
import type { Operation, Reply } from './operation.js';
import { list, object, refTo, type Schema, uuid } from './schema.js';

const JSON_TYPE = 'application/json';
const application = { caller: 'application' as const, tag: 'access' };

const json = (description: string, schema: Schema, headers: readonly string[] = []): Reply => ({
  description,
  content: { [JSON_TYPE]: schema },
  headers,
});
const one = (description: string, name: string, headers: readonly string[] = []): Reply =>
  json(description, object({ data: refTo(name) }), headers);
const all = (description: string, name: string): Reply =>
  json(description, object({ data: list(refTo(name), 100_000) }));

const CREATED = ['Location', 'Exchange-Receipt'];
const CHANGED = ['Exchange-Receipt'];

const applications: Operation[] = [
  {
    ...application,
    method: 'GET',
    path: '/api/v1/applications',
    id: 'listApplications',
    summary: 'The own application; all of them for operators and auditors',
    replies: { 200: all('Applications.', 'Application') },
    problems: [400, 403],
  },
  {
    ...application,
    method: 'POST',
    path: '/api/v1/applications',
    id: 'registerApplication',
    summary: 'Register an application with its public keys',
    description: 'For operators.',
    headers: ['IdempotencyKey'],
    body: { [JSON_TYPE]: refTo('ApplicationDraft') },
    replies: { 201: one('The application.', 'Application', CREATED) },
    problems: [400, 403, 409, 413, 415, 422],
  },
  {
    ...application,
    method: 'GET',
    path: '/api/v1/applications/{clientId}',
    id: 'getApplication',
    summary: 'One application',
    pathParameters: { clientId: slug },
    replies: { 200: one('The application.', 'Application') },
    problems: [400, 403, 404],
  },
  {
    ...application,
    method: 'POST',
    path: '/api/v1/applications/{clientId}/disable',
    id: 'disableApplication',
    summary: 'Disable an application: its tokens and assertions end at once',
    description: 'For operators.',
    pathParameters: { clientId: slug },
    replies: { 200: one('The application.', 'Application', CHANGED) },
    problems: [400, 403, 404, 409],
  },
];

const grants: Operation[] = [
  {
    ...application,
    method: 'GET',
    path: '/api/v1/grants',
    id: 'listGrants',
    summary: 'The own grants; all of them for operators and auditors',
    replies: { 200: all('Grants, the newest version of each.', 'Grant') },
    problems: [400, 403],
  },
  {
    ...application,
    method: 'POST',
    path: '/api/v1/grants',
    id: 'issueGrant',
    summary: 'Issue a grant directly: in the demo only',
    description: 'For operators. Elsewhere a grant follows an access request.',
    headers: ['IdempotencyKey'],
    body: { [JSON_TYPE]: refTo('GrantDraft') },
    replies: { 201: one('The grant.', 'Grant', CREATED) },
    problems: [400, 403, 409, 413, 415, 422],
  },
  {
    ...application,
    method: 'GET',
    path: '/api/v1/grants/{id}',
    id: 'getGrant',
    summary: 'One grant',
    pathParameters: { id: uuid },
    replies: { 200: one('The grant.', 'Grant') },
    problems: [400, 403, 404],
  },
  {
    ...application,
    method: 'POST',
    path: '/api/v1/grants/{id}/revoke',
    id: 'revokeGrant',
    summary: 'Revoke a grant: once this has returned, nothing leaves under it',
    description: 'For operators.',
    pathParameters: { id: uuid },
    replies: { 200: one('The grant.', 'Grant', CHANGED) },
    problems: [400, 403, 404, 409],
  },
];

/** Applications and grants. */
export const accessOperations: readonly Operation[] = [...applications, ...grants];
