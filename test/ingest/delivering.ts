import fastify, { type FastifyInstance } from 'fastify';
import type { Test } from 'tap';
import type { RowScope } from '../../src/access/grants/grant.js';
import { issueGrant } from '../../src/access/grants/issue-grant.js';
import { registerApplication } from '../../src/access/identity/register-application.js';
import { openPolicy } from '../../src/access/policy/open-policy.js';
import { openLog } from '../../src/audit/log.js';
import type { Contract } from '../../src/catalog/contract.js';
import type { Exchange } from '../../src/exchange/exchange.js';
import { publishCatalog } from '../../src/exchange/publish-contract.js';
import { systemClock } from '../../src/platform/clock.js';
import { loadConfig } from '../../src/platform/config.js';
import { openReleases } from '../../src/query/releases.js';
import { deliveryRoutes } from '../../src/rest/delivery-routes.js';
import { installProblems } from '../../src/rest/problem.js';
import { testDatabase } from '../support/database.js';
import { testKeys } from '../support/keys.js';

export const ID = 'housing/thing/v1';
export const PATH = `/data/${ID}/deliveries`;

const BY = { actor: null, request: '00000000-0000-4000-8000-000000000000' };
const title = { zh: '物', en: 'Thing' };
const field = (type: string, more: Record<string, unknown> = {}) => ({ type, title, sensitivity: 'L1', ...more });

/** A contract with a field of every type. */
export const THING = {
  dataset: 'housing/thing',
  version: '1.0',
  title,
  summary: title,
  resource: { code: '303001001/000001', format: 'database', update: 'daily' },
  classification: { category: '住房', grade: 'general-1' },
  sharing: { attribute: 'conditional', modes: ['api'], scope: '本区', use: '网格化服务', basis: '某法' },
  assessments: { secrecy: '不涉密', 'personal-information': '已评估', 'approved-by': '负责人' },
  key: 'code',
  partition: 'part',
  fields: {
    code: field('text', { length: '20', required: 'true', from: ['编号', 'NO'] }),
    part: field('text', { length: '10', required: 'true' }),
    name: field('text', { length: '6', required: 'true', from: '名称' }),
    gender: field('code', { list: 'GB-T-2261.1_gender', from: 'XB', codes: { 男: '1', 女: '2' } }),
    count: field('integer'),
    big: field('integer', { bits: '64' }),
    price: field('decimal', { precision: '8', scale: '2' }),
    ok: field('boolean'),
    day: field('date'),
    mon: field('month'),
    at: field('datetime'),
    owner: field('identifier', { scheme: 'resident-id', sensitivity: 'L3' }),
    spot: field('point'),
    tags: field('list', { of: { type: 'text', length: '5' } }),
  },
  filterable: ['code', 'part', 'count'],
  scopes: ['part'],
  delivery: { mode: ['snapshot', 'delta'], 'reject-at-most': '50%', 'delete-at-most': '60%', source: { kind: 'file' } },
};

export interface Delivering {
  exchange: Exchange;
  app: FastifyInstance;
  contract: Contract;
  /** A publisher's application `housing-…` with a grant of mode deliver on the part. */
  deliverer(clientId: string, rows?: RowScope): Promise<void>;
  send(body: string | Buffer, sending?: Sending): Promise<Sent>;
  get(path: string, as?: string): Promise<Sent>;
  /** Live rows by key, with the release that brought them. */
  live(): Promise<Map<string, Record<string, unknown>>>;
}
export interface Sending {
  as?: string;
  mode?: string;
  type?: string;
  key?: string;
  path?: string;
  headers?: Record<string, string>;
}
export interface Sent {
  status: number;
  text: string;
  headers: Record<string, unknown>;
  body: any;
}

let keys = 0;

/** The delivery door over a real database, log and policy; who calls is said by the header `as`, the one thing that is not real. */
export async function delivering(t: Test, document: object = THING): Promise<Delivering> {
  const { database } = await testDatabase(t);
  const clock = systemClock;
  const secrets = await testKeys();
  const node = clock.uuid();
  const log = await openLog({ database, clock, keys: secrets, node });
  const policy = await openPolicy({ database, log, clock, node });
  const releases = await openReleases(database);
  const config = loadConfig({ dataDir: secrets.directory, demo: true, deliveryLimitBytes: 64_000_000 }, {});
  const exchange = { node, config, clock, keys: secrets, database, log, policy, releases } as unknown as Exchange;
  const uscc = '11370399000000019N';
  await publishCatalog(exchange, {
    contracts: [document],
    publishers: [{ slug: 'housing', title, uscc, kind: 'department' }],
    purposes: [{ code: 'grid-service', title, law: '某法' }],
  });
  const app = await door(exchange);
  t.teardown(async () => {
    await app.close();
    await Promise.allSettled([policy.close(), releases.close()]);
    await log.close();
  });
  const contract = policy.current().catalog.contracts.get(ID)!;
  return { exchange, app, contract, ...acting(exchange, app, contract) };
}

async function door(exchange: Exchange): Promise<FastifyInstance> {
  const app = fastify({ genReqId: () => exchange.clock.uuid() });
  installProblems(app, 'http://exchange.test');
  app.addHook('onRequest', async (request) => {
    const seconds = Math.floor(exchange.clock.now() / 1_000);
    const sub = String(request.headers.as);
    request.subject = { issuer: 'test', sub, audience: 'data', issuedAt: seconds, expiresAt: seconds + 300 };
  });
  await app.register(deliveryRoutes, { exchange });
  await app.ready();
  return app;
}

function acting(exchange: Exchange, app: FastifyInstance, contract: Contract) {
  const sent = (reply: { statusCode: number; body: string; headers: Record<string, unknown> }): Sent => {
    const json = /json$|json;/.test(String(reply.headers['content-type']).replace('ndjson', ''));
    return {
      status: reply.statusCode,
      text: reply.body,
      headers: reply.headers,
      body: json ? JSON.parse(reply.body) : {},
    };
  };
  return {
    async deliverer(clientId: string, rows: RowScope = { all: true }) {
      const { generateKeyPair, exportJWK } = await import('jose');
      const { publicKey } = await generateKeyPair('ES256');
      const jwk = { ...(await exportJWK(publicKey)), kid: `${clientId}-1`, alg: 'ES256' };
      const draft = {
        clientId,
        title: clientId,
        department: 'housing',
        roles: ['publisher' as const],
        jwks: { keys: [jwk] },
      };
      await registerApplication(exchange, draft, BY);
      await issueGrant(
        exchange,
        {
          application: clientId,
          dataset: contract.name,
          major: 1,
          mode: 'deliver',
          fields: [...contract.fields.keys()],
          masks: { owner: 'none' },
          rows,
          purposes: ['grid-service'],
          legalBasis: '某法',
          validUntil: new Date(Date.now() + 86_400_000).toISOString(),
        },
        BY,
      );
    },
    async send(body: string | Buffer, sending: Sending = {}) {
      const { as = 'main', mode = 'snapshot', type = 'application/x-ndjson', key = `k-${++keys}` } = sending;
      const url = sending.path ?? `${PATH}?mode=${mode}`;
      const headers = { as, 'content-type': type, 'idempotency-key': key, ...sending.headers };
      return sent(await app.inject({ method: 'POST', url, headers, payload: body }));
    },
    async get(url: string, as = 'main') {
      return sent(await app.inject({ method: 'GET', url, headers: { as } }));
    },
    async live() {
      const { rows } = await exchange.database.owner.query('SELECT * FROM data.housing__thing');
      return new Map(rows.map((row: Record<string, unknown>) => [String(row.code), row]));
    },
  };
}
