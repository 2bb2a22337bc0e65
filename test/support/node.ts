import { createServer } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import type { GrantDraft } from '../../src/access/grants/draft-grant.js';
import type { Grant } from '../../src/access/grants/grant.js';
import { issueGrant } from '../../src/access/grants/issue-grant.js';
import { audienceUri } from '../../src/access/identity/audience.js';
import { registerApplication } from '../../src/access/identity/register-application.js';
import type { Person } from '../../src/access/people/person.js';
import { composeNode, type Node } from '../../src/app.js';
import { loadCatalog } from '../../src/catalog/load.js';
import { publishCatalog } from '../../src/exchange/publishing/publish-contract.js';
import { type Clock, systemClock } from '../../src/platform/clock.js';
import { type Config, loadConfig } from '../../src/platform/config.js';
import type { Keys } from '../../src/platform/keys/keys.js';
import { packageRoot } from '../../src/platform/paths.js';
import { testDatabase } from './database.js';
import { testKeys } from './keys.js';
import { type PersonDraft, personToken, registerPerson } from './people.js';

interface Teardown {
  teardown(handler: () => unknown): unknown;
}

export interface Reply {
  status: number;
  headers: Headers;
  text: string;
  /** Of any shape: tests look into it. */
  body: any;
}

export interface Asking {
  /** clientId of the token to send, or the login of a person. */
  as?: string;
  headers?: Record<string, string>;
  /** An object is sent as JSON. */
  body?: unknown;
  audience?: 'data' | 'platform';
}

/** A running node over HTTP on loopback, with what a test needs to act as applications do: through the public doors. */
export interface TestNode extends Node {
  baseUrl: string;
  databaseUrl: string;
  keys: Keys;
  register(
    clientId: string,
    more?: { department?: string; roles?: ('publisher' | 'operator' | 'auditor')[] },
  ): Promise<JWK>;
  /** A person who has signed in: `as: login` in `ask`. Called again, it changes the record. */
  person(login: string, draft: PersonDraft): Promise<Person>;
  grant(draft: Partial<GrantDraft> & Pick<GrantDraft, 'application' | 'dataset'>): Promise<Grant>;
  token(clientId: string, audience?: 'data' | 'platform'): Promise<string>;
  ask(method: string, path: string, asking?: Asking): Promise<Reply>;
}

const BY = { actor: null, request: '00000000-0000-4000-8000-000000000000' };
const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/**
 * `catalog`: the directory to publish at start (default the project's own; false for none). Closed at teardown. `beside` shares database and keys
 * with another node; `databaseUrl` is a migrated database of the caller.
 */
export async function testNode(
  t: Teardown,
  options: {
    config?: Partial<Config>;
    catalog?: string | false;
    beside?: TestNode;
    databaseUrl?: string;
    keys?: Keys;
    clock?: Clock;
    /** Carries out jobs: scheduled sources, requested runs. */
    worker?: boolean;
  } = {},
): Promise<TestNode> {
  const { beside } = options;
  const databaseUrl = options.databaseUrl ?? beside?.databaseUrl ?? (await testDatabase(t)).url;
  const keys = options.keys ?? beside?.keys ?? (await testKeys());
  const port = await freePort();
  const baseUrl = `http://127.0.0.1:${port}`;
  // Every node of one exchange has the same issuer.
  const publicUrl = beside?.exchange.config.publicUrl ?? baseUrl;
  const config = loadConfig(
    {
      port,
      publicUrl,
      allowedHosts: [`127.0.0.1:${port}`],
      demo: true,
      introspection: true,
      logLevel: 'silent',
      rate: { perSecond: 1_000_000, burst: 1_000_000 },
      worker: options.worker === true ? 'on' : 'off',
      ...options.config,
    },
    {},
  );
  const node = await composeNode({ config, databaseUrl, keys, clock: options.clock ?? systemClock });
  // Before the database is dropped: no runner guarantees the order of teardowns, so the node closes with the database still there.
  t.teardown(() => node.close());
  await node.app.listen({ host: '127.0.0.1', port });
  if (options.catalog !== false && beside === undefined)
    await publishDirectory(node, options.catalog ?? `${packageRoot}/catalog`);
  return { ...node, baseUrl, databaseUrl, keys, ...acting(node, baseUrl) };
}

