import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { checkApplication } from '../../access/policy/rules/check-application.js';
import type { Contract } from '../../catalog/contract.js';
import { proxyOf } from '../../catalog/source-terms.js';
import { answer, type Present } from '../../exchange/answer.js';
import { refuseUnknown } from '../../exchange/answering/refuse-unknown.js';
import type { Exchange } from '../../exchange/exchange.js';
import { negotiate } from '../../platform/accept.js';
import { Problem } from '../../platform/errors.js';
import type { Ask } from '../../query/ask.js';
import { askedLive } from '../../query/live-keys.js';
import { PROBLEM_TYPE } from '../http/problem.js';
import { callOfRequest, queryStringOf, withReceipt } from '../http/request.js';
import { datasetPage, rowSchema } from './dataset-page.js';
import { parseLookupBody, parseQueryBody } from './parse-body.js';
import { pairsOf, parseRowsUrl, parseRowUrl, type UrlContext } from './parse-url.js';
import { type Presenting, presentDenial, presentLookup, presentPage, presentRow, send } from './present.js';

interface DatasetParams {
  publisher: string;
  dataset: string;
  major: string;
}

const BASE = '/data/:publisher/:dataset/v:major';
/** Rows come as JSON and nothing else; what refuses them is JSON as well. */
const REPRESENTATIONS = ['application/json', 'application/problem+json'] as const;
const BODY_LIMIT_BYTES = 1_048_576;
/** The statement timeout and the log's own limits bound these. */
const BOUNDED = { config: { bounded: true } };

/** The dataset doors. Generic: a new contract needs no new route. */
export async function dataRoutes(app: FastifyInstance, { exchange }: { exchange: Exchange }): Promise<void> {
  // An ask is JSON; any other media type is 415, not a body of the wrong form.
  app.removeContentTypeParser('text/plain');
  app.get<{ Params: DatasetParams }>(BASE, async (request, reply) => {
    const contract = publishedContract(exchange, request);
    noParameters(request);
    return reply.send(datasetPage(exchange, request.subject, contract));
  });
  app.get<{ Params: DatasetParams }>(`${BASE}/schema`, async (request, reply) => {
    const contract = publishedContract(exchange, request);
    noParameters(request);
    return reply.type('application/schema+json').send(rowSchema(exchange, request.subject, contract));
  });
  app.get<{ Params: DatasetParams }>(`${BASE}/rows`, BOUNDED, (request, reply) => {
    const asked = enter(exchange, request, (context) => parseRowsUrl(queryStringOf(request), paged(context)));
    return respond(exchange, { request, reply, asked, present: presentPage });
  });
  app.get<{ Params: DatasetParams & { id: string } }>(`${BASE}/rows/:id`, BOUNDED, (request, reply) => {
    const asked = enter(exchange, request, (context) =>
      parseRowUrl(queryStringOf(request), checkId(request.params.id, context), context),
    );
    return respond(exchange, { request, reply, asked, present: presentRow });
  });
  const byBody = (request: FastifyRequest<{ Params: DatasetParams }>, reply: FastifyReply) => {
    const asked = enter(exchange, request, (context) => parseQueryBody(request.body, paged(context)));
    return respond(exchange, { request, reply, asked, present: presentPage });
  };
  app.route<{ Params: DatasetParams }>({
    method: 'QUERY',
    url: `${BASE}/rows`,
    bodyLimit: BODY_LIMIT_BYTES,
    ...BOUNDED,
    handler: byBody,
  });
  app.post<{ Params: DatasetParams }>(`${BASE}/rows/query`, { ...BOUNDED, bodyLimit: BODY_LIMIT_BYTES }, byBody);
  app.post<{ Params: DatasetParams }>(
    `${BASE}/rows/lookup`,
    { ...BOUNDED, bodyLimit: BODY_LIMIT_BYTES },
    (request, reply) => {
      let keys: readonly unknown[] = [];
      const asked = enter(exchange, request, (context) => {
        const parsed = parseLookupBody(request.body, context);
        keys = parsed.keys;
        return parsed.ask;
      });
      return respond(exchange, { request, reply, asked, present: (presenting) => presentLookup(presenting, keys) });
    },
  );
}

/** What a caller with no grant at all gets below `/rows`: the same 404 for every dataset, known or not, whatever else is wrong with the ask. */
type Asked = Ask | undefined;

