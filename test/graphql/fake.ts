import fastify, { type FastifyInstance } from 'fastify';
import type { Permit } from '../../src/access/policy/decision.js';
import { type Catalog, makeCatalog } from '../../src/catalog/catalog.js';
import { compileContract } from '../../src/catalog/compile/compile-contract.js';
import type { Contract } from '../../src/catalog/contract.js';
import { loadCatalog } from '../../src/catalog/load.js';
import type { Answer, AnswerFunction, Outcome } from '../../src/exchange/answer.js';
import type { Call } from '../../src/exchange/call.js';
import type { Exchange } from '../../src/exchange/exchange.js';
import { graphqlRoutes } from '../../src/graphql/route.js';
import { Problem } from '../../src/platform/errors.js';
import { packageRoot } from '../../src/platform/paths.js';
import type { Ask } from '../../src/query/ask.js';
import type { Rows } from '../../src/query/rows.js';
import { loadStandard } from '../../src/standard/standard.js';

/** The catalog that comes with the package. */
export async function shippedCatalog(): Promise<Catalog> {
  const { contracts } = await loadCatalog(`${packageRoot}/catalog`);
  const compiled = contracts.map(({ document, file }) => {
    const result = compileContract(document, loadStandard());
    if ('faults' in result) throw new Error(`${file}: ${JSON.stringify(result.faults)}`);
    return result.contract;
  });
  return makeCatalog(compiled, [], []);
}

export type Fake = (ask: Ask, call: Call) => Outcome;

/** Rows as query returns them: any objects, with the permit's withheld paths. */
export function rowsOutcome(
  objects: readonly Record<string, unknown>[],
  more: { withheld?: string[]; hasMore?: boolean; count?: Rows['count']; missing?: boolean } = {},
): Outcome {
  const permit = { withheld: new Set(more.withheld ?? []) } as unknown as Permit;
  const rows: Rows = {
    permit,
    release: 7,
    releases: [7],
    length: objects.length,
    json: (i) => JSON.stringify(objects[i]),
    object: (i) => objects[i]!,
    hasMore: more.hasMore ?? false,
    cursor: (i) => `cursor-${i}`,
    count: more.count ?? null,
    ofKey: () => (more.missing === true || objects.length === 0 ? -1 : 0),
    packed: () => [],
    entries: () => [],
  };
  return { outcome: 'rows', rows };
}

export function denied(code: 'not-found' | 'field-not-granted' | 'wrong-purpose'): Outcome {
  return { outcome: 'denied', denial: { outcome: 'deny', rule: 'test', reason: 'the true reason', code, faults: [] } };
}

/** An object for any selection. */
export function objectFor(
  contract: Contract,
  selection: Ask['selection'],
  catalog: Catalog,
  tag = '',
): Record<string, unknown> {
  const row: Record<string, unknown> = { _id: `id${tag}` };
  for (const name of selection.fields ?? contract.fields.keys()) {
    const { type } = contract.fields.get(name)!;
    row[name] =
      type.name === 'integer' ? 4 : type.name === 'boolean' ? true : type.name === 'list' ? [] : `${name}${tag}`;
  }
  for (const [name, inner] of selection.relations) {
    const target = catalog.contracts.get(contract.relations.get(name)!.to)!;
    row[name] = objectFor(target, inner, catalog, tag);
  }
  return row;
}

export interface Door {
  app: FastifyInstance;
  /** Calls of answer(), newest last. */
  asked: { asks: readonly Ask[]; call: Call }[];
  setCatalog(catalog: Catalog): void;
  post(query: string, variables?: unknown, headers?: Record<string, string>): Promise<Reply>;
}
export interface Reply {
  status: number;
  type: string;
  headers: Record<string, unknown>;
  text: string;
  body: {
    data?: Record<string, Record<string, Record<string, unknown>>> | null;
    errors?: { message: string; path?: (string | number)[]; extensions: Record<string, unknown> }[];
    extensions?: Record<string, unknown>;
  };
}

const APPLICATION = { clientId: 'app', status: 'active', tokensNotBefore: 0, roles: [] };

/** The real route over a fake `answer`. */
export async function openDoor(
  catalog: Catalog,
  fake: Fake,
  options: { introspection?: boolean; fails?: Problem; presents?: number } = {},
): Promise<Door> {
  let current = catalog;
  const asked: Door['asked'] = [];
  const answer: AnswerFunction = async (_exchange, call, asks, { present }): Promise<Answer> => {
    asked.push({ asks, call });
    if (options.fails !== undefined) throw options.fails;
    const outcomes = asks.map((ask) => fake(ask, call));
    for (let i = 1; i < (options.presents ?? 1); i++) await present(outcomes);
    const receipt = { index: 5, leaf: Buffer.alloc(32, 1), blind: Buffer.alloc(32, 2) };
    return { ...(await present(outcomes)), outcomes, receipt };
  };
  const exchange = {
    config: { introspection: options.introspection ?? true, sensitiveInUrl: 'refuse' },
    policy: { current: () => ({ catalog: current, applications: new Map([['app', APPLICATION]]) }) },
    clock: { now: () => 0 },
  } as unknown as Exchange;
  const app = fastify({ genReqId: () => '5f0c9d6e-0000-4000-8000-000000000000' });
  const subject = { issuer: 'i', sub: 'app', audience: 'data', issuedAt: 0, expiresAt: 9 };
  app.addHook('onRequest', async (request) => {
    Object.assign(request, { subject });
  });
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    const status = error instanceof Problem ? error.status : (error.statusCode ?? 500);
    reply.code(status).type('application/problem+json').send({ status });
  });
  await app.register(graphqlRoutes, { exchange, answer });
  return {
    app,
    asked,
    setCatalog: (next) => {
      current = next;
    },
    async post(query, variables, headers = {}) {
      const reply = await app.inject({
        method: 'POST',
        url: '/graphql/v1',
        headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json', ...headers },
        payload: JSON.stringify({ query, ...(variables === undefined ? {} : { variables }) }),
      });
      return {
        status: reply.statusCode,
        type: String(reply.headers['content-type']),
        headers: reply.headers,
        text: reply.body,
        body: JSON.parse(reply.body) as Reply['body'],
      };
    },
  };
}
