import type { AdapterPayload } from 'oidc-provider';

/** The scope of people's tokens: to act at the platform API. */
export const PLATFORM_SCOPE = 'platform';

/**
 * Programs of the exchange itself through which people act: public clients (RFC 8252), so a code needs PKCE and a pushed request. The port of a
 * loopback redirect is free.
 */
const CLIENTS: Readonly<Record<string, AdapterPayload>> = {
  'exchange-cli': {
    client_id: 'exchange-cli',
    client_name: '命令行 exchange',
    application_type: 'native',
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    redirect_uris: ['http://127.0.0.1/callback', 'http://[::1]/callback'],
  },
};

/** Undefined for an application. */
export function peopleClient(clientId: string): AdapterPayload | undefined {
  return Object.hasOwn(CLIENTS, clientId) ? CLIENTS[clientId] : undefined;
}