function enter(
  exchange: Exchange,
  request: FastifyRequest<{ Params: DatasetParams }>,
  parse: (context: UrlContext) => Ask,
): Asked {
  const { publisher, dataset, major } = request.params;
  const index = exchange.policy.current();
  const contract = index.catalog.contracts.get(`${publisher}/${dataset}/v${major}`);
  if (contract === undefined || !index.holdsAny(request.subject.sub, contract.id)) return undefined;
  return parse({ contract, catalog: index.catalog, sensitiveInUrl: exchange.config.sensitiveInUrl });
}

/** What is asked live has no pages, whatever filter or sort comes with the ask. @throws Problem asked-live */
function paged(context: UrlContext): UrlContext {
  if (proxyOf(context.contract) !== undefined) throw askedLive();
  return context;
}

async function respond(
  exchange: Exchange,
  answering: {
    request: FastifyRequest;
    reply: FastifyReply;
    asked: Asked;
    present: (presenting: Presenting) => Present;
  },
): Promise<FastifyReply> {
  const { request, reply, asked } = answering;
  negotiate(request.headers.accept, REPRESENTATIONS);
  const presenting = { request: request.id, publicUrl: exchange.config.publicUrl };
  const call = callOfRequest(request);
  if (asked === undefined) {
    const refused = await refuseUnknown(exchange, call, request.routeOptions.url ?? '', (denial) =>
      presentDenial(presenting, denial),
    );
    return withReceipt(reply, refused.receipt).code(refused.status).type(PROBLEM_TYPE).send(refused.body);
  }
  // HEAD has the header fields of the GET that it stands for (RFC 9110, 9.3.2).
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  const given = await answer(exchange, call, [asked], {
    event: 'data.read',
    present: answering.present(presenting),
    ifNoneMatch: isRead ? request.headers['if-none-match'] : undefined,
  }).catch((error: unknown) => Promise.reject(isRead ? error : inBody(error)));
  const [outcome] = given.outcomes;
  if (isRead && asked.target.kind === 'page' && outcome?.outcome === 'rows' && outcome.rows.hasMore) {
    reply.header('link', `<${nextLink(request, String(given.body))}>; rel="next"`);
  }
  return send(reply, given, asked.contract);
}

/** RFC 8288: the same URL with the cursor of the next page, which already stands at the end of the body. */
function nextLink(request: FastifyRequest, body: string): string {
  const tail = body.slice(body.lastIndexOf('"page":'));
  const cursor = /"next_cursor":"([A-Za-z0-9_-]+)"/.exec(tail)![1];
  const kept = queryStringOf(request)
    .split('&')
    .filter((pair) => pair !== '' && pairsOf(pair)[0]?.name !== '_cursor');
  const path = (request.raw.url ?? '').split('?')[0];
  return `${path}?${[...kept, `_cursor=${cursor}`].join('&')}`;
}

/** Catalog is open to every application that is registered and active. */
function publishedContract(exchange: Exchange, request: FastifyRequest<{ Params: DatasetParams }>): Contract {
  const { publisher, dataset, major } = request.params;
  const application = exchange.policy.current().applications.get(request.subject.sub);
  if (checkApplication(request.subject, application, exchange.clock.now()) !== undefined) {
    throw new Problem('unauthenticated');
  }
  const contract = exchange.policy.current().catalog.contracts.get(`${publisher}/${dataset}/v${major}`);
  if (contract === undefined) throw new Problem('not-found', 'No such dataset is published.');
  return contract;
}

function noParameters(request: FastifyRequest): void {
  const [first] = pairsOf(queryStringOf(request));
  if (first !== undefined)
    throw new Problem('unknown-parameter', 'This page takes no parameters.', {
      faults: [{ parameter: first.name.slice(0, 100), reason: 'unknown parameter' }],
    });
}

/** The cursor of a body is told by its place there. */
function inBody(error: unknown): unknown {
  if (!(error instanceof Problem) || error.code !== 'bad-cursor') return error;
  const faults = error.faults.map(({ parameter: _, ...fault }) => ({ pointer: '/cursor', ...fault }));
  return new Problem(error.code, error.message, { faults, cause: error });
}

/** A personal key does not belong in a path; `_id` does. */
function checkId(id: string, { contract, sensitiveInUrl }: UrlContext): string {
  if (id === '') throw new Problem('not-found');
  const personal = contract.key.some((name) => ['L3', 'L4'].includes(contract.fields.get(name)!.sensitivity));
  if (!personal || sensitiveInUrl === 'allow' || /^[A-Za-z0-9_-]{22}$/.test(id)) return id;
  throw new Problem(
    'use-body',
    'The key of this dataset is personal: use _id here, or POST …/rows/lookup with the key.',
    {
      faults: [{ parameter: 'id', reason: 'personal value in a URL', expected: 'an _id of 22 characters' }],
    },
  );
}
