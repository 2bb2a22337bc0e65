import Type from 'typebox';
import { json, type Operation, type ReplyShape } from '../operation.js';
import { choice, closed, integer, list, open, orNull, pattern, slug, text, uri } from '../shapes.js';
import { CALL } from './headers.js';

const token = pattern('^[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+$', 8_192);
const oauthError = closed(
  { error: pattern('^[a-z_]+$', 100), error_description: Type.Optional(text(1_000)) },
  { $id: 'OauthError' },
);
const tokenRequest = closed(
  {
    grant_type: choice(['client_credentials']),
    client_id: slug,
    client_assertion_type: choice(['urn:ietf:params:oauth:client-assertion-type:jwt-bearer']),
    client_assertion: pattern('^[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+$', 8_192, {
      description:
        'RFC 7523: ES256 or EdDSA; iss and sub are the client id, aud is the issuer as a string, exp at most 600 s ahead, jti used once.',
    }),
    resource: uri(300, { description: 'RFC 8707: the data or the platform API.' }),
  },
  { $id: 'TokenRequest' },
);
const tokenReply = closed(
  { access_token: token, token_type: choice(['Bearer']), expires_in: integer(1, 300) },
  { $id: 'TokenReply' },
);
const discovery = open({ $id: 'Discovery', description: 'RFC 8414.' });
const jwks = closed({ keys: list(open(), 20) }, { $id: 'Jwks' });

/** The authorization server answers these: it reads the request before fastify does. */
export const authorizationOperations: readonly Operation[] = [
  {
    method: 'POST',
    path: '/oauth2/token',
    id: 'requestToken',
    tag: 'oauth2',
    who: 'client',
    summary: 'An access token for one resource, by client credentials',
    streams: { 'application/x-www-form-urlencoded': tokenRequest },
    replies: {
      200: json('A token of 300 seconds (RFC 9068). There are no refresh tokens: request a new one.', tokenReply),
      400: json('The request is refused (RFC 6749, 5.2).', oauthError),
      401: json('The client is not authenticated (RFC 6749, 5.2).', oauthError),
    },
  },
  {
    method: 'GET',
    path: '/oauth2/jwks',
    id: 'getSigningKeys',
    tag: 'oauth2',
    who: 'anyone',
    summary: 'Public keys that verify tokens',
    replies: { 200: { description: 'RFC 7517.', content: { 'application/jwk-set+json': jwks } } },
  },
  {
    method: 'GET',
    path: '/.well-known/openid-configuration',
    id: 'getOpenidConfiguration',
    tag: 'oauth2',
    who: 'anyone',
    summary: 'What the authorization server offers',
    replies: { 200: json('Metadata.', discovery) },
  },
  {
    method: 'GET',
    path: '/.well-known/oauth-authorization-server',
    id: 'getAuthorizationServerMetadata',
    tag: 'oauth2',
    who: 'anyone',
    summary: 'What the authorization server offers (RFC 8414)',
    replies: { 200: json('Metadata.', discovery) },
  },
];

const graphqlError = Type.Object({
  message: text(2_000),
  path: Type.Optional(list(Type.Unknown(), 100)),
  extensions: Type.Optional(open()),
});
const graphqlReply = Type.Object(
  {
    data: Type.Optional(orNull(open())),
    errors: Type.Optional(list(graphqlError, 1_000)),
    extensions: Type.Optional(open()),
  },
  {
    $id: 'GraphqlReply',
    description: 'GraphQL over HTTP: a well-formed document gets an answer even if some of its fields are not granted.',
  },
);
const graphqlRequest = Type.Object(
  {
    query: text(100_000),
    operationName: Type.Optional(orNull(text(200))),
    variables: Type.Optional(orNull(open())),
    extensions: Type.Optional(orNull(open())),
  },
  { $id: 'GraphqlRequest' },
);
const result = (description: string): ReplyShape => ({
  description,
  content: { 'application/graphql-response+json': graphqlReply, 'application/json': graphqlReply },
  headers: ['Exchange-Receipt'],
});
/** With the media type of GraphQL over HTTP if the client accepts it; as `application/json` their status is 200. */
const results = {
  200: result('The result, with errors at the paths that are not granted.'),
  400: result('The document is malformed, not valid, or beyond a limit.'),
  403: result('Not granted, or the purpose is missing or wrong.'),
  404: result('No grant at all.'),
  410: result('The cursor has ended.'),
};
const graphql = { path: '/graphql/v1', tag: 'graphql', who: ['reader'], headers: CALL } as const;

/** The GraphQL door answers these: it reads its request by the rules of GraphQL over HTTP. */
export const graphqlOperations: readonly Operation[] = [
  {
    ...graphql,
    method: 'POST',
    id: 'executeGraphql',
    summary: 'GraphQL over HTTP: every published dataset and its relations',
    body: graphqlRequest,
    replies: results,
    problems: [406, 413, 415],
  },
  {
    ...graphql,
    method: 'GET',
    id: 'queryGraphql',
    summary: 'A GraphQL query in the URL',
    description: 'Without personal values: send those in a body.',
    query: closed({
      query: text(16_384),
      operationName: Type.Optional(text(200)),
      variables: Type.Optional(text(16_384, { description: 'JSON.' })),
      extensions: Type.Optional(text(16_384, { description: 'JSON.' })),
    }),
    replies: { ...results, 405: result('A mutation or a subscription.') },
    problems: [406],
  },
];