export async function publishDirectory(node: Node, directory: string): Promise<void> {
  const { contracts, publishers, purposes, faults } = await loadCatalog(directory);
  if (faults.length > 0) throw new Error(JSON.stringify(faults));
  const documents = (list: { document: unknown }[]) => list.map(({ document }) => document);
  await publishCatalog(node.exchange, {
    contracts: documents(contracts),
    publishers: documents(publishers),
    purposes: documents(purposes),
  });
}

function acting(node: Node, baseUrl: string): Pick<TestNode, 'register' | 'person' | 'grant' | 'token' | 'ask'> {
  const { exchange } = node;
  const keysOf = new Map<string, { privateKey: CryptoKey; kid: string }>();
  const tokens = new Map<string, string>();
  const token: TestNode['token'] = async (clientId, audience = 'data') => {
    const known = tokens.get(`${clientId} ${audience}`);
    if (known !== undefined) return known;
    const key = keysOf.get(clientId);
    const made =
      key === undefined
        ? await personToken(exchange, clientId, { audience })
        : await requestToken(exchange.config, clientId, key, audience, baseUrl);
    tokens.set(`${clientId} ${audience}`, made);
    return made;
  };
  return {
    token,
    async register(clientId, { department = 'grid-center', roles = [] } = {}) {
      const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
      const kid = `${clientId}-1`;
      keysOf.set(clientId, { privateKey, kid });
      await registerApplication(
        exchange,
        {
          clientId,
          title: clientId,
          department,
          roles,
          jwks: { keys: [{ ...(await exportJWK(publicKey)), kid, alg: 'ES256' }] },
        },
        BY,
      );
      return { ...(await exportJWK(privateKey)), kid };
    },
    person: (login, draft) => registerPerson(exchange, login, draft),
    async grant(draft) {
      const contract = exchange.policy.current().catalog.contracts.get(`${draft.dataset}/v${draft.major ?? 1}`)!;
      const fields = draft.fields ?? [...contract.fields.keys()];
      const personal = fields.filter((name) => ['L3', 'L4'].includes(contract.fields.get(name)!.sensitivity));
      const masks =
        draft.masks ?? Object.fromEntries(personal.map((name) => [name, contract.fields.get(name)!.defaultMask]));
      const { grant } = await issueGrant(
        exchange,
        {
          major: 1,
          mode: 'read',
          rows: { all: true },
          purposes: ['grid-service'],
          legalBasis: '《政务数据共享条例》第二十一条',
          validUntil: new Date(Date.now() + 86_400_000).toISOString(),
          ...draft,
          fields,
          masks,
        },
        BY,
      );
      return grant;
    },
    async ask(method, path, { as, headers = {}, body, audience } = {}) {
      const sent: Record<string, string> = { ...headers };
      const wanted = audience ?? (path.startsWith('/api/') ? 'platform' : 'data');
      if (as !== undefined) sent.authorization = `Bearer ${await token(as, wanted)}`;
      const json = body !== undefined && typeof body !== 'string' && !(body instanceof Uint8Array);
      if (json) sent['content-type'] ??= 'application/json';
      const reply = await fetch(`${baseUrl}${path}`, {
        method,
        headers: sent,
        body: body === undefined ? null : json ? JSON.stringify(body) : (body as string),
        redirect: 'manual',
      });
      const text = await reply.text();
      return {
        status: reply.status,
        headers: reply.headers,
        text,
        body:
          /json/.test(reply.headers.get('content-type') ?? '') && text !== '' && !text.includes('\n{')
            ? JSON.parse(text)
            : undefined,
      };
    },
  };
}

export async function requestToken(
  config: Config,
  clientId: string,
  key: { privateKey: CryptoKey; kid: string },
  audience: 'data' | 'platform',
  baseUrl: string,
): Promise<string> {
  const now = Math.floor(Date.now() / 1_000);
  const assertion = await new SignJWT({})
    .setProtectedHeader({ alg: 'ES256', kid: key.kid })
    .setIssuer(clientId)
    .setSubject(clientId)
    .setAudience(config.publicUrl)
    .setJti(crypto.randomUUID())
    .setIssuedAt(now)
    .setExpirationTime(now + 60)
    .sign(key.privateKey);
  const reply = await fetch(`${baseUrl}/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_assertion_type: JWT_BEARER,
      client_assertion: assertion,
      resource: audienceUri(config, audience),
    }),
  });
  const body = (await reply.json()) as { access_token?: string };
  if (body.access_token === undefined)
    throw new Error(`no token for ${clientId}: ${reply.status} ${JSON.stringify(body)}`);
  return body.access_token;
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
