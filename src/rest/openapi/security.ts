/** Security schemes. URLs are relative to the document (OpenAPI 3.1, 4.6). */
const JWT =
  'Tokens are JWTs (RFC 9068) of 300 seconds, verified as RFC8725 asks: one algorithm, one key set, issuer, audience and type pinned.';

export const securitySchemes = {
  oauth2: {
    type: 'oauth2',
    description: `Client credentials by \`private_key_jwt\` (RFC 7523), for one resource each (RFC 8707). ${JWT} There are no refresh tokens: request a new token at the same URL.`,
    flows: {
      clientCredentials: { tokenUrl: '/oauth2/token', refreshUrl: '/oauth2/token', scopes: {} },
      authorizationCode: {
        authorizationUrl: '/oauth2/authorize',
        tokenUrl: '/oauth2/token',
        refreshUrl: '/oauth2/token',
        scopes: {
          platform: 'To act at the platform API as the person who signs in, through a program of the exchange.',
        },
      },
    },
  },
  accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: JWT },
  clientAssertion: {
    type: 'openIdConnect',
    openIdConnectUrl: '/.well-known/openid-configuration',
    description:
      'The client proves itself by a signed assertion in the body (`private_key_jwt`); there are no shared secrets.',
  },
};
