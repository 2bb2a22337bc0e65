import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import type { Exchange } from '../../exchange/exchange.js';
import { Problem } from '../../platform/errors.js';
import { noParameters } from '../deliveries/delivery-request.js';
import { openapiOf } from '../openapi/render-aside.js';
import type { OpenapiTexts } from '../openapi/texts.js';

interface OpenapiRoutes {
  exchange: Exchange;
}

const JSON_TYPE = 'application/json; charset=utf-8';

/** Everything that Swagger UI needs comes from here; its images are data: URLs of its own style sheet. */
const DOCS_CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'";

/** `/openapi.json`, `/openapi.yaml` and Swagger UI at `/docs`, for anyone. */
export async function openapiRoutes(app: FastifyInstance, { exchange }: OpenapiRoutes): Promise<void> {
  const texts = textsOf(exchange);
  app.get('/openapi.json', async (_request, reply) => {
    const { json } = await texts();
    return reply.type(JSON_TYPE).send(json);
  });
  app.get('/openapi.yaml', async (_request, reply) => {
    const { yaml } = await texts();
    return reply.type('application/yaml; charset=utf-8').send(yaml);
  });
  await app.register(docs);
}

async function docs(app: FastifyInstance): Promise<void> {
  // The page asks for /docs/json, which is the document that is served already.
  await app.register(swagger, {
    mode: 'static',
    specification: { document: { openapi: '3.1.1', paths: {} } as never },
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: DOCS_CSP,
    uiConfig: { deepLinking: true, docExpansion: 'none', supportedSubmitMethods: [] },
    theme: { title: 'API · 政务数据共享交换平台' },
    uiHooks: {
      onRequest: (request, reply, done) => {
        const format = /^\/docs\/(json|yaml)$/.exec(request.routeOptions.url ?? '')?.[1];
        if (format === undefined) return done();
        reply.redirect(`/openapi.${format}`);
      },
    },
  });
}

interface Params {
  publisher: string;
  dataset: string;
  major: string;
}

/** One dataset's part of the document, for any application with a token. Under the hooks of the data routes. */
export async function datasetOpenapiRoute(app: FastifyInstance, { exchange }: OpenapiRoutes): Promise<void> {
  const texts = textsOf(exchange);
  app.get<{ Params: Params }>('/data/:publisher/:dataset/v:major/openapi.json', async (request, reply) => {
    noParameters(request);
    const { publisher, dataset, major } = request.params;
    const json = (await texts()).contracts.get(`${publisher}/${dataset}/v${major}`);
    if (json === undefined) throw new Problem('not-found', 'No such dataset is published.');
    return reply.type(JSON_TYPE).send(json);
  });
}

const rendered = new WeakMap<Exchange, () => Promise<OpenapiTexts>>();

/** One rendering for all routes of a node. */
function textsOf(exchange: Exchange): () => Promise<OpenapiTexts> {
  const known = rendered.get(exchange) ?? openapiOf(() => exchange.policy.current().catalog);
  rendered.set(exchange, known);
  return known;
}
