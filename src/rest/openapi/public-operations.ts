import type { Operation, Reply } from './operation.js';
import { refTo, text } from './schema.js';

const JSON_TYPE = 'application/json';
const anyone = { method: 'GET' as const, caller: 'anyone' as const, problems: [] };
const json = (description: string, schema: string): Reply => ({ description, content: { [JSON_TYPE]: refTo(schema) } });
const plain = (description: string, type: string): Reply => ({ description, content: { [type]: text(16_777_216) } });

/** The authorization server, this document, and what operators and their probes ask. */
export const publicOperations: readonly Operation[] = [
  {
    method: 'POST',
    caller: 'client',
    path: '/oauth2/token',
    id: 'requestToken',
    tag: 'oauth2',
    summary: 'An access token for one resource, by client credentials',
    body: { 'application/x-www-form-urlencoded': refTo('TokenRequest') },
    replies: {
      200: json('A token of 300 seconds (RFC 9068). There are no refresh tokens: ask again.', 'TokenReply'),
      400: json('The request is refused (RFC 6749, 5.2).', 'OauthError'),
      401: json('The client is not who it says (RFC 6749, 5.2).', 'OauthError'),
    },
  },
  {
    ...anyone,
    path: '/oauth2/jwks',
    id: 'getSigningKeys',
    tag: 'oauth2',
    summary: 'Public keys that tokens are signed with',
    replies: { 200: { description: 'RFC 7517.', content: { 'application/jwk-set+json': refTo('Jwks') } } },
  },
  {
    ...anyone,
    path: '/.well-known/openid-configuration',
    id: 'getOpenidConfiguration',
    tag: 'oauth2',
    summary: 'What the authorization server offers',
    replies: { 200: json('Metadata.', 'Discovery') },
  },
  {
    ...anyone,
    path: '/.well-known/oauth-authorization-server',
    id: 'getAuthorizationServerMetadata',
    tag: 'oauth2',
    summary: 'What the authorization server offers (RFC 8414)',
    replies: { 200: json('Metadata.', 'Discovery') },
  },
  {
    ...anyone,
    path: '/openapi.json',
    id: 'getOpenapiJson',
    tag: 'operations',
    summary: 'This document',
    replies: { 200: json('OpenAPI 3.1.', 'OpenapiDocument') },
  },
  {
    ...anyone,
    path: '/openapi.yaml',
    id: 'getOpenapiYaml',
    tag: 'operations',
    summary: 'This document as YAML',
    replies: { 200: plain('OpenAPI 3.1.', 'application/yaml') },
  },
  {
    ...anyone,
    path: '/health/live',
    id: 'getLiveness',
    tag: 'operations',
    summary: 'Whether the process runs',
    replies: { 200: json('It runs.', 'Health') },
  },
  {
    ...anyone,
    path: '/health/ready',
    id: 'getReadiness',
    tag: 'operations',
    summary: 'Whether it can answer and record',
    replies: { 200: json('It can.', 'Health'), 503: { ...json('Not now.', 'Health'), headers: ['Retry-After'] } },
  },
  {
    ...anyone,
    path: '/metrics',
    id: 'getMetrics',
    tag: 'operations',
    summary: 'Metrics of this process',
    replies: { 200: plain('Prometheus text.', 'text/plain') },
  },
];
